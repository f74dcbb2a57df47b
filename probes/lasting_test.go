package probes

import (
	"testing"
	"time"
)

// second is a sample so many seconds after start, in which sessions of role 2 in database 1 do what is given, and so many calls of statement 42 ended.
func second(at int, ended int64, backends ...Backend) *Sample {
	s := sampleAt(at, ended, time.Millisecond)
	for _, b := range backends {
		b.Type, b.BackendStart = "client backend", start
		s.Backends = append(s.Backends, b)
	}
	return s
}

// runs is a session of the role that runs statement 42 since so many seconds after start.
func runs(pid int32, since float64) Backend {
	return Backend{PID: pid, State: "active", UserOID: 2, DatabaseOID: 1, QueryID: 42, QueryStart: start.Add(time.Duration(since * float64(time.Second)))}
}

func rests(pid int32, since int) Backend {
	return Backend{PID: pid, State: "idle in transaction", UserOID: 2, DatabaseOID: 1, QueryID: 42, StateChange: start.Add(time.Duration(since) * time.Second)}
}

// What was seen of calls says how many a limit would have failed: at least those seen so old, at most those that may have got so old before the next sample.
func TestLastingOf(t *testing.T) {
	w := NewWindow(time.Hour)
	onset := start.Add(6 * time.Second)
	other, elsewhere, ours := runs(7, 0), runs(8, 0), runs(9, 0)
	other.UserOID, elsewhere.DatabaseOID, ours.Ours = 3, 4, true
	for i, backends := range [][]Backend{
		{other, ours, elsewhere},
		{runs(1, 0.5), other, ours, elsewhere},
		{runs(1, 0.5), rests(2, 2)},
		{runs(1, 0.5), rests(2, 2)}, // 2.5 s when last seen, 3.5 s when not any more
		{rests(2, 2)},
		{},
		{runs(3, 5), runs(4, 5)}, // the incident
		{runs(3, 5), runs(4, 5)},
		{runs(3, 5), runs(5, 7.5)},
		{runs(3, 5), runs(5, 7.5)}, // they run
	} {
		a := Assessment{}
		if i >= 6 {
			a.Onset = onset
		}
		w.Add(second(i, 10, backends...), a)
	}
	l := w.LastingOf(2, 1)
	for _, c := range []struct {
		limit float64
		of    Part
		want  Hit
	}{
		{1, Part{Calm: true, DatabaseOID: 1}, Hit{1, 1, 0, 60}},
		{2.5, Part{Calm: true, DatabaseOID: 1}, Hit{1, 1, 0, 60}},
		{3, Part{Calm: true, DatabaseOID: 1}, Hit{0, 1, 0, 60}},
		{4, Part{Calm: true, DatabaseOID: 1}, Hit{0, 0, 0, 60}},
		{1, Part{Calm: true}, Hit{2, 2, 0, 60}},
		{2, Part{Calm: false, DatabaseOID: 1, QueryID: 42}, Hit{2, 3, 0, 42}},
		{3, Part{Calm: false}, Hit{1, 3, 0, 42}}, // the two that run may last longer yet
		{4, Part{Calm: false}, Hit{1, 2, 0, 42}},
		{1, Part{Calm: false, QueryID: 43}, Hit{}},
		{0.5, Part{Calm: true, DatabaseOID: 1}, Hit{1, 1, 59, 60}}, // shorter than the distance of two samples: it may be all of them
	} {
		if got := l.Hit(time.Duration(c.limit*float64(time.Second)), c.of, nil); got != c.want {
			t.Errorf("of %+v %v s would have failed %+v, want %+v", c.of, c.limit, got, c.want)
		}
	}
	if got := l.Hit(time.Second, Part{Calm: true}, func(id int64) bool { return id == 42 }); got != (Hit{}) {
		t.Errorf("without the statement: %+v", got)
	}
	idle := Spell{}
	for _, s := range l.Spells {
		if s.Idle {
			idle = s
		}
	}
	if idle != (Spell{Idle: true, DatabaseOID: 1, Age: 2 * time.Second, AtMost: 3 * time.Second, Calm: true}) {
		t.Errorf("idle %+v", idle)
	}
	if l.CalmSpan != 5*time.Second || !l.Onset.Equal(onset) || !l.Counted {
		t.Errorf("%+v", l)
	}
	if l.Role != (Peaks{Calm: 2, Most: 2, Others: 1}) || l.Database != (Peaks{Calm: 2, Most: 2, Others: 1}) {
		t.Errorf("peaks of the role %+v, of the database %+v", l.Role, l.Database)
	}
}

// Calls that are counted for another role, or not at all, have no share.
func TestLastingNotCounted(t *testing.T) {
	w := NewWindow(time.Hour)
	b := runs(1, 0)
	b.UserOID = 9
	w.Add(second(0, 10, b), Assessment{})
	w.Add(second(1, 10, b), Assessment{})
	l := w.LastingOf(9, 1)
	if got := l.Hit(time.Second, Part{Calm: true}, nil); l.Counted || got != (Hit{Surely: 1, AtMost: 1}) {
		t.Errorf("%+v, %+v", l, got)
	}
}
