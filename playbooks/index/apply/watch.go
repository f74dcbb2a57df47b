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
	if at == nothingSent || at >= len(w.steps) {
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
	if p.LeftAll == 0 || w.steps[at].expected == 0 {
		p.LeftAll = 0
		return
	}
	slower := float64(w.meter.worked()+p.LeftAll) / float64(w.steps[at].expected) // than was estimated for an idle server
	for _, s := range w.steps[at+1:] {
		if s.kind == stepCreate && s.expected == 0 {
			p.LeftAll = 0
			return
		}
		p.LeftAll += time.Duration(float64(s.expected) * slower)
	}
}

// watch looks at the session of pid, which runs the step.
func (m *meter) watch(ctx context.Context, ask *live.Asker, pid int32, s Step) (playbooks.Progress, error) {
	if m.step != s.SQL {
		m.next(s.SQL)
	}
	if s.brief() {
		return m.watchBrief(ctx, ask, pid, s)
	}
	return m.look(ctx, ask, pid, s)
}

// look looks once.
func (m *meter) look(ctx context.Context, ask *live.Asker, pid int32, s Step) (playbooks.Progress, error) {
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
		return waitsForTable
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
	p.LeftAll = m.whole(method, p, b.at)
	return p
}
