package drill

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// What makes and fills the table, for every version. It runs as superuser on the drill's own server, before anything is measured.
var (
	//go:embed sql/schema.sql
	schemaSQL string
	//go:embed sql/load.sql
	loadSQL string // one chunk; about 20 µs a row
	//go:embed sql/indexes.sql
	indexesSQL string // the primary key and the seed's two indexes; about 1 s for 600,000 rows
	//go:embed sql/role.sql
	roleSQL string // %s is the quoted password
)

// What leaves the table as one that has long been in use: statistics taken, hint bits set, pages written. Autovacuum and checkpoints have then
// nothing to do in the calm minutes. VACUUM stands in no transaction, so each is sent by itself. The last one forgets the statements of the
// preparations: superuser only.
const (
	vacuumSQL     = `VACUUM /* pgmedic:drill.vacuum */ (ANALYZE) reports.reports`
	checkpointSQL = `CHECKPOINT /* pgmedic:drill.checkpoint */`
	databaseSQL   = `CREATE /* pgmedic:drill.database */ DATABASE ` + databaseName
	forgetSQL     = `SELECT /* pgmedic:drill.forget */ pg_stat_statements_reset()`
)

const (
	chunkRows = 20_000
	loaders   = 2 // connections that load; making a row takes most of the time, so the second pays
)

// fill makes the table, its rows and indexes, and the application's role, whose password it returns.
func (d *Drill) fill(ctx context.Context, data population, say func(string), progress func(float64)) (password string, err error) {
	if err := once(ctx, d.server.DSN("postgres"), databaseSQL); err != nil {
		return "", fmt.Errorf("making the database %s: %w", databaseName, err)
	}
	conn, err := pgx.Connect(ctx, d.DSN())
	if err != nil {
		return "", fmt.Errorf("connecting to fill the table: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	began := time.Now()
	if err := run(ctx, conn, schemaSQL); err != nil {
		return "", fmt.Errorf("making the table reports.reports: %w", err)
	}
	if err := load(ctx, d.DSN(), data, progress); err != nil {
		return "", fmt.Errorf("filling reports.reports: %w", err)
	}
	password = rand.Text()
	steps := []struct{ doing, sql string }{
		{"indexing reports.reports", indexesSQL},
		{"making the application's role", fmt.Sprintf(roleSQL, sqltext.Literal(password))},
		{"vacuuming reports.reports", vacuumSQL},
		{"writing a checkpoint", checkpointSQL},
	}
	for _, step := range steps {
		if err := run(ctx, conn, step.sql); err != nil {
			return "", fmt.Errorf("%s: %w", step.doing, err)
		}
	}
	say(fmt.Sprintf("table: %d rows in reports.reports, %d of one organization, in %.1f s", data.rows, data.whaleRows, time.Since(began).Seconds()))
	return password, nil
}

// run sends statements by the simple protocol.
func run(ctx context.Context, conn *pgx.Conn, sql string) error {
	_, err := conn.PgConn().Exec(ctx, sql).ReadAll()
	return err
}

// forgetStatements makes pg_stat_statements start anew.
func forgetStatements(ctx context.Context, dsn string) error {
	if err := once(ctx, dsn, forgetSQL); err != nil {
		return fmt.Errorf("resetting pg_stat_statements: %w", err)
	}
	return nil
}

// once sends statements over a connection of their own.
func once(ctx context.Context, dsn, sql string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return run(ctx, conn, sql)
}

// loader hands out the chunks of the table and counts what is in.
type loader struct {
	data     population
	newest   time.Time // when the newest row was made
	progress func(float64)

	mutex        sync.Mutex
	next, loaded int
}

// load inserts all rows, chunk by chunk, over several connections.
func load(ctx context.Context, dsn string, data population, progress func(float64)) error {
	l := &loader{data: data, newest: time.Now(), progress: progress}
	group, ctx := errgroup.WithContext(ctx)
	for range loaders {
		group.Go(func() error { return l.run(ctx, dsn) })
	}
	return group.Wait()
}

// run loads chunks on one connection until none is left.
func (l *loader) run(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	d := l.data
	for first := l.take(); first <= d.rows; first = l.take() {
		last := min(first+chunkRows-1, d.rows)
		_, err := conn.Exec(ctx, loadSQL, first, last, d.rows, d.whaleRows, whale, d.organizations, powerUser1, powerUser2, d.users,
			d.perMillion.whaleIncomplete, d.perMillion.othersIncomplete, l.newest, d.perMillion.middle)
		if err != nil {
			return fmt.Errorf("rows %d to %d: %w", first, last, err)
		}
		l.add(last - first + 1)
	}
	return nil
}

// take returns the first row of the next chunk.
func (l *loader) take() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.next += chunkRows
	return l.next - chunkRows + 1
}

// add counts loaded rows and tells the progress.
func (l *loader) add(rows int) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.loaded += rows
	l.progress(float64(l.loaded) / float64(l.data.rows))
}
