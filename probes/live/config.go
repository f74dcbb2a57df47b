package live

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/pgmedic/pgmedic/probes"
)

// Config says which server to look at and how.
type Config struct {
	DSN      string        // URI or key=value, as psql takes it; empty: PG* variables
	Interval time.Duration // between samples; default 1 s
	Analyze  string        // why EXPLAIN ANALYZE waits for a person's consent; empty: it needs none
	ReadOnly string        // why nothing may be changed; empty: allowed
	LookOnly bool          // Stream is all that is used: it holds one session, and opens ask and act only when somebody calls for them
}

const (
	defaultInterval = time.Second
	minimumInterval = 100 * time.Millisecond

	// connectTimeout bounds one attempt, where the connection string does not: in a lock storm new connections freeze for half a minute.
	connectTimeout = 5 * time.Second
	// openLimit bounds what is read once a connection.
	openLimit = 10 * time.Second
	// cancelPatience is how long a session may take to answer a cancel request before its connection is given up; a build has more to tidy up.
	cancelPatience      = 2 * time.Second
	cancelPatienceBuild = 30 * time.Second
	// cancelPatienceLook is longer because the sampler ends its probes early, and in a lock storm, where no cancel request is heard for that long, no new
	// connection would be had either.
	cancelPatienceLook = sampleDeadline
)

// parseDSN reads a connection string, with PG* variables, service file and password file as libpq has them.
func parseDSN(dsn string) (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, dsnError(err)
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	cfg.ValidateConnect = attributes(cfg.ValidateConnect)
	return cfg, nil
}

// dsnError explains a connection string that cannot be read without repeating any part of it: the parser's own words may hold the password.
func dsnError(err error) error {
	var file *fs.PathError
	if errors.As(err, &file) {
		return fmt.Errorf("reading the connection settings: %w", file)
	}
	return errors.New("the connection string (or a PG* variable) cannot be read; write postgres://user@host:port/database or " +
		"host=… port=… dbname=… user=…, with special characters in a URI %-encoded, and keep the password in ~/.pgpass or PGPASSWORD")
}

// target names the server for a person, never with a password. Of several hosts it names all.
func target(cfg *pgx.ConnConfig) string {
	database := cfg.Database
	if database == "" {
		database = cfg.User // as the server does
	}
	var hosts []string
	for _, way := range waysOf(cfg) {
		if host := net.JoinHostPort(way.Host, strconv.Itoa(int(way.Port))); !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return cfg.User + "@" + strings.Join(hosts, ",") + "/" + database
}

// role is what a session is for; it decides its settings.
type role string

const (
	look    role = "look"
	ask     role = "ask"
	analyze role = "analyze"
	act     role = "act"
	build   role = "build"
)

// readOnly says whether the server must refuse every change in such a session.
func (r role) readOnly() bool { return r == look || r == ask || r == analyze }

// bound says whether such a session is opened on the server that is looked at alone, and nowhere while none is.
func (r role) bound() bool { return r != look && r != ask }

// settings are sent in the startup packet: a pooler that shares its connections refuses them there, or they are not in force (see pooler.go), whereas
// SET would reach other clients through it.
func (r role) settings() map[string]string {
	settings := map[string]string{
		"application_name":                    probes.ApplicationName,
		"client_encoding":                     "UTF8",
		"default_transaction_read_only":       "off",
		"statement_timeout":                   "2000", // ms, as the others
		"lock_timeout":                        "500",
		"idle_in_transaction_session_timeout": "10000",
	}
	if r.readOnly() {
		settings["default_transaction_read_only"] = "on"
	}
	if r == look {
		settings["statement_timeout"] = "1500"
	}
	if r != ask && r != analyze {
		settings["search_path"] = "pg_catalog" // nobody's function can stand in for a built-in one; see readOnlyBegin for ask and analyze
	}
	return settings
}

// configFor returns the configuration of a session. A context that ends cancels the statement and keeps the connection: on a full server a lost slot
// does not come back soon.
func configFor(cfg *pgx.ConnConfig, r role) *pgx.ConnConfig {
	own := cfg.Copy()
	maps.Copy(own.RuntimeParams, r.settings())
	patience := cancelPatience
	switch r {
	case build:
		patience = cancelPatienceBuild
	case look:
		patience = cancelPatienceLook
	}
	own.AfterConnect = takeAnyBytes
	own.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: patience}
	}
	return own
}

// anyBytes lets the server send and take texts as they are. Costs a round trip of under 0.1 ms, once a connection to a database of encoding SQL_ASCII. All
// versions, every role.
const anyBytes = "SET " + probes.OwnTag + "any_bytes */ client_encoding = 'SQL_ASCII'"

// takeAnyBytes is for a database of encoding SQL_ASCII, where names and texts may hold any bytes: the server refuses to send those that are no valid UTF-8, the
// database's own name among them. What comes is made valid on arrival, as everywhere.
func takeAnyBytes(ctx context.Context, conn *pgconn.PgConn) error {
	if conn.ParameterStatus("server_encoding") != "SQL_ASCII" {
		return nil
	}
	return conn.Exec(ctx, anyBytes).Close()
}
