package record

import (
	"database/sql"
	"fmt"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

const (
	deleteRun    = `DELETE FROM sample WHERE track = ? AND run = ?`
	moveTexts    = `UPDATE text SET seq = ? WHERE track = ? AND seq BETWEEN ? AND ?`
	deleteEvents = `DELETE FROM event WHERE at < ?`
)

// folded is several samples told as one.
type folded struct {
	first, last int64 // seq
	sampleBody
}

// foldRun makes one sample of each stretch of span of a run: the last one, with what was counted since the stretch began.
func (f *File) foldRun(r run, span time.Duration) error {
	var all []folded
	err := f.unpack(r, false, func(seq int64, b *sampleBody) {
		if n := len(all); n > 0 && all[n-1].Sample.At.Truncate(span).Equal(b.Sample.At.Truncate(span)) {
			all[n-1] = folded{all[n-1].first, seq, sampleBody{together(&all[n-1].Sample, &b.Sample), b.Assessment}}
			return
		}
		all = append(all, folded{seq, seq, *b})
	})
	if err != nil {
		return err
	}
	p, err := newPacker()
	if err != nil {
		return err
	}
	return f.write(relaxed, func(tx *sql.Tx) error {
		layout, err := p.layout(tx)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(deleteRun, r.track, r.first); err != nil {
			return err
		}
		for i := range all {
			s := &all[i].Sample
			if _, err := tx.Exec(moveTexts, all[i].last, r.track, all[i].first, all[i].last); err != nil {
				return err
			}
			if _, err := tx.Exec(insertSample, r.track, all[i].last, all[0].last, formatTime(s.At), s.Counts().Total, layout, p.pack(s, all[i].Assessment)); err != nil {
				return err
			}
		}
		return nil
	})
}

// dropBefore removes the runs that ended before a time, and the events before it.
func (f *File) dropBefore(runs []run, at time.Time) error {
	err := f.write(relaxed, func(tx *sql.Tx) error {
		for _, r := range runs {
			if r.to.Before(at) {
				if _, err := tx.Exec(deleteRun, r.track, r.first); err != nil {
					return err
				}
			}
		}
		_, err := tx.Exec(deleteEvents, formatTime(at))
		return err
	})
	if err != nil {
		return fmt.Errorf("removing what is older than the rolling window: %w", err)
	}
	return nil
}

// together is a sample with what the one before it counted. What only the one before read, by a probe of a slower pace, is taken over.
func together(before, s *probes.Sample) probes.Sample {
	both := *s
	both.Interval += before.Interval
	both.Cost += before.Cost
	both.Statements = statementsTogether(before.Statements, s.Statements)
	both.Databases = databasesTogether(before.Databases, s.Databases)
	both.Writes = writesTogether(before.Writes, s.Writes)
	if s.Settings == nil {
		both.Settings = before.Settings
	}
	return both
}

func statementsTogether(before, s probes.Statements) probes.Statements {
	if !s.Known || !before.Known {
		known := s
		if before.Known {
			known = before
		}
		known.Sampled = s.Sampled
		return known
	}
	both := s
	both.Reset, both.Evicted = s.Reset || before.Reset, s.Evicted+before.Evicted
	both.Texts = map[int64]string{} // stand in the file by themselves
	if s.Since.IsZero() || before.Since.IsZero() {
		return both
	}
	both.Since = before.Since
	at := map[probes.StatementKey]int{}
	both.Deltas = append([]probes.StatementDelta(nil), s.Deltas...)
	for i, d := range both.Deltas {
		at[d.StatementKey] = i
	}
	for _, d := range before.Deltas {
		i, found := at[d.StatementKey]
		if !found {
			both.Deltas = append(both.Deltas, d)
			continue
		}
		sum := &both.Deltas[i]
		sum.Calls += d.Calls
		sum.ExecTime += d.ExecTime
		sum.Rows += d.Rows
		sum.BlocksHit += d.BlocksHit
		sum.BlocksRead += d.BlocksRead
		sum.TempBlocks += d.TempBlocks
	}
	return both
}

func databasesTogether(before, s []probes.DatabaseDelta) []probes.DatabaseDelta {
	if len(before) == 0 {
		return s
	}
	both := append([]probes.DatabaseDelta(nil), s...)
	for _, d := range before {
		found := false
		for i := range both {
			if sum := &both[i]; sum.OID == d.OID {
				found = true
				addDatabase(sum, d)
			}
		}
		if !found {
			both = append(both, d)
		}
	}
	return both
}

func addDatabase(sum *probes.DatabaseDelta, d probes.DatabaseDelta) {
	sum.Since, sum.Reset = d.Since, sum.Reset || d.Reset
	for _, c := range [...]struct {
		sum *int64
		by  int64
	}{
		{&sum.Commits, d.Commits}, {&sum.Rollbacks, d.Rollbacks}, {&sum.BlocksHit, d.BlocksHit}, {&sum.BlocksRead, d.BlocksRead}, {&sum.TempFiles, d.TempFiles},
		{&sum.TempBytes, d.TempBytes}, {&sum.Deadlocks, d.Deadlocks}, {&sum.Conflicts, d.Conflicts},
		{&sum.Sessions, d.Sessions}, {&sum.Abandoned, d.Abandoned}, {&sum.Fatal, d.Fatal}, {&sum.Killed, d.Killed},
	} {
		if *c.sum < 0 || c.by < 0 { // not known before 14
			*c.sum = -1
			continue
		}
		*c.sum += c.by
	}
}

func writesTogether(before, s probes.Writes) probes.Writes {
	switch {
	case !before.Known:
		return s
	case !s.Known:
		return before
	case s.Since.IsZero() || before.Since.IsZero():
		return s
	}
	both := s
	both.Since, both.Reset = before.Since, s.Reset || before.Reset
	both.Timed += before.Timed
	both.Requested += before.Requested
	both.WriteTime += before.WriteTime
	both.SyncTime += before.SyncTime
	both.Buffers += before.Buffers
	if s.WALBytes < 0 || before.WALBytes < 0 {
		both.WALBytes = -1
	} else {
		both.WALBytes += before.WALBytes
	}
	return both
}
