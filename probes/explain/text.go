package explain

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sampler"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Text returns the text to plan for a query id: the text of a session that runs it now or ran it last, where its constants are still there and it is not
// clipped; else the text of pg_stat_statements. values says in words whose constants they are; empty: nobody's, and values are to be chosen. database names
// where it runs; empty: the one that tx looks at, and an ElsewhereError says that it runs in another. The caller must not store or show it unnormalised.
func Text(ctx context.Context, tx pgx.Tx, server probes.Server, queryID int64, database string) (text, values string, err error) {
	seen, err := readSeen(ctx, tx, server.Version, queryID, database)
	if err != nil {
		return "", "", err
	}
	if text, values = seen.best(); text != "" {
		return text, values, nil
	}
	clipped := slices.ContainsFunc(seen, func(s seenText) bool { return s.Running && s.Clipped })
	e, err := sampler.FindExtension(ctx, tx.Conn())
	switch {
	case err == nil && e.Counts():
		text, err = recordedText(ctx, tx, e, server.Database, queryID, database)
		if !errors.Is(err, pgx.ErrNoRows) {
			return text, "", err
		}
		if text, err = sampledText(ctx, tx, server.Database, queryID, database); err != nil { // one that waits while it is parsed
			return "", "", unknownText(ctx, tx)
		}
		return text, inWords(text, valuesOfRunning), nil
	case err != nil && !errors.Is(err, sampler.ErrNoExtension):
		return "", "", err
	case clipped:
		return "", "", errClipped
	}
	text, err = sampledText(ctx, tx, server.Database, queryID, database)
	return text, inWords(text, valuesOfRunning), err
}

// Whose constants a text holds.
const (
	valuesOfRunning = "values of a call that runs now"
	valuesOfLast    = "values of the last call of an idle session"
)

// inWords returns the words where the text holds constants.
func inWords(text, words string) string {
	if sqltext.Parameters(sqltext.Normalise(text)) == 0 {
		return ""
	}
	return words
}

// seenText is the text of a session that runs the statement or ran it last.
type seenText struct {
	Text    string
	Running bool
	Clipped bool // by the server, at track_activity_query_size
}

type seenTexts []seenText

// best returns the first text with constants, else one that is run now, with parameters; empty where there is none.
func (s seenTexts) best() (text, values string) {
	for _, one := range s {
		switch {
		case one.Clipped:
		case sqltext.Parameters(one.Text) > 0:
			if text == "" && one.Running {
				text = one.Text
			}
		case one.Running:
			return one.Text, inWords(one.Text, valuesOfRunning)
		default:
			return one.Text, inWords(one.Text, valuesOfLast)
		}
	}
	return text, ""
}

// readSeen returns the texts of the sessions that run the statement in the database, and of those whose last it was. Those of others that ran with it in one
// message, and of a command that ran it inside, such as EXECUTE, are not among them.
func readSeen(ctx context.Context, tx pgx.Tx, version int, queryID int64, database string) (seenTexts, error) {
	if version < 140000 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, query("running_text"), queryID, database)
	if err != nil {
		return nil, err
	}
	seen, err := pgx.CollectRows(rows, pgx.RowToStructByPos[seenText])
	return slices.DeleteFunc(seen, func(s seenText) bool {
		return s.Text == sampler.HiddenText || !s.Clipped && (sqltext.Several(s.Text) || sqltext.IsUtility(s.Text))
	}), err
}

// recordedText returns the statement's text in pg_stat_statements, with the parameters whose constants stayed in it; pgx.ErrNoRows where it has none.
func recordedText(ctx context.Context, tx pgx.Tx, e sampler.Extension, looking string, queryID int64, database string) (string, error) {
	var text *string
	var elsewhere string
	var here bool
	err := tx.QueryRow(ctx, query("statement_text", "{schema}", e.Schema), queryID, database).Scan(&text, &elsewhere, &here)
	switch {
	case err != nil:
		return "", err
	case !here:
		return "", &ElsewhereError{Database: sqltext.CleanLine(elsewhere), Here: looking}
	case text == nil || *text == sampler.HiddenText:
		return "", errors.New("it is hidden from this role: GRANT pg_read_all_stats (or pg_monitor) TO it")
	}
	return sqltext.RepeatParameters(*text), nil
}

// unknownText is why pg_stat_statements has no text: to a role that sees its own statements only, others' ids are unknown too.
func unknownText(ctx context.Context, tx pgx.Tx) error {
	var seesAll bool
	if err := tx.QueryRow(ctx, query("sees_all")).Scan(&seesAll); err != nil {
		return err
	}
	if !seesAll {
		return errors.New("pg_stat_statements does not know it, or hides it from this role: GRANT pg_read_all_stats TO pgmedic's role (or pg_monitor)")
	}
	return errors.New("pg_stat_statements does not know it (any more); try again while it runs")
}
