// Package pgerr says what a server's error means: its SQLSTATE decides, and its words are made harmless for a terminal.
package pgerr

import (
	"errors"
	"io"
	"net"
	"slices"
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

// Reason says in one harmless line why something failed: the server's own message, where it gave one, or the network's cause. The server's message is left out
// where it may quote a value.
func Reason(err error) string {
	var reasoned Reasoned
	if errors.As(err, &reasoned) {
		return reasoned.Reason()
	}
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return message(pgErr) + " (SQLSTATE " + pgErr.Code + ")"
	}
	var connecting *pgconn.ConnectError
	var network *net.OpError
	if errors.As(err, &connecting) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return sqltext.CleanLine(strings.Join(causes(err), "; "))
	}
	return sqltext.CleanLine(err.Error())
}

// causes are what lies below the words that the driver and the network put around a failure: whom it was to reach stands in the target. A name may stand for
// several addresses, each with a cause of its own.
func causes(err error) []string {
	switch e := err.(type) {
	case *net.DNSError:
		if !e.IsNotFound { // its words are this machine's network's
			return []string{e.Name + ": the name server does not answer"}
		}
		return []string{e.Name + ": no such host"}
	case interface{ Unwrap() []error }:
		var all []string
		for _, one := range e.Unwrap() {
			all = append(all, causes(one)...)
		}
		slices.Sort(all)
		return slices.Compact(all)
	case interface{ Unwrap() error }:
		if below := e.Unwrap(); below != nil {
			return causes(below)
		}
	}
	timeout, ok := err.(interface{ Timeout() bool })
	switch {
	case ok && timeout.Timeout():
		return []string{"no answer in time"}
	case err == io.EOF, err == io.ErrUnexpectedEOF:
		return []string{"the connection broke off"}
	}
	return []string{err.Error()}
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

// Harmless makes an error that may quote the server fit to be shown: what may quote a value is left out.
func Harmless(err error) error {
	if err == nil {
		return nil
	}
	words := err.Error()
	for _, pgErr := range serverErrors(err) {
		if mayQuote(pgErr) {
			words = strings.ReplaceAll(words, pgErr.Error(), Reason(pgErr))
		}
	}
	return Say(sqltext.CleanLine(words), err)
}

// Step says what was being done when Err came, and what to do next.
type Step struct {
	Doing string // for example "connecting"
	Err   error
}

func (e *Step) Error() string {
	words := e.Doing + ": " + Reason(e.Err)
	if next := Next(e.Err); next != "" {
		words += "; " + next
	}
	return words
}

func (e *Step) Unwrap() error { return e.Err }
