package live

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// stepError says what was being done when err came, and what to do next.
type stepError struct {
	doing string // for example "connecting"
	err   error
}

func (e *stepError) Error() string { return e.doing + ": " + reason(e.err) + "; " + next(e.err) }
func (e *stepError) Unwrap() error { return e.err }

// saidError has words that are harmless for a terminal, and keeps its cause for errors.As.
type saidError struct {
	words string
	cause error
}

func (e *saidError) Error() string { return e.words }
func (e *saidError) Unwrap() error { return e.cause }

// harmless makes an error that may quote the server fit to be shown.
func harmless(err error) error {
	if err == nil {
		return nil
	}
	return &saidError{sqltext.CleanLine(err.Error()), err}
}

// sqlState returns the code with which the server refused; empty where it did not answer.
func sqlState(err error) string {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return pgErr.Code
	}
	return ""
}

// reason says in one harmless line why something failed. The server's message is left out where it may quote a value (class 22, data exceptions).
func reason(err error) string {
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

// trouble counts the failures since the last sample.
type trouble struct {
	since    time.Time
	attempts int
}

// note makes the message for a person; now is local time.
func (t *trouble) note(err error, target string, now time.Time) *probes.Trouble {
	if t.attempts == 0 {
		t.since = now
	}
	t.attempts++
	doing := "sampling"
	var step *stepError
	if errors.As(err, &step) {
		doing, err = step.doing, step.err
	}
	return &probes.Trouble{
		At: now, Since: t.since, Attempts: t.attempts,
		Doing: doing, Target: target, Reason: reason(err), SQLState: sqlState(err), Next: next(err),
	}
}

// nextByState is what a person can do about a refusal, by SQLSTATE (PostgreSQL manual, appendix A).
var nextByState = map[string]string{
	"28P01": "check the password: PGPASSWORD, ~/.pgpass, or the connection string; pgmedic never asks for one, and tries again every 30 s",
	"28000": "the server's pg_hba.conf or the role itself refuses this login: check user, database, address and sslmode; " +
		"pgmedic tries again every 30 s",
	"3D000": "check the database's name; psql -l lists what there is",
	"42501": "the role lacks a privilege: GRANT CONNECT ON DATABASE, and pg_monitor to look",
	"53300": "the server is full; pgmedic keeps trying and takes the next free slot. A superuser gets into the reserved slots, " +
		"from version 16 on also a member of pg_use_reserved_connections",
	"53400": "a limit on the server is reached; pgmedic keeps trying",
	"57P01": "an administrator ended the session or the server shuts down; pgmedic keeps trying",
	"57P02": "the server crashed and recovers; pgmedic keeps trying",
	"57P03": "the server is starting up or shutting down; pgmedic keeps trying",
	"57014": "the server took too long to answer; pgmedic keeps trying",
	"08P01": "a pooler refuses pgmedic's settings: connect to the server directly",
	"25006": "the session is read-only",
}

// next says what the person can do.
func next(err error) string {
	if advice, ok := nextByState[sqlState(err)]; ok {
		return advice
	}
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var timeout net.Error
	switch {
	case errors.As(err, &dns):
		return "check the host's name: it cannot be resolved"
	case errors.As(err, &certificate), errors.As(err, &authority):
		return "the server's certificate is not trusted: check sslrootcert and the host's name; pgmedic does not fall back to clear text"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		return "nothing listens there: check host and port, and whether the server runs; pgmedic keeps trying"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer: check network, firewall and load of the server; pgmedic keeps trying"
	}
	return "pgmedic keeps trying"
}
