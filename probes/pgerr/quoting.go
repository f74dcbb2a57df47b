package pgerr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// What the server says in errors of these classes (PostgreSQL manual, appendix A): of itself, or of objects, by their names. In others, an extension's or a person's own
// among them, it may quote any value.
var (
	ofServer  = []string{"08", "25", "28", "40", "53", "54", "55", "57", "58"}
	ofObjects = []string{"0A", "0L", "0P", "23", "26", "2B", "2D", "34", "3D", "3F", "42", "F0", "XX"}
)

const (
	syntaxError = "42601"           // quotes what stands where it went wrong: in a text with a quote too many or too few that is a value
	raised      = "exec_stmt_raise" // the routine of PL/pgSQL's RAISE, whatever its SQLSTATE
	quotes      = `"'«»‹›„“”‚‘’「『`  // as the languages of messages have them
)

// mayQuote says whether the server's message may quote a value. What a function runs is made of values too.
func mayQuote(e *pgconn.PgError) bool {
	is := func(class string) bool { return strings.HasPrefix(e.Code, class) }
	if e.Routine == raised || e.Code == syntaxError {
		return true
	}
	return !slices.ContainsFunc(ofServer, is) && (e.Where != "" || !slices.ContainsFunc(ofObjects, is))
}

// message is the server's message, or where that may quote a value what kind of error it is.
func message(e *pgconn.PgError) string {
	switch {
	case !mayQuote(e):
		return sqltext.CleanLine(e.Message)
	case e.Code == syntaxError:
		return unquoted(e)
	case strings.HasPrefix(e.Code, "22"):
		return "a value does not fit its type"
	}
	return "an error whose words are not shown, as they may quote a value"
}

// unquoted is the message up to what it quotes, and where that stands.
func unquoted(e *pgconn.PgError) string {
	text := e.Message
	if at := strings.IndexAny(text, quotes); at >= 0 {
		text = text[:at] + "…"
	}
	if e.Position > 0 {
		text += fmt.Sprintf(", character %d", e.Position)
	}
	return sqltext.CleanLine(text)
}

// serverErrors are all errors of the server among the causes of one.
func serverErrors(err error) []*pgconn.PgError {
	switch e := err.(type) {
	case *pgconn.PgError:
		return []*pgconn.PgError{e}
	case interface{ Unwrap() []error }:
		var all []*pgconn.PgError
		for _, one := range e.Unwrap() {
			all = append(all, serverErrors(one)...)
		}
		return all
	case interface{ Unwrap() error }:
		return serverErrors(e.Unwrap())
	}
	return nil
}
