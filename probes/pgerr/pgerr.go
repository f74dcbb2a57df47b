// Package pgerr says what a server's error means: its SQLSTATE decides, and its words are made harmless for a terminal.
package pgerr

import (
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// State returns the SQLSTATE with which the server refused (PostgreSQL manual, appendix A); empty where it did not answer.
func State(err error) string {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return pgErr.Code
	}
	return ""
}

// Reasoned is an error that knows its own reason, in harmless words; one of several hosts for example, each of which has one.
type Reasoned interface {
	error
	Reason() string
}

// Reason says in one harmless line why something failed. The server's message is left out where it may quote a value (class 22, data exceptions).
func Reason(err error) string {
	var reasoned Reasoned
	if errors.As(err, &reasoned) {
		return reasoned.Reason()
	}
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		if strings.HasPrefix(pgErr.Code, "22") {
			return "a value does not fit its type (SQLSTATE " + pgErr.Code + ")"
		}
		return sqltext.CleanLine(pgErr.Message) + " (SQLSTATE " + pgErr.Code + ")"
	}
	var netErr *net.OpError
	if errors.As(err, &netErr) {
		return sqltext.CleanLine(netErr.Error())
	}
	return sqltext.CleanLine(err.Error())
}

// said has words that are harmless for a terminal, and keeps its cause for errors.As.
type said struct {
	words string
	cause error
}

func (e *said) Error() string { return e.words }
func (e *said) Unwrap() error { return e.cause }

// Say gives an error other words, which must be harmless.
func Say(words string, cause error) error { return &said{words, cause} }

// Harmless makes an error that may quote the server fit to be shown.
func Harmless(err error) error {
	if err == nil {
		return nil
	}
	return Say(sqltext.CleanLine(err.Error()), err)
}

// Step says what was being done when Err came, and what to do next.
type Step struct {
	Doing string // for example "connecting"
	Err   error
}

func (e *Step) Error() string { return e.Doing + ": " + Reason(e.Err) + "; " + Next(e.Err) }
func (e *Step) Unwrap() error { return e.Err }
