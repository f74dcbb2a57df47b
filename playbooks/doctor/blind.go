package doctor

import (
	"context"
	"slices"

	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// fileSettings stands in a reading's needs for the view that no predefined role may read.
const fileSettings = "pg_file_settings"

// blind says why a reading failed and what lets it work.
func (one reading) blind(ctx context.Context, r *Readings, err error) Blind {
	b := Blind{What: one.what}
	if ctx.Err() != nil {
		b.Reason, b.Mend = "no time was left for it", []Step{{Do: "ask again from nearer to the server, or when it is calmer"}}
		return b
	}
	switch pgerr.State(err) {
	case "42501":
		b.Reason, b.Mend = "this role may not read it", r.lets(one.needs)
	case "57014":
		b.Reason, b.Mend = "it took longer than 2 s", []Step{{Do: "ask again when the server is calmer"}}
	case "55P03":
		b.Reason, b.Mend = "somebody holds a lock on it", []Step{{Do: "ask again when the lock is gone"}}
	case "22021":
		b.Reason = "the server's text holds an invalid character"
	default:
		b.Reason = pgerr.Reason(err)
	}
	return b
}

// lets is the SQL that lets this role read something.
func (r *Readings) lets(needs string) []Step {
	switch needs {
	case fileSettings:
		me := sqltext.Ident(r.me())
		return []Step{
			{SQL: "GRANT SELECT ON pg_catalog.pg_file_settings TO " + me + ";", Takes: AtOnce},
			{SQL: "GRANT EXECUTE ON FUNCTION pg_catalog.pg_show_all_file_settings() TO " + me + ";", Takes: AtOnce},
		}
	case statementsName:
		needs = "pg_monitor"
		if e := r.Extensions[statementsName]; !e.Usable {
			usage := Step{SQL: "GRANT USAGE ON SCHEMA " + sqltext.Ident(e.Schema) + " TO " + sqltext.Ident(r.me()) + ";", Takes: AtOnce}
			if sees, _ := r.has("pg_read_all_stats"); sees {
				return []Step{usage}
			}
			return append([]Step{usage}, r.grant(needs)...)
		}
	case "":
		return []Step{{Do: "by default every role may read this: GRANT back what was taken from PUBLIC"}}
	}
	return r.grant(needs)
}

// blindReadings says what could not be read, once for each reason. The files' errors are for superusers only as a rule; to be without them is no more
// than a note.
func blindReadings(r *Readings) []Finding {
	var found []Finding
	for _, b := range r.Blind {
		same := func(f Finding) bool { return f.Read[0] == b.Reason && slices.Equal(f.Mend, b.Mend) }
		if at := slices.IndexFunc(found, same); at >= 0 {
			found[at].Title += ", " + b.What
			continue
		}
		severity := Warning
		if b.What == "errors in the configuration files" {
			severity = Note
		}
		found = append(found, Finding{
			Check: "access.blind", Severity: severity, Blind: true, Title: "Not read: " + b.What, Read: []string{b.Reason},
			Means: "The checks that need it are missing from this report.", Mend: b.Mend,
		})
	}
	return found
}
