package sampler

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

const (
	// extensionEvery is how often the extension is looked for again: it may be created, updated, or its settings changed.
	extensionEvery = 60 * time.Second
	// readingTries bounds how often the counters are read again because they were reset meanwhile.
	readingTries = 3
)

// statementReader reads pg_stat_statements over one connection.
type statementReader struct {
	conn      *pgx.Conn
	version   int // server_version_num
	extension Extension
	looked    time.Time // server time when the extension was looked for; zero: look at once
	blind     string    // why the extension tells nothing, and what to do; empty where it does
	hidden    int       // entries of other roles that this role may not see, in the last reading
	differ    differ
	texts     *textReader
	running   runningReader
}

func newStatementReader(conn *pgx.Conn, version int, texts *textReader) *statementReader {
	texts.version = version
	return &statementReader{conn: conn, version: version, texts: texts, running: newRunningReader()}
}

// errBlind is why the extension tells nothing although it is there, with what to do about it, in words for a person.
type errBlind string

func (e errBlind) Error() string { return string(e) }

// read takes a reading and puts the difference to the one before into the sample.
func (r *statementReader) read(ctx context.Context, sample *probes.Sample) error {
	err := r.readOnce(ctx, sample)
	if moved(err) {
		r.looked = time.Time{}
		err = r.readOnce(ctx, sample)
	}
	switch {
	case err == nil:
		r.blind = ""
	case lasting(err):
		r.blind = probeFault("statements", err)
		sample.Statements = probes.Statements{}
	}
	return err
}

// moved says whether the extension may have been dropped, moved or replaced by another version.
func moved(err error) bool {
	return slices.Contains([]string{"42883", "42P01", "42703", "3F000"}, pgerr.State(err))
}

// lasting says whether the extension will tell nothing until somebody mends it.
func lasting(err error) bool {
	var blind errBlind
	return errors.Is(err, ErrNoExtension) || errors.As(err, &blind) || moved(err) || slices.Contains([]string{"55000", "42501"}, pgerr.State(err))
}

func (r *statementReader) readOnce(ctx context.Context, sample *probes.Sample) error {
	if err := r.findExtension(ctx, sample.At); err != nil {
		return err
	}
	given := slices.ContainsFunc(sample.Backends, func(b probes.Backend) bool { return b.QueryID != 0 })
	if why := r.extension.notCounting(given); why != "" {
		return errBlind(why)
	}
	now, still, err := r.takeReading(ctx)
	if pgerr.State(err) == "42501" {
		return errBlind(fmt.Sprintf("this role may not read pg_stat_statements: GRANT USAGE ON SCHEMA %s, and EXECUTE ON ALL FUNCTIONS IN it, TO %s",
			sqltext.CleanLine(r.extension.Schema), sqltext.Ident(sample.Server.User)))
	}
	if err != nil {
		return err
	}
	if !still {
		statementsBetween(sample) // the next reading covers this time too
		return nil
	}
	now.at = sample.At
	r.hidden = now.hidden
	sample.Statements = r.differ.next(now)
	sample.Statements.Deltas = r.texts.withoutOwn(sample.Statements.Deltas)
	return nil
}

// takeReading reads the counters between two looks at when they were reset: they are taken only where no reset came between, because otherwise nobody could
// tell which of the two periods they count. still is false where there was no such moment.
func (r *statementReader) takeReading(ctx context.Context) (now reading, still bool, err error) {
	if !r.extension.hasInfo() {
		now.entries, now.hidden, err = readCounters(r.conn.Query(ctx, r.extension.counterQuery()))
		return now, true, err
	}
	for range readingTries {
		after, err := r.readBetween(ctx, &now)
		if err != nil {
			return now, false, err
		}
		if after.Equal(now.resetAt) {
			return now, true, nil
		}
	}
	return now, false, nil
}

// readBetween fills a reading and returns the time of the last reset after it. It takes one round trip.
func (r *statementReader) readBetween(ctx context.Context, now *reading) (after time.Time, err error) {
	var batch pgx.Batch
	info := query("statements_info", "{schema}", r.extension.Schema)
	batch.Queue(info)
	batch.Queue(r.extension.counterQuery())
	batch.Queue(info)
	results := r.conn.SendBatch(ctx, &batch)
	err = results.QueryRow().Scan(&now.resetAt, &now.dealloc)
	if err == nil {
		now.entries, now.hidden, err = readCounters(results.Query())
	}
	if err == nil {
		err = results.QueryRow().Scan(&after, nil)
	}
	return after, errors.Join(err, results.Close())
}

// findExtension looks for the extension where it is time to. One that is known stays known where the catalogue does not answer.
func (r *statementReader) findExtension(ctx context.Context, at time.Time) error {
	known := r.extension.Schema != ""
	if age := at.Sub(r.looked); r.looked.IsZero() || age < 0 || age >= extensionEvery {
		found, err := FindExtension(ctx, r.conn)
		if err != nil && !errors.Is(err, ErrNoExtension) && (!known || r.looked.IsZero()) {
			return err
		}
		if err == nil || errors.Is(err, ErrNoExtension) {
			r.extension = found
		}
		r.looked = at
	}
	if r.extension.Schema == "" {
		return ErrNoExtension
	}
	return nil
}

// blindSpots says what this role cannot see of the statements.
func (r *statementReader) blindSpots(sample *probes.Sample) []probes.Failure {
	var blind []probes.Failure
	if r.hidden > 0 && r.blind == "" {
		blind = append(blind, probes.Failure{Probe: "statements", Reason: fmt.Sprintf(
			"the figures of %s of other roles are hidden from role %s: GRANT pg_read_all_stats TO %s (or pg_monitor)",
			probes.Counted(r.hidden, "statement", "statements"), sample.Server.User, sqltext.Ident(sample.Server.User))})
	}
	told := slices.ContainsFunc(sample.Failures, func(f probes.Failure) bool { return f.Probe == "texts" })
	if r.texts.fault != "" && !told {
		blind = append(blind, probes.Failure{Probe: "texts", Reason: r.texts.fault})
	}
	return blind
}

// readCounters reads every entry whose query id this role may see, and counts the others.
func readCounters(rows pgx.Rows, err error) (entries map[probes.StatementKey]counters, hidden int, _ error) {
	if err != nil {
		return nil, 0, err
	}
	entries = map[probes.StatementKey]counters{}
	var key probes.StatementKey
	var queryID *int64
	var began *time.Time
	var milliseconds float64
	c := counters{rowsOf: 1}
	into := []any{&key.DatabaseOID, &key.UserOID, &queryID, &key.TopLevel, &began, &c.calls, &milliseconds, &c.rows,
		&c.blocksHit, &c.blocksRead, &c.tempBlocks}
	_, err = pgx.ForEachRow(rows, into, func() error {
		if queryID == nil {
			hidden++
			return nil
		}
		if *queryID == 0 {
			return nil // of statements without an id: any number of them in one
		}
		key.QueryID = *queryID
		c.began = known(began)
		c.execTime = time.Duration(math.Round(milliseconds*1000)) * time.Microsecond // of the total, so that differences stay exact; records hold microseconds
		if other, twice := entries[key]; twice {
			entries[key] = other.plus(c)
		} else {
			entries[key] = c
		}
		return nil
	})
	return entries, hidden, err
}
