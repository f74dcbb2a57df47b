package doctor

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// poolerSeen says how a pooler between here and the server shows; empty: none does.
func (r *Readings) poolerSeen() string {
	switch {
	case r.Server.Pooler != probes.NoPooler:
		return "it behaves like a pooler in " + string(r.Server.Pooler) + " mode"
	case r.Session != nil && r.Session.ProtocolPID != 0 && r.Session.ProtocolPID != r.Session.BackendPID:
		return fmt.Sprintf("the protocol gave pid %d, the server's backend is %d", r.Session.ProtocolPID, r.Session.BackendPID)
	}
	return ""
}

// poolerBetween says whether pgmedic talks to the server itself.
func poolerBetween(r *Readings) []Finding {
	saw := r.poolerSeen()
	if saw == "" {
		if r.Session == nil {
			return nil
		}
		if int(r.Session.Port) != r.Server.Port && r.Session.Port != 0 {
			return []Finding{{
				Check: "connection.direct", Severity: Note, Title: "Something forwards this connection to the server",
				Read:  []string{fmt.Sprintf("connected to port %d, the server listens on %d", r.Server.Port, r.Session.Port)},
				Means: "A tunnel, a container's port or a proxy: harmless, but it must still be there in the incident.",
			}}
		}
		return fine("connection.direct", "No pooler between pgmedic and the server")
	}
	return []Finding{{
		Check: "connection.direct", Severity: Warning, Title: "A pooler stands between pgmedic and the server", Read: []string{saw},
		Means: "The pooler's slots run out with the application's, so that in an incident pgmedic may not get in; settings may be shared with " +
			"other clients; no index is built through it.",
		Mend:   []Step{{Do: "give pgmedic the server's own host and port", Takes: NewSessions}},
		Verify: "pgmedic doctor, again, with the direct address",
	}}
}

// clearText says whether the connection is encrypted.
func clearText(r *Readings) []Finding {
	const check = "connection.tls"
	if r.Session == nil {
		return nil
	}
	switch {
	case r.Session.TLS:
		return fine(check, joined("This connection is encrypted", r.Session.TLSVersion))
	case r.Session.Socket || isLocal(r.Server.Host):
		return fine(check, "This connection does not leave the machine")
	}
	f := Finding{
		Check: check, Severity: Warning, Title: "This connection is in clear text",
		Read:   append([]string{"no TLS to " + r.Server.Host}, r.saw("ssl")...),
		Means:  "Passwords' hashes, statements and values can be read and changed on the way.",
		Mend:   []Step{{Do: "connect with sslmode=verify-full (at least sslmode=require)", Takes: NewSessions}},
		Verify: "SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid();",
	}
	if r.is("ssl", "off") {
		f.Mend = append(r.set("ssl", "on"), f.Mend...)
	}
	if r.Sessions != nil && r.Sessions.InClear > 0 {
		f.Read = append(f.Read, probes.Counted(int(r.Sessions.InClear), "client connection", "client connections")+" from other machines without TLS")
	}
	return []Finding{f}
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasPrefix(host, "/") || ip != nil && ip.IsLoopback()
}

// offsetLimit is from which difference of the clocks on times of different logs are mixed up.
const offsetLimit = time.Second

// clockOffset compares the server's clock with this machine's.
func clockOffset(r *Readings) []Finding {
	if r.Session == nil {
		return nil
	}
	offset := r.Offset.Abs()
	saw := fmt.Sprintf("offset %s, to within %s", r.Offset.Round(time.Millisecond), r.Doubt.Round(time.Millisecond))
	if offset <= offsetLimit+r.Doubt {
		return fine("connection.clock", "The server's clock and this machine's agree to a second")
	}
	side := "ahead of"
	if r.Offset < 0 {
		side = "behind"
	}
	return []Finding{{
		Check: "connection.clock", Severity: Warning,
		Title: fmt.Sprintf("The server's clock is %s %s this machine's", offset.Round(time.Second/10), side), Read: []string{saw},
		Means:  "The timeline is kept in the server's time; logs and dashboards of other machines will not fit it.",
		Mend:   []Step{{Do: "set both clocks by NTP (chronyc tracking, timedatectl)", Takes: AtOnce}},
		Verify: "SELECT clock_timestamp();",
	}}
}

// standby says what cannot be done here.
func standby(r *Readings) []Finding {
	if !r.Server.InRecovery {
		return nil
	}
	return []Finding{{
		Check: "server.standby", Severity: Note, Title: "This is a standby: pgmedic can look, but nothing can be changed here",
		Read:  []string{"pg_is_in_recovery() = true"},
		Means: "Statements and connections are this standby's own; indexes are built on the primary, and GRANT, ALTER ROLE and CREATE EXTENSION are sent there.",
		Mend:  []Step{{Do: "examine the primary too; a multi-host connection string with target_session_attrs=primary finds it after a failover"}},
	}}
}
