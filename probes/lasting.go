package probes

import (
	"strings"
	"time"
)

// Lasting is how long a role's sessions were seen to do what they do, in all samples of a window: what a time limit can be judged by. It is never
// changed.
type Lasting struct {
	UserOID, DatabaseOID uint32
	From, Until          time.Time     // of the samples, server time
	Onset                time.Time     // of the incident; zero: none was seen
	CalmSpan             time.Duration // time between samples outside it
	Spells               []Spell       // of the role, in all databases
	Ended                []EndedCalls
	Counted              bool             // calls are counted for the role (pg_stat_statements); else Ended is empty
	Role, Database       Peaks            // connections of the role, and of the database
	Texts                map[int64]string // normalised, of the statements in Spells and Ended, as far as known
}

// Spell is one call, or one time of being idle in a transaction, as it was seen.
type Spell struct {
	Idle        bool // in a transaction
	DatabaseOID uint32
	QueryID     int64         // 0: not known, or idle
	Age         time.Duration // when last seen: it lasted at least so long
	AtMost      time.Duration // when it was not seen any more
	Runs        bool          // it is in the newest sample: AtMost is not known, and Age
	Calm        bool          // last seen outside the incident
}

// EndedCalls is how many calls of a role's statement ended, as pg_stat_statements counts them: those that failed are not among them.
type EndedCalls struct {
	DatabaseOID uint32
	QueryID     int64
	Calm        bool // outside the incident
	Calls       int64
	Apart       time.Duration // widest distance of two samples meanwhile: a call that lasted as long was seen
}

// Peaks are numbers of client connections in the window, pgmedic's own not among them.
type Peaks struct {
	Calm   int // most outside the incident
	Most   int // most of all
	Others int // most that all others held
}

// Part is a part of what was seen.
type Part struct {
	Calm        bool   // outside the incident, else in it
	DatabaseOID uint32 // 0: all
	QueryID     int64  // 0: all
}

func (p Part) has(database uint32, queryID int64, calm bool) bool {
	return calm == p.Calm && (p.DatabaseOID == 0 || database == p.DatabaseOID) && (p.QueryID == 0 || queryID == p.QueryID)
}

// Hit is how many calls a time limit would have failed.
type Hit struct {
	Surely, AtMost int64 // of the calls that were seen: between two samples it is not known when one ended, and of those that run when they will
	Unseen         int64 // calls that may have lasted as long between two samples that were further apart
	Of             int64 // calls that ended or run; 0: not known
}

// LastingOf looks through the whole window for what the sessions of a role did, and how many the role and the database had.
func (w *Window) LastingOf(userOID, databaseOID uint32) *Lasting {
	l := &Lasting{UserOID: userOID, DatabaseOID: databaseOID, Onset: w.now.Onset, Texts: map[int64]string{}}
	now := map[int32]*doing{} // by pid
	apart := time.Duration(0) // widest since the reading of the statements before
	for i, s := range w.samples {
		calm, passed := w.now.calm(s.At), s.Interval
		if i == 0 {
			l.From = s.At
		} else if passed = s.At.Sub(w.samples[i-1].At); calm {
			l.CalmSpan += passed
		}
		l.Until, apart = s.At, max(apart, passed)
		l.spells(s, now, calm, i == len(w.samples)-1)
		l.peaks(s, calm)
		if s.StatementsRead() {
			l.Counted = true
			l.ended(s, calm, apart)
			apart = 0
		}
	}
	l.Counted = l.Counted && len(l.Ended) > 0 // else they are counted for another role (SET ROLE)
	for id := range l.Texts {
		l.Texts[id] = w.Text(id)
	}
	return l
}

// calm says whether a time of the server's clock lies outside the last incident.
func (a Assessment) calm(at time.Time) bool {
	return a.Onset.IsZero() || at.Before(a.Onset) || !a.Recovered.IsZero() && !at.Before(a.Recovered)
}

// doing is what a session was seen to do in the newest sample so far.
type doing struct {
	start, began time.Time
	idle         bool
	spell        int       // in Spells
	seen         time.Time // in the sample of that time
}

// spells notes what the role's sessions do in a sample, and of what was seen in the one before that it has ended since.
func (l *Lasting) spells(s *Sample, now map[int32]*doing, calm, last bool) {
	for i := range s.Backends {
		b := &s.Backends[i]
		idle, began := b.spell()
		if b.UserOID != l.UserOID || !b.IsClient() || began.IsZero() {
			continue
		}
		d := now[b.PID]
		if d == nil || d.idle != idle || !d.began.Equal(began) || !d.start.Equal(b.BackendStart) {
			l.end(d, s.At)
			d = &doing{start: b.BackendStart, began: began, idle: idle, spell: len(l.Spells)}
			now[b.PID] = d
			l.Spells = append(l.Spells, Spell{Idle: idle, DatabaseOID: b.DatabaseOID})
		}
		spell := &l.Spells[d.spell]
		if b.QueryID != 0 && !idle && spell.QueryID != b.QueryID { // a statement that waits while it is parsed has none yet
			spell.QueryID = b.QueryID
			l.Texts[b.QueryID] = ""
		}
		spell.Age, spell.Runs, spell.Calm = max(s.At.Sub(began), 0), last, calm
		spell.AtMost = spell.Age
		d.seen = s.At
	}
	for pid, d := range now {
		if !d.seen.Equal(s.At) {
			l.end(d, s.At)
			delete(now, pid)
		}
	}
}

// end notes that a session does something else at a time; nil: it did nothing.
func (l *Lasting) end(d *doing, at time.Time) {
	if d != nil {
		spell := &l.Spells[d.spell]
		spell.AtMost = max(at.Sub(d.began), spell.Age)
	}
}

// spell says since when a session runs a statement, or is idle in a transaction; zero: neither.
func (b *Backend) spell() (idle bool, began time.Time) {
	switch {
	case b.State == "active" || b.State == "fastpath function call":
		return false, b.QueryStart
	case strings.HasPrefix(b.State, "idle in transaction"):
		return true, b.StateChange
	}
	return false, time.Time{}
}

// ended adds the calls that a reading counted. Those made inside functions are part of their caller's.
func (l *Lasting) ended(s *Sample, calm bool, apart time.Duration) {
	for _, d := range s.Statements.Deltas {
		if d.UserOID == l.UserOID && d.TopLevel && d.Calls > 0 {
			l.Ended = append(l.Ended, EndedCalls{d.DatabaseOID, d.QueryID, calm, d.Calls, apart})
			l.Texts[d.QueryID] = ""
		}
	}
}

func (l *Lasting) peaks(s *Sample, calm bool) {
	all, role, database := 0, 0, 0
	for _, b := range s.Backends {
		if !b.IsClient() {
			continue
		}
		all++
		if b.UserOID == l.UserOID {
			role++
		}
		if b.DatabaseOID == l.DatabaseOID {
			database++
		}
	}
	l.Role.add(role, all-role, calm)
	l.Database.add(database, all-database, calm)
}

func (p *Peaks) add(n, others int, calm bool) {
	p.Most, p.Others = max(p.Most, n), max(p.Others, others)
	if calm {
		p.Calm = max(p.Calm, n)
	}
}

// EndedOf is how many calls of a part ended. skip leaves statements out.
func (l *Lasting) EndedOf(of Part, skip func(queryID int64) bool) int64 {
	n := int64(0)
	for _, e := range l.Ended {
		if of.has(e.DatabaseOID, e.QueryID, e.Calm) && !skip(e.QueryID) {
			n += e.Calls
		}
	}
	return n
}

// Hit says how many calls a limit would have failed. skip leaves statements out; nil: none.
func (l *Lasting) Hit(limit time.Duration, of Part, skip func(queryID int64) bool) Hit {
	belongs := func(database uint32, id int64, calm bool) bool {
		return of.has(database, id, calm) && (skip == nil || !skip(id))
	}
	var h Hit
	for _, e := range l.Ended {
		if belongs(e.DatabaseOID, e.QueryID, e.Calm) {
			h.Of += e.Calls
			if limit < e.Apart {
				h.Unseen += e.Calls
			}
		}
	}
	for _, s := range l.Spells {
		if s.Idle || !belongs(s.DatabaseOID, s.QueryID, s.Calm) {
			continue
		}
		if s.Runs {
			h.Of++
		}
		if s.Age >= limit {
			h.Surely++
		}
		if s.AtMost >= limit || s.Runs { // for how long yet, nobody knows
			h.AtMost++
		}
	}
	if !l.Counted {
		return Hit{Surely: h.Surely, AtMost: h.AtMost}
	}
	h.Of = max(h.Of, h.AtMost) // cancelled calls are counted nowhere
	h.Unseen = min(h.Unseen, h.Of-h.AtMost)
	return h
}
