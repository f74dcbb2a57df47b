package live

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"reflect"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// place is where a session is connected: the host as the connection string names it, and the address that answered, as one name may stand for
// several servers.
type place struct {
	host    string
	port    uint16
	address string // IP address; empty for a unix-domain socket
}

func placeOf(conn *pgx.Conn) place {
	p := place{host: conn.Config().Host, port: conn.Config().Port}
	if tcp, ok := conn.PgConn().Conn().RemoteAddr().(*net.TCPAddr); ok {
		p.address = tcp.AddrPort().Addr().Unmap().String()
	}
	return p
}

// connect opens a connection. Of several hosts it tries one after the other, as libpq does, and conn.Config() then is of the one that answered.
//
// A way to a host is not tried where another way (TLS, or in clear text) got an answer that has nothing to do with TLS: with sslmode=prefer a full
// server would else let a session in that is not encrypted, because a slot came free between the two attempts.
func connect(ctx context.Context, cfg *pgx.ConnConfig) (*pgx.Conn, error) {
	var refused refusals
	ways := waysOf(cfg)
	for _, wanted := range wantedOf(cfg) {
		answered := map[string]bool{} // hosts that need no other way
		for _, way := range ways {
			host := net.JoinHostPort(way.Host, strconv.Itoa(int(way.Port)))
			if answered[host] {
				continue
			}
			way.ValidateConnect = wanted
			conn, err := connectOnce(ctx, way)
			if err == nil {
				return conn, nil
			}
			refused = append(refused, refusal{host, err})
			if hopeless[pgerr.State(err)] || ctx.Err() != nil {
				return nil, refused
			}
			answered[host] = !mayLieInTLS(err)
		}
	}
	return nil, refused
}

// connectOnce tries one way to one host. The name's look-up is bounded too; a name may have a few addresses, each of which may take the timeout.
func connectOnce(ctx context.Context, way *pgx.ConnConfig) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*way.ConnectTimeout)
	defer cancel()
	return pgx.ConnectConfig(ctx, way)
}

// hopeless are the refusals that no other host would take back: password, database, privilege. Asking on could lock an account.
var hopeless = map[string]bool{"28P01": true, "3D000": true, "42501": true}

// mayLieInTLS says whether the same host may answer otherwise with TLS, or without: it does not speak TLS, or pg_hba.conf asks for the other.
func mayLieInTLS(err error) bool {
	var network *net.OpError
	switch {
	case errors.As(err, &network) && network.Op == "dial", pgconn.Timeout(err), notWanted(err):
		return false
	}
	return pgerr.State(err) == "" || pgerr.State(err) == "28000"
}

// notWanted says whether the server answered, and is not of the kind that target_session_attrs asks for.
func notWanted(err error) bool {
	return errors.Is(err, pgconn.ErrStandbyConnection) || errors.Is(err, pgconn.ErrPrimaryConnection)
}

// waysOf returns a configuration for each host and each way to it, in the connection string's order.
func waysOf(cfg *pgx.ConnConfig) []*pgx.ConnConfig {
	way := func(host string, port uint16, secured *tls.Config) *pgx.ConnConfig {
		one := cfg.Copy()
		one.Host, one.Port, one.TLSConfig, one.Fallbacks = host, port, secured, nil
		return one
	}
	ways := []*pgx.ConnConfig{way(cfg.Host, cfg.Port, cfg.TLSConfig)}
	for _, f := range cfg.Fallbacks {
		ways = append(ways, way(f.Host, f.Port, f.TLSConfig))
	}
	return ways
}

// only leaves the ways to one place.
func only(cfg *pgx.ConnConfig, at place) *pgx.ConnConfig {
	own := cfg.Copy()
	own.Fallbacks = nil
	found := false
	for _, way := range waysOf(cfg) {
		switch {
		case way.Host != at.host || way.Port != at.port:
		case !found:
			own.Host, own.Port, own.TLSConfig = way.Host, way.Port, way.TLSConfig
			found = true
		default:
			own.Fallbacks = append(own.Fallbacks, &pgconn.FallbackConfig{Host: way.Host, Port: way.Port, TLSConfig: way.TLSConfig})
		}
	}
	if at.address != "" {
		own.LookupFunc = func(context.Context, string) ([]string, error) { return []string{at.address}, nil }
	}
	return own
}

// attributes puts target_session_attrs in terms of recovery. The driver's read-write would refuse every server, because pgmedic's own reading
// sessions are read-only.
func attributes(wanted pgconn.ValidateConnectFunc) pgconn.ValidateConnectFunc {
	switch {
	case same(wanted, pgconn.ValidateConnectTargetSessionAttrsReadWrite):
		return pgconn.ValidateConnectTargetSessionAttrsPrimary
	case same(wanted, pgconn.ValidateConnectTargetSessionAttrsReadOnly):
		return pgconn.ValidateConnectTargetSessionAttrsStandby
	}
	return wanted
}

// wantedOf returns what servers to look for, the most wanted first.
func wantedOf(cfg *pgx.ConnConfig) []pgconn.ValidateConnectFunc {
	if same(cfg.ValidateConnect, pgconn.ValidateConnectTargetSessionAttrsPreferStandby) {
		return []pgconn.ValidateConnectFunc{pgconn.ValidateConnectTargetSessionAttrsStandby, nil}
	}
	return []pgconn.ValidateConnectFunc{cfg.ValidateConnect}
}

// same says whether both are one function; the driver gives no other way to tell what target_session_attrs was.
func same(a, b pgconn.ValidateConnectFunc) bool {
	return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}

// refusal is one host that did not let pgmedic in.
type refusal struct {
	host string
	err  error
}

// refusals are why no host did.
type refusals []refusal

func (r refusals) Error() string { return r.Reason() }

func (r refusals) Unwrap() []error {
	var errs []error
	for _, one := range r {
		errs = append(errs, one.err)
	}
	return errs
}

// Reason implements pgerr.Reasoned: with several hosts each has its own, and of one host what the server said goes before what the network did.
func (r refusals) Reason() string {
	var said []string
	answered := map[string]bool{}
	for _, one := range r {
		answered[one.host] = answered[one.host] || pgerr.State(one.err) != ""
	}
	for _, one := range r {
		if answered[one.host] && pgerr.State(one.err) == "" {
			continue // the other way got an answer: this one, of TLS as a rule, is no reason
		}
		reason := pgerr.Reason(one.err)
		switch {
		case errors.Is(one.err, pgconn.ErrStandbyConnection):
			reason = "it is a standby, and target_session_attrs asks for another"
		case errors.Is(one.err, pgconn.ErrPrimaryConnection):
			reason = "it is a primary, and target_session_attrs asks for another"
		}
		if len(waysTried(r)) > 1 {
			reason = one.host + ": " + reason
		}
		if len(said) == 0 || said[len(said)-1] != reason {
			said = append(said, reason)
		}
	}
	return strings.Join(said, "; ")
}

// waysTried counts by host.
func waysTried(r refusals) map[string]int {
	hosts := map[string]int{}
	for _, one := range r {
		hosts[one.host]++
	}
	return hosts
}

// sameServer says whether it is the same one, not restarted in between.
func sameServer(a, b probes.Server) bool {
	return a.StartedAt.Equal(b.StartedAt) && a.SystemIdentifier == b.SystemIdentifier
}

// otherServer is the error of a session that must work on the server that look looks at, and was connected to another one.
func otherServer(r role, home, found probes.Server) error {
	if sameServer(home, found) {
		return nil
	}
	return fmt.Errorf("the %s session reached another server than the one that is looked at (a load balancer in between, or it was just "+
		"restarted); connect to one server directly", r)
}
