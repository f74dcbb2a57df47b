package doctor

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes"
)

// readPlain reads what pgmedic sets in its own sessions over a connection that has none of it: its values hide what everybody else has, and so may the
// connection string's.
func readPlain(ctx context.Context, r *Readings, dsn string) error {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return errors.New("the connection string cannot be read") // pgx's own words may hold the password
	}
	config.RuntimeParams = withoutOwn(config.RuntimeParams)
	config.RuntimeParams["application_name"] = probes.ApplicationName
	config.RuntimeParams["client_encoding"] = "UTF8"
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // prepares nothing, so that a pooler can pass it on
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, query("path")); err != nil {
			return err
		}
		found, err := collect[Setting](ctx, tx, r, query("settings"), ownSettings)
		r.Plain = byName(found)
		return err
	})
}

// withoutOwn returns what the startup packet asks for, less the own settings, which may also stand in options (-c name=value, --name=value).
func withoutOwn(asked map[string]string) map[string]string {
	kept := map[string]string{}
	for name, value := range asked {
		switch {
		case name == "options":
			if options := keptOptions(value); options != "" {
				kept[name] = options
			}
		case !isOwn(name):
			kept[name] = value
		}
	}
	return kept
}

// optionWord is one word of options: a backslash keeps the character behind it (libpq's manual, 34.1.2).
var optionWord = regexp.MustCompile(`(?:\\.|[^\s\\])+`)

// keptOptions leaves the own settings out of options.
func keptOptions(options string) string {
	var kept []string
	words := optionWord.FindAllString(options, -1)
	for i := 0; i < len(words); i++ {
		option := words[i]
		setting, isSetting := strings.CutPrefix(option, "--")
		if !isSetting {
			setting, isSetting = strings.CutPrefix(option, "-c")
		}
		if option == "-c" && i+1 < len(words) {
			i++
			setting = words[i]
			option += " " + setting
		}
		name, _, _ := strings.Cut(setting, "=")
		if !isSetting || !isOwn(strings.ToLower(strings.ReplaceAll(name, "-", "_"))) {
			kept = append(kept, option)
		}
	}
	return strings.Join(kept, " ")
}

// blindToNarrowed says which settings' values are this session's own, so that those of all others are hidden behind them.
func (r *Readings) blindToNarrowed() {
	var names []string
	for name, s := range r.Plain {
		if s.narrowed() {
			names = append(names, name)
		}
	}
	for name, s := range r.Settings {
		if s.narrowed() && !isOwn(name) {
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		r.Blind = append(r.Blind, Blind{
			What: strings.Join(names, ", "), Reason: "the connection string or a pooler sets it for this session; what others have is hidden behind that",
			Mend: []Step{{Do: "connect to the server itself, without setting it in PGOPTIONS or the connection string", Takes: NewSessions}},
		})
	}
}
