package brake

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// history is how long the role's calls took since the statistics were reset.
type history struct {
	known   bool
	since   time.Time // zero: not known (before pg_stat_statements 1.9)
	entries []counted
}

// counted is one entry of pg_stat_statements.
type counted struct {
	database       uint32
	queryID        int64 // 0: hidden from this role
	calls          int64
	mean, max, dev float64 // of total execution times, ms
	partial        bool    // max is of a later time than the rest: it was reset alone
}

// readHistory reads the statistics of the role; where there are none, or they are too old, nothing is known.
func readHistory(ctx context.Context, ask *live.Asker, role uint32) (history, error) {
	var h history
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		h, err = historyIn(ctx, tx, role)
		return err
	})
	switch pgerr.State(err) {
	case "55000", "42501": // the library is not loaded; this role may not use the extension's schema
		return history{}, nil
	}
	if err != nil {
		return history{}, fmt.Errorf("reading how long the role's calls took: %w", err)
	}
	return h, nil
}

func historyIn(ctx context.Context, tx pgx.Tx, role uint32) (history, error) {
	var schema string
	var hasMax, hasInfo, hasMaxSince bool
	err := tx.QueryRow(ctx, query("extension")).Scan(&schema, &hasMax, &hasInfo, &hasMaxSince)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !hasMax {
		return history{}, nil
	}
	if err != nil {
		return history{}, err
	}
	toplevel, partial := "true", "false"
	if hasInfo {
		toplevel = "s.toplevel"
	}
	if hasMaxSince {
		partial = "s.minmax_stats_since > s.stats_since"
	}
	h := history{known: true}
	rows, err := tx.Query(ctx, query("calls", "{schema}", sqltext.Ident(schema), "{toplevel}", toplevel, "{partial}", partial), role)
	if err != nil {
		return history{}, err
	}
	var c counted
	_, err = pgx.ForEachRow(rows, []any{&c.database, &c.queryID, &c.calls, &c.mean, &c.max, &c.dev, &c.partial}, func() error {
		h.entries = append(h.entries, c)
		return nil
	})
	if err != nil || !hasInfo {
		return h, err
	}
	return h, tx.QueryRow(ctx, query("reset", "{schema}", sqltext.Ident(schema))).Scan(&h.since)
}

// reaches says whether a call surely took so long.
func (c counted) reaches(limit time.Duration) bool {
	return c.max >= float64(limit)/float64(time.Millisecond)
}

// mostBeyond bounds how many of the calls took so long. Of an entry whose longest call was shorter none did; of the others no more than Cantelli's
// inequality allows for their mean and deviation, and Markov's for their mean: both hold for whatever was counted.
func (c counted) mostBeyond(limit time.Duration) int64 {
	if !c.reaches(limit) && !c.partial {
		return 0
	}
	ms := float64(limit) / float64(time.Millisecond)
	share := min(1, c.mean/ms)
	if ms > c.mean {
		share = min(share, c.dev*c.dev/(c.dev*c.dev+(ms-c.mean)*(ms-c.mean)))
	}
	return int64(math.Ceil(share * float64(c.calls)))
}

// hit says how many of the calls a limit would have failed.
func (h history) hit(limit time.Duration, of probes.Part, skip func(int64) bool) probes.Hit {
	var hit probes.Hit
	for _, c := range h.entries {
		if of.DatabaseOID != 0 && c.database != of.DatabaseOID || of.QueryID != 0 && c.queryID != of.QueryID || skip(c.queryID) {
			continue
		}
		hit.Of += c.calls
		hit.AtMost += c.mostBeyond(limit)
		if c.reaches(limit) {
			hit.Surely++
		}
	}
	return hit
}

// of is the entry of one statement; false: none is known.
func (h history) of(database uint32, queryID int64) (counted, bool) {
	for _, c := range h.entries {
		if c.queryID == queryID && queryID != 0 && c.database == database {
			return c, true
		}
	}
	return counted{}, false
}
