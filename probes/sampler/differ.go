package sampler

import (
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// counters are what pg_stat_statements has counted for one entry since its statistics were reset.
type counters struct {
	began      time.Time // stats_since, from extension version 1.11 on; zero where not known
	rowsOf     int       // rows that these figures add up: more than 1 where the extension does not tell calls inside functions apart (before 1.9)
	calls      int64
	execTime   time.Duration
	rows       int64
	blocksHit  int64
	blocksRead int64
	tempBlocks int64
}

// reading is one look at pg_stat_statements.
type reading struct {
	at      time.Time // server time
	entries map[probes.StatementKey]counters
	resetAt time.Time // pg_stat_statements_info.stats_reset; zero where not known
	dealloc int64     // pg_stat_statements_info.dealloc
	hidden  int       // entries whose query id this role may not see
}

// differ turns readings into what was counted between them. It does no I/O.
//
// An entry that is new, began at another time (stats_since, extension version 1.11 and later) or counts less than before was made or reset since the
// reading before: all that it has counted belongs to the time between. Before 1.11, an entry that was thrown out, came back and already counts as much as
// before cannot be told from one that stayed; the delta is then too small, never too large.
type differ struct {
	last *reading
}

// next compares a reading with the one before and keeps it. The first has no deltas, nor has one that cannot be compared.
func (d *differ) next(now reading) probes.Statements {
	s := probes.Statements{Known: true, ResetAt: now.resetAt}
	last := d.last
	d.last = &now
	if last == nil || !last.comparable(&now) {
		return s
	}
	s.Since = last.at
	s.Reset = wasReset(last, &now)
	if s.Reset {
		s.Evicted = now.dealloc
		if now.resetAt.After(s.Since) {
			s.Since = now.resetAt
		}
		if s.Since.After(now.at) { // the counters are read a moment after that
			s.Since = now.at
		}
	} else {
		s.Evicted = max(now.dealloc-last.dealloc, 0)
	}
	for key, total := range now.entries {
		before := last.entries[key]
		if s.Reset || total.restarted(before) {
			before = total.beginning(before)
		}
		if delta, changed := total.since(key, before); changed {
			s.Deltas = append(s.Deltas, delta)
		}
	}
	return s
}

// comparable says whether what is new in the next reading was counted since this one. It was not where entries that were hidden came to light (a GRANT
// shows all of them at once), nor where the extension was updated or replaced, which shows in resetAt being known.
func (r *reading) comparable(next *reading) bool {
	if r.resetAt.IsZero() != next.resetAt.IsZero() {
		return false
	}
	return wasReset(r, next) || r.hidden == 0 || next.hidden > 0
}

// wasReset says whether all statistics were reset between two readings. Where the server does not say when (before 14), a reset is when nothing that
// was there before went on counting.
func wasReset(last, now *reading) bool {
	if !last.resetAt.IsZero() || !now.resetAt.IsZero() {
		return !last.resetAt.Equal(now.resetAt)
	}
	for key, before := range last.entries {
		if total, ok := now.entries[key]; ok && !total.restarted(before) {
			return false
		}
	}
	return len(last.entries) > 0
}

// restarted says whether the entry began anew since it had counted before.
func (c counters) restarted(before counters) bool {
	if !c.began.IsZero() && !before.began.IsZero() && !c.began.Equal(before.began) {
		return true
	}
	if c.calls == before.calls && c.execTime != before.execTime {
		return true // both are counted at once, when a call ends: as many calls as before, but not the same ones
	}
	return c.calls < before.calls || c.execTime < before.execTime || c.rows < before.rows ||
		c.blocksHit < before.blocksHit || c.blocksRead < before.blocksRead || c.tempBlocks < before.tempBlocks
}

// beginning is what an entry that restarted is compared with. Of figures that add up several rows one may have gone and the others stayed: nobody knows what
// is new, so nothing is.
func (c counters) beginning(before counters) counters {
	if before.rowsOf > 1 {
		return c
	}
	return counters{}
}

// plus adds another row of the same key.
func (c counters) plus(other counters) counters {
	c.rowsOf += other.rowsOf
	c.calls += other.calls
	c.execTime += other.execTime
	c.rows += other.rows
	c.blocksHit += other.blocksHit
	c.blocksRead += other.blocksRead
	c.tempBlocks += other.tempBlocks
	return c
}

func (c counters) since(key probes.StatementKey, before counters) (probes.StatementDelta, bool) {
	delta := probes.StatementDelta{
		StatementKey: key,
		Calls:        c.calls - before.calls, ExecTime: c.execTime - before.execTime, Rows: c.rows - before.rows,
		BlocksHit: c.blocksHit - before.blocksHit, BlocksRead: c.blocksRead - before.blocksRead, TempBlocks: c.tempBlocks - before.tempBlocks,
		TotalCalls: c.calls, TotalExecTime: c.execTime,
	}
	return delta, delta.Calls != 0 || delta.ExecTime != 0
}
