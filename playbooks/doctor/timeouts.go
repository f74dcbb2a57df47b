package doctor

import (
	"fmt"
	"slices"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// forWhom ends a title with those that a setting holds for.
func forWhom(s Setting) string {
	if s.whose() != "" {
		return " for this " + s.whose()
	}
	return " for everybody"
}

// perRole takes a timeout away from everybody and gives it to the roles that it was meant for.
func (r *Readings) perRole(s Setting) []Step {
	mend := r.set(s.Name, "0")
	if s.whose() == "" {
		mend = append(mend, Step{SQL: fmt.Sprintf("ALTER ROLE APPLICATION SET %s = %s;", s.Name, sqltext.Literal(s.Shown)), Do: "for each role that it is meant for", Takes: NewSessions})
	}
	return mend
}

// lockTimeout says whether a lock_timeout for everybody ends index builds.
func lockTimeout(r *Readings) []Finding {
	s, known := r.setting("lock_timeout")
	if !known {
		return nil
	}
	if s.Raw == "0" {
		return fine("timeouts.lock", "lock_timeout is not set", s.String())
	}
	return []Finding{{
		Check: "timeouts.lock", Severity: Warning, Title: "lock_timeout is " + s.Shown + forWhom(s) + ": it ends CREATE INDEX CONCURRENTLY",
		Read: []string{s.String()},
		Means: "A concurrent build waits for other transactions as for a lock; when the timeout ends it, an INVALID index stays, which costs " +
			"every write and serves no query. pgmedic switches " +
			"it off for its own builds; migrations and people at psql do not.",
		Mend:   r.perRole(s),
		Verify: "SHOW lock_timeout;",
	}}
}

// statementTimeout says what a statement_timeout for everybody means.
func statementTimeout(r *Readings) []Finding {
	s, known := r.setting("statement_timeout")
	if !known {
		return nil
	}
	if s.Raw == "0" {
		return []Finding{{
			Check: "timeouts.statement", Severity: Note, Title: "No statement_timeout: a statement may hold its connection for ever",
			Read: []string{s.String()},
			Means: "When a statement becomes slow, each call holds a connection until it ends, and the pool runs dry. A timeout well above " +
				"the slowest call that users wait for ends that; " +
				"one below it fails the very calls in question, and cancelled calls are absent from pg_stat_statements, so that it then looks " +
				"better than it is.",
			Mend: []Step{
				{Do: "look at max_exec_time in pg_stat_statements first"},
				{SQL: "ALTER ROLE APPLICATION SET statement_timeout = '30s';", Do: "per role, not for everybody: dumps, builds and vacuum " +
					"need longer", Takes: NewSessions},
			},
			Verify: "SELECT rolname, rolconfig FROM pg_roles WHERE rolconfig IS NOT NULL;",
		}}
	}
	return []Finding{{
		Check: "timeouts.statement", Severity: Warning, Title: "statement_timeout is " + s.Shown + forWhom(s), Read: []string{s.String()},
		Means: "It ends dumps, migrations, index builds of others and long reports too. Calls that it ends are absent from " +
			"pg_stat_statements: in an incident the slow statement looks " +
			"better than it is; look for SQLSTATE 57014 in the log.",
		Mend:   r.perRole(s),
		Verify: "SHOW statement_timeout;",
	}}
}

// idleInTransaction says whether transactions that nobody goes on with end, and whether there are such now.
func idleInTransaction(r *Readings) []Finding {
	const check = "timeouts.idle_in_transaction"
	s, known := r.setting("idle_in_transaction_session_timeout")
	if !known {
		return nil
	}
	read := []string{s.String()}
	if r.Sessions != nil && r.Sessions.IdleInTx > 0 {
		read = append(read, fmt.Sprintf("%s idle in transaction now, the longest for %s",
			probes.Counted(int(r.Sessions.IdleInTx), "session is", "sessions are"), age(r.Sessions.IdleInTxAge)))
	}
	if s.Raw != "0" {
		return fine(check, "Sessions idle in transaction end after "+s.Shown, read...)
	}
	return []Finding{{
		Check: check, Severity: Warning, Title: "Sessions may stay idle in transaction for ever", Read: read,
		Means: "One forgotten transaction holds its locks and a connection, keeps vacuum from cleaning up, and an index build that it is in " +
			"the way of waits for it without end.",
		Mend: append(r.set("idle_in_transaction_session_timeout", "5min"), Step{Do: "longer where a job works outside the database inside a " +
			"transaction"}),
		Verify: "SHOW idle_in_transaction_session_timeout;",
	}}
}

// timeoutRules are timeouts by themselves.
var timeoutRules = rules([]rule{
	{
		check: "timeouts.transaction", setting: "transaction_timeout", from: 17, bad: isNotZero, severity: Warning, to: "0",
		title: "transaction_timeout is set", fine: "transaction_timeout is not set",
		means: "It ends index builds, dumps and migrations that take longer. pgmedic switches it off for its own builds; others do not.",
		cost:  "set it for the application's roles: ALTER ROLE ... SET transaction_timeout",
	},
	{
		check: "timeouts.idle_session", setting: "idle_session_timeout", from: 14, bad: isNotZero, severity: Note, to: "0",
		title: "Idle sessions are ended by the server", fine: "Idle sessions are left alone",
		means: "Pools find their connections gone and open new ones at the worst time; pgmedic keeps its own alive by using them.",
	},
	{
		check: "timeouts.client_gone", setting: "client_connection_check_interval", from: 14, bad: isZero, severity: Note, to: "10s",
		title: "A statement goes on after its client is gone", fine: "A statement ends when its client is gone",
		means: "Clients that give up and come again leave their statements behind: they hold connections and load, and the spike feeds itself.",
		cost: "with it an index build ends too when its client's connection breaks; pgmedic switches it off for its own builds. Linux, macOS " +
			"and BSD only",
	},
})

// keepalives says how long a client that vanished holds its connection.
func keepalives(r *Readings) []Finding {
	idle, known := r.number("tcp_keepalives_idle")
	if !known || r.Session != nil && r.Session.Socket {
		return nil
	}
	read := r.saw("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count")
	if idle > 0 && idle <= 600 {
		return fine("timeouts.keepalives", "Clients that vanished are noticed within minutes", read...)
	}
	return []Finding{{
		Check: "timeouts.keepalives", Severity: Note, Title: "A client that vanished holds its connection for hours", Read: read,
		Means: "When a machine or a network goes away without a word, the server asks for the first time after that many seconds; until then " +
			"the slots are taken.",
		Mend:   together(r.set("tcp_keepalives_idle", "60"), r.set("tcp_keepalives_interval", "10"), r.set("tcp_keepalives_count", "6")),
		Verify: "SHOW tcp_keepalives_idle;",
	}}
}

// roleTimeouts says which roles and databases have timeouts of their own, which hide in an incident.
func roleTimeouts(r *Readings) []Finding {
	var read []string
	severity := Note
	for _, s := range r.OfRoles {
		whose := "role " + s.Role
		switch {
		case s.Role == "":
			whose = "database " + s.Database
		case s.Database != "":
			whose += " in database " + s.Database
		}
		read = append(read, fmt.Sprintf("%s: %s = %s", whose, s.Name, s.Value))
		if s.Name == "lock_timeout" && s.Role == "" || s.Name == "track_activities" {
			severity = Warning
		}
	}
	if len(read) == 0 {
		return nil
	}
	slices.Sort(read)
	return []Finding{{
		Check: "timeouts.roles", Severity: severity, Title: probes.Counted(len(read), "timeout is", "timeouts are") + " set for roles or databases",
		Read: capped(read),
		Means: "They go before the server's own and are easily forgotten: a lock_timeout ends concurrent builds and leaves INVALID indexes, a " +
			"statement_timeout hides its calls from " +
			"pg_stat_statements.",
		Mend:   []Step{{Do: "see that each is meant; ALTER ROLE ... RESET or ALTER DATABASE ... RESET takes one back", Takes: NewSessions}},
		Verify: "SELECT * FROM pg_db_role_setting;",
	}}
}
