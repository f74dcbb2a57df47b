package pgerr

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"syscall"
)

// nextByState is what a person can do about a refusal, by SQLSTATE (PostgreSQL manual, appendix A).
var nextByState = map[string]string{
	"28P01": "check the password: PGPASSWORD, ~/.pgpass, or the connection string; pgmedic never asks for one",
	"28000": "the server's pg_hba.conf or the role itself refuses this login: check user, database, address and sslmode",
	"3D000": "check the database's name; psql -l lists what there is",
	"42501": "the role lacks a privilege: GRANT CONNECT ON DATABASE, and pg_monitor to look",
	"53300": "the server is full, or a limit of the role or of the database is reached; " +
		"a superuser gets into the reserved slots and past such limits, from version 16 on a member of pg_use_reserved_connections into reserved slots",
	"53400": "a limit on the server is reached",
	"57P01": "an administrator ended the session or the server shuts down",
	"57P02": "the server crashed and recovers",
	"57P03": "the server is starting up or shutting down",
	"57P05": "the server ends sessions that are idle (idle_session_timeout)",
	"57014": "the server took too long to answer, or somebody cancelled pgmedic's statement",
	"08P01": "a pooler refuses pgmedic: connect to the server directly",
	"25006": "the session is read-only",
}

// refusedTLS is what the driver says (pgconn) of a server without TLS, where the connection string requires it.
const refusedTLS = "server refused TLS connection"

// Next says what the person can do; empty where there is nothing to say but the reason.
func Next(err error) string {
	if advice, ok := nextByState[State(err)]; ok {
		return advice
	}
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var timeout net.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "check the host's name: it cannot be resolved"
	case errors.As(err, &dns):
		return "the host's name cannot be resolved: check the network, or give an address"
	case slices.Contains(causes(err), refusedTLS):
		return "the server offers no TLS: have ssl switched on there, or where the network is trusted use sslmode=prefer, which falls " +
			"back to clear text"
	case errors.As(err, &certificate), errors.As(err, &authority):
		return "the server's certificate is not trusted: check sslrootcert and the host's name; pgmedic does not fall back to clear text"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		return "nothing listens there: check host and port, and whether the server runs"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer: check network, firewall and load of the server"
	}
	return ""
}
