package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Watch implements playbooks.Work. Before the first statement and after the last the progress has no phase.
func (w *work) Watch(ctx context.Context, ask *live.Asker, pid int32) (playbooks.Progress, error) {
	at := int(w.at.Load())
	if at >= len(w.steps) {
		return playbooks.Progress{}, nil
	}
	p, err := w.meter.watch(ctx, ask, pid, w.steps[at])
	if err == nil {
		w.count(&p, at)
	}
	return p, err
}

// readBehind says who waits for the whole table behind the build. With queries that queue behind it this is a deadlock in the making: at its end the build waits for
// their snapshots, they wait for the DDL, and the DDL waits for the build, which began to wait last and so is the victim.
func readBehind(ctx context.Context, tx pgx.Tx, pid int32, table uint32) (string, error) {
	var who scanned
	var n int
	err := tx.QueryRow(ctx, query("build_behind"), []uint32{table}, pid).Scan(append([]any{&n}, who.into()...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	words := who.done().String() + ", waits for the build"
	if n > 1 {
		words += fmt.Sprintf(", and %d behind it", n-1)
	}
	return fmt.Sprintf("%s; at its end the build would wait for them in turn and fail as the victim of a deadlock: cancel the DDL before, SELECT pg_cancel_backend(%d)",
		words, who.PID), nil
}

// count says which of how many statements runs, and how long all of them take yet.
func (w *work) count(p *playbooks.Progress, at int) {
	if len(w.steps) == 1 {
		return
	}
	p.Step, p.Steps, p.Doing = at+1, len(w.steps), w.steps[at].What
	for _, s := range w.steps[at+1:] {
		if s.kind == stepCreate && s.expected == 0 {
			p.LeftAll = 0
			return
		}
		if p.LeftAll > 0 {
			p.LeftAll += s.expected
		}
	}
}

// watch looks once at the session of pid, which runs the step.
func (m *meter) watch(ctx context.Context, ask *live.Asker, pid int32, s Step) (playbooks.Progress, error) {
	var p playbooks.Progress
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		seen, err := readBuild(ctx, tx, pid)
		if err == nil {
			p = m.progress(seen, s.method)
			p.Behind, err = readBehind(ctx, tx, pid, s.table)
			return err
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		p, err = readBlocked(ctx, tx, pid, s)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("reading the progress of pid %d: %w", pid, err)
	}
	return p, nil
}

// counter is how far something is.
type counter struct{ done, total float64 }

// seen is one row of pg_stat_progress_create_index, with whom the build waits for.
type seen struct {
	phase                   string
	blocks, tuples, lockers counter
	at                      float64 // server clock, seconds
	locker                  session // PID 0: none that has a session
	prepared                session // Application empty: none
}

func readBuild(ctx context.Context, tx pgx.Tx, pid int32) (seen, error) {
	var b seen
	var locker scanned
	var prepared float64
	into := []any{&b.phase, &b.blocks.done, &b.blocks.total, &b.tuples.done, &b.tuples.total, &b.lockers.done, &b.lockers.total, &b.at}
	into = append(append(into, locker.into()...), &b.prepared.Application, &prepared)
	err := tx.QueryRow(ctx, query("build_watch"), pid).Scan(into...)
	b.locker, b.prepared.Age = locker.done(), seconds(prepared)
	return b, err
}

// readBlocked is for what has no progress view, and for a build that still waits for its table.
func readBlocked(ctx context.Context, tx pgx.Tx, pid int32, s Step) (playbooks.Progress, error) {
	var active, waits, prepared bool
	var gid string
	var who scanned
	into := append(append([]any{&active, &waits, &prepared}, who.into()...), &gid)
	err := tx.QueryRow(ctx, query("build_blocked"), pid).Scan(into...)
	switch {
	case err == nil && !active && s.brief():
		return playbooks.Progress{Phase: s.phase(true)}, nil // it rests between two pieces of its wait
	case errors.Is(err, pgx.ErrNoRows) || err == nil && !active:
		return playbooks.Progress{}, nil
	}
	if err != nil {
		return playbooks.Progress{}, err
	}
	p := playbooks.Progress{Phase: s.phase(waits)}
	if waits {
		p.Waiting = waitingFor(who.done(), session{Application: gid})
	}
	return p, nil
}

// phase words what a step without a progress view does.
func (s Step) phase(waits bool) string {
	switch {
	case waits && (s.kind == stepDrop || s.kind == stepReindex):
		return "waiting for transactions that use the table"
	case waits:
		return "waiting for the table's lock"
	case s.kind == stepDrop || s.kind == stepDropParent:
		return "dropping"
	case s.kind == stepAttach:
		return "attaching"
	case s.kind == stepAnalyze:
		return "analyzing"
	}
	return "starting"
}

// waitingFor says whom something waits for, and what can be done about it.
func waitingFor(locker, prepared session) string {
	switch {
	case prepared.Application != "":
		return prepared.String() + "; " + prepared.remedy()
	case locker.PID != 0:
		return locker.String() + "; " + locker.remedy()
	}
	return ""
}

// progress picks the counters that move in this phase, and says how fast they do and whom the build waits for.
func (m *meter) progress(b seen, method string) playbooks.Progress {
	p := playbooks.Progress{Phase: sqltext.CleanLine(b.phase), Done: b.blocks.done, Total: b.blocks.total, Unit: "blocks"}
	switch {
	case strings.HasPrefix(b.phase, "waiting"):
		p.Done, p.Total, p.Unit = b.lockers.done, b.lockers.total, "lockers"
		p.Waiting = waitingFor(b.locker, b.prepared)
	case b.tuples.total > 0 && !strings.Contains(b.phase, "scanning"):
		p.Done, p.Total, p.Unit = b.tuples.done, b.tuples.total, "tuples"
	}
	p.Rate, p.Left = m.add(p.Phase, p.Unit, reading{b.at, p.Done}, p.Total)
	p.LeftAll = whole(method, p.Phase, p.Left, b.at-m.began)
	return p
}

// meter measures how fast a phase goes. It belongs to the goroutine that watches.
type meter struct {
	phase, unit string
	began       float64 // server clock, when the phase was first seen
	readings    []reading
}

// reading is how far a phase was at a time of the server's clock, in seconds.
type reading struct{ at, done float64 }

// meterSpan is over how many readings, one a second, a rate is taken: long enough to be steady, short enough to show what changes.
const meterSpan = 15

// add notes a reading, and returns the rate a second and the time left at it; 0 where they are not known.
func (m *meter) add(phase, unit string, r reading, total float64) (rate float64, left time.Duration) {
	if phase != m.phase || unit != m.unit || len(m.readings) > 0 && r.done < m.readings[len(m.readings)-1].done {
		m.phase, m.unit, m.began, m.readings = phase, unit, r.at, nil
	}
	m.readings = append(m.readings, r)
	if len(m.readings) > meterSpan {
		m.readings = m.readings[1:]
	}
	first := m.readings[0]
	if unit == "lockers" || r.at <= first.at || r.done <= first.done {
		return 0, 0
	}
	rate = (r.done - first.done) / (r.at - first.at)
	if total > r.done {
		left = seconds((total - r.done) / rate)
	}
	return rate, left
}

// phaseShares is how a b-tree's build divides among its phases, measured on 1.5 million rows in memory with integer, time and text keys; the last takes longer on a
// table that is read from disk. Waiting is not among them.
var phaseShares = []struct {
	phase string
	share float64
}{
	{"building index: scanning table", 0.45},
	{"building index: sorting live tuples", 0.15},
	{"building index: loading tuples in tree", 0.20},
	{"index validation: scanning index", 0.08},
	{"index validation: sorting tuples", 0.04},
	{"index validation: scanning table", 0.08},
}

// Other access methods report one phase "building index"; then the validation takes this many times as long, measured likewise. BRIN knows no single rows, so that
// all of them are looked at again.
const (
	validationOfBrin   = 4.5
	validationOfOthers = 0.3
)

// whole is the time left of all phases, by the time left of this one; 0 where that is not known. took is for how many seconds the phase was seen.
func whole(method, phase string, left time.Duration, took float64) time.Duration {
	all := float64(left + seconds(took)) // of this phase
	if left == 0 {
		return 0
	}
	if phase == "building index" {
		return left + time.Duration(all*either(method == "brin", validationOfBrin, validationOfOthers))
	}
	after, share := 0.0, 0.0
	for _, p := range phaseShares {
		switch {
		case p.phase == phase:
			share = p.share
		case share > 0:
			after += p.share
		}
	}
	if share == 0 {
		return 0
	}
	return left + time.Duration(all*after/share)
}
