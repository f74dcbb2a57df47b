package sampler

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

const (
	// manyEntries is where reading the counters each second would cost the server more than 1 % of a core: above it they are read every slowStatements.
	manyEntries    = 2000
	slowStatements = 5 * time.Second
	// extensionEvery is how often a missing extension is looked for again.
	extensionEvery = 60 * time.Second
)

// ErrNoExtension is why there are no statement figures in a database.
var ErrNoExtension = errors.New("pg_stat_statements is not installed in this database")

// statementReader reads pg_stat_statements over one connection.
type statementReader struct {
	conn      *pgx.Conn
	version   int // server_version_num
	extension Extension
	missing   time.Time // server time when the extension was looked for in vain; zero: found, or not looked for yet
	differ    differ
	due       time.Time // server time of the next reading
	texts     textReader
}

// Extension is where pg_stat_statements is installed, and what it can.
type Extension struct {
	Schema       string // quoted
	major, minor int
}

func newStatementReader(conn *pgx.Conn, version int) *statementReader {
	return &statementReader{conn: conn, version: version, texts: newTextReader()}
}

// read takes a reading where one is due, and puts the difference to the one before into the sample.
func (r *statementReader) read(ctx context.Context, sample *probes.Sample) error {
	if sample.At.Before(r.due) {
		sample.Statements = probes.Statements{Known: true, Since: sample.At}
		return nil
	}
	if err := r.findExtension(ctx, sample.At); err != nil {
		return err
	}
	now := reading{at: sample.At}
	if r.extension.atLeast(1, 9) {
		info := r.conn.QueryRow(ctx, query("statements_info", "{schema}", r.extension.Schema))
		if err := info.Scan(&now.resetAt, &now.dealloc); err != nil {
			return r.failed(err)
		}
	}
	var err error
	if now.entries, now.hidden, err = readCounters(ctx, r.conn, r.extension); err != nil {
		return r.failed(err)
	}
	if len(now.entries) > manyEntries {
		r.due = sample.At.Add(slowStatements)
	}
	sample.Statements = r.differ.next(now, r.texts.mayBeOwn(sample.Backends))
	sample.Statements.Deltas = r.texts.withoutOwn(sample.Statements.Deltas)
	return nil
}

// failed forgets the extension, which may have been dropped or moved.
func (r *statementReader) failed(err error) error {
	r.extension = Extension{}
	return err
}

func (r *statementReader) findExtension(ctx context.Context, at time.Time) error {
	if r.extension.Schema != "" {
		return nil
	}
	if !r.missing.IsZero() && at.Sub(r.missing) < extensionEvery {
		return ErrNoExtension
	}
	var err error
	r.extension, err = FindExtension(ctx, r.conn)
	r.missing = time.Time{}
	if errors.Is(err, ErrNoExtension) {
		r.missing = at
	}
	return err
}

// FindExtension looks for pg_stat_statements in the database of the connection; ErrNoExtension where there is none.
func FindExtension(ctx context.Context, conn *pgx.Conn) (Extension, error) {
	var schema, version string
	err := conn.QueryRow(ctx, query("extension")).Scan(&schema, &version)
	if errors.Is(err, pgx.ErrNoRows) {
		return Extension{}, ErrNoExtension
	}
	if err != nil {
		return Extension{}, err
	}
	e := Extension{Schema: sqltext.Ident(schema)}
	major, minor, _ := strings.Cut(version, ".")
	e.major, _ = strconv.Atoi(major)
	e.minor, _ = strconv.Atoi(minor)
	return e, nil
}

func (e Extension) atLeast(major, minor int) bool {
	return e.major > major || e.major == major && e.minor >= minor
}

// counterQuery fits the query to the extension's version: CREATE EXTENSION's, not the server's.
func (e Extension) counterQuery() string {
	toplevel, execTime := "s.toplevel", "s.total_exec_time"
	if !e.atLeast(1, 9) {
		toplevel = "true"
	}
	if !e.atLeast(1, 8) {
		execTime = "s.total_time"
	}
	return query("statements", "{schema}", e.Schema, "{toplevel}", toplevel, "{exec_time}", execTime)
}

// readCounters reads every entry whose query id this role may see, and counts the others.
func readCounters(ctx context.Context, conn *pgx.Conn, e Extension) (entries map[probes.StatementKey]counters, hidden int, err error) {
	rows, err := conn.Query(ctx, e.counterQuery())
	if err != nil {
		return nil, 0, err
	}
	entries = map[probes.StatementKey]counters{}
	var key probes.StatementKey
	var queryID *int64
	var c counters
	var milliseconds float64
	into := []any{&key.DatabaseOID, &key.UserOID, &queryID, &key.TopLevel, &c.calls, &milliseconds, &c.rows, &c.blocksHit, &c.blocksRead}
	_, err = pgx.ForEachRow(rows, into, func() error {
		if queryID == nil {
			hidden++
			return nil
		}
		key.QueryID = *queryID
		c.execTime = time.Duration(milliseconds * float64(time.Millisecond))
		entries[key] = c
		return nil
	})
	return entries, hidden, err
}
