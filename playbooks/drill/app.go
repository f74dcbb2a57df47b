package drill

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// The application's own statements, for every version, as its role. They carry no tag of pgmedic's: they are what it looks at.
var (
	//go:embed sql/dedup.sql
	dedupSQL string // the seed's query, as it is; without a fitting index it reads all rows of the organization
	//go:embed sql/insert.sql
	insertSQL string // one row, by the three indexes
	//go:embed sql/complete.sql
	completeSQL string // one row, by the primary key
)

// The application: 10 clients with a pool each, as the seed's 10 pods. The idle times make the number of open connections follow the load; with the
// pool's own default of 30 minutes it would not come back after the spike.
const (
	clients         = 10
	poolSize        = 10
	poolIdle        = 1
	idleTime        = 300 * time.Millisecond
	healthCheck     = 200 * time.Millisecond
	acquireTimeout  = 3 * time.Second
	makingTime      = time.Second // from a report's row to its completion
	applicationRole = "reports_rw"
	applicationName = "report-worker"
)

// app is the application: its clients and what they have seen.
type app struct {
	pools []*pgxpool.Pool
	log   clientLog
}

// newApp opens the clients' pools on the server of a superuser's DSN, as the application's role.
func newApp(ctx context.Context, dsn, password string) (*app, error) {
	dsn, err := asRole(dsn, applicationRole, password, applicationName)
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("setting the application's pools up: %w", err)
	}
	config.MaxConns, config.MinConns = poolSize, poolIdle
	config.MaxConnIdleTime, config.HealthCheckPeriod = idleTime, healthCheck
	a := &app{}
	for range clients {
		pool, err := pgxpool.NewWithConfig(ctx, config.Copy())
		if err == nil {
			a.pools = append(a.pools, pool)
			err = pool.Ping(ctx)
		}
		if err != nil {
			a.close()
			return nil, fmt.Errorf("opening the application's pools: %w", err)
		}
	}
	return a, nil
}

// close closes the pools. Nothing may use them any more.
func (a *app) close() {
	for _, pool := range a.pools {
		pool.Close()
	}
}

// reconnect lets every client prepare its statements anew: pg_stat_statements, once reset, shows the text of a statement that was prepared before
// with its constants.
func (a *app) reconnect() {
	for _, pool := range a.pools {
		pool.Reset()
	}
}

// create does what a client does for a report: it looks for an identical one that is still being made, and if there is none, it inserts the row.
func (a *app) create(ctx context.Context, client int, r request) (id int64, err error) {
	conn, err := a.acquire(ctx, client)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	found, err := conn.Exec(ctx, dedupSQL, r.kind, r.title, r.format, r.user, r.params, r.organization, dedupMinutes)
	if err != nil {
		return 0, fmt.Errorf("looking for an identical report: %w", err)
	}
	if found.RowsAffected() > 0 {
		return 0, nil
	}
	if err := conn.QueryRow(ctx, insertSQL, r.kind, r.title, r.format, r.user, r.params, r.organization).Scan(&id); err != nil {
		return 0, fmt.Errorf("inserting a report: %w", err)
	}
	return id, nil
}

// complete marks a report as made.
func (a *app) complete(ctx context.Context, client int, id int64) error {
	conn, err := a.acquire(ctx, client)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, completeSQL, id); err != nil {
		return fmt.Errorf("completing a report: %w", err)
	}
	return nil
}

// errNoConnection is a client's "unable to connect": none came free in its pool in time.
var errNoConnection = errors.New("no connection from the pool in time")

// acquire takes a connection from a client's pool.
func (a *app) acquire(ctx context.Context, client int) (*pgxpool.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	conn, err := a.pools[client].Acquire(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, errNoConnection
	}
	return conn, err
}
