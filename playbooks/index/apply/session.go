package apply

import (
	"fmt"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// session is another session, or a prepared transaction, that stands in the way.
type session struct {
	PID         int32  // 0: a prepared transaction
	Application string // of a prepared transaction its gid
	Role        string
	State       string
	Age         time.Duration // of its transaction; 0: not known
	Since       time.Duration // of its state; 0: not known
	Query       string        // running or last, as the server has it
	Mode        string        // of its strongest lock on the table; empty: none or not looked at
}

// prepared says whether it is a transaction without a session.
func (s session) prepared() bool { return s.PID == 0 }

// idle says whether it holds a transaction open and runs nothing.
func (s session) idle() bool { return strings.HasPrefix(s.State, "idle in transaction") }

// strong says whether its lock on the table keeps the build from beginning.
func (s session) strong() bool {
	return strings.HasSuffix(s.Mode, "Lock") && s.Mode != "RowExclusiveLock"
}

// String says who it is, what it is doing and since when. Its statement has no literals.
func (s session) String() string {
	if s.prepared() {
		words := "prepared transaction " + sqltext.CleanLine(s.Application)
		if s.Role != "" {
			words += " of " + sqltext.CleanLine(s.Role)
		}
		return words + since(", prepared ", s.Age, " ago")
	}
	who := fmt.Sprintf("pid %d", s.PID)
	if s.Application != "" {
		who += " of " + sqltext.CleanLine(s.Application)
	}
	if s.Role != "" {
		who += " (" + sqltext.CleanLine(s.Role) + ")"
	}
	if s.State != "" {
		who += ", " + sqltext.CleanLine(s.State) + since(" for ", s.Since, "")
	}
	who += since(", its transaction open for ", s.Age, "")
	if q := s.statement(); q != "" {
		who += either(s.State == "active", ": ", ", last: ") + q
	}
	return who
}

// since words a time that is worth a word.
func since(before string, age time.Duration, after string) string {
	if age < time.Second {
		return ""
	}
	return before + age.Round(time.Second).String() + after
}

// headline is how much of a statement is shown.
const headline = 70

// statement is what it runs or ran last, fit to be shown; empty where the server does not say.
func (s session) statement() string {
	if s.Query == "" || strings.HasPrefix(s.Query, "<") { // <insufficient privilege>
		return ""
	}
	return strings.TrimRight(sqltext.Headline(sqltext.OneLine(sqltext.Public(s.Query)), headline), "; ")
}

// remedy says what can be done about it. Nothing of it is done by itself.
func (s session) remedy() string {
	switch {
	case s.prepared():
		gid := sqltext.CleanLine(sqltext.Literal(s.Application))
		return "ask who prepared it: COMMIT PREPARED " + gid + " or ROLLBACK PREPARED " + gid + " ends it, in this database"
	case s.idle():
		return fmt.Sprintf("ask %s to end its transaction; SELECT pg_terminate_backend(%d) rolls it back, cancelling does nothing to it", s.owner(), s.PID)
	case s.State == "active":
		return fmt.Sprintf("wait for it, ask %s, or cancel its statement: SELECT pg_cancel_backend(%d)", s.owner(), s.PID)
	}
	return fmt.Sprintf("wait for it, or ask %s", s.owner())
}

func (s session) owner() string {
	switch {
	case s.Application != "":
		return sqltext.CleanLine(s.Application)
	case s.Role != "":
		return sqltext.CleanLine(s.Role)
	}
	return "whoever it belongs to"
}

// scanned is a session as the queries send it: pid, application, role, state, seconds of its transaction and of its state, query.
type scanned struct {
	session
	age, state float64
}

func (s *scanned) into() []any {
	return []any{&s.PID, &s.Application, &s.Role, &s.State, &s.age, &s.state, &s.Query}
}

func (s scanned) done() session {
	s.Age, s.Since = seconds(s.age), seconds(s.state)
	return s.session
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func either[T any](condition bool, yes, no T) T {
	if condition {
		return yes
	}
	return no
}
