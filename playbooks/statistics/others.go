package statistics

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/session"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
)

// other is somebody's lock on one of the tables, held or waited for.
type other struct {
	table      uint32
	mode       string
	granted    bool
	who        probes.Backend // PID 0: a prepared transaction
	at         time.Time      // server clock
	runs       string         // VACUUM, ANALYZE or CREATE INDEX; empty: none of them
	wraparound bool           // a VACUUM that nothing cancels
}

// String says who it is and what it does.
func (o other) String() string {
	switch {
	case o.who.PID == 0:
		return "a prepared transaction"
	case o.who.Type == "autovacuum worker":
		return fmt.Sprintf("autovacuum (pid %d)", o.who.PID)
	}
	return fmt.Sprintf("pid %d (%s)", o.who.PID, session.Describe(o.who, o.at, ""))
}

// stands says whether ANALYZE waits for this lock, and this lock for ANALYZE (manual, "Table-Level Locks": SHARE UPDATE EXCLUSIVE).
func (o other) stands() bool {
	return slices.Contains([]string{"ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"}, o.mode)
}

// backend is what is scanned of a session, and its times, which a role may not see.
type backend struct {
	probes.Backend
	change, xact, began *time.Time
}

func (b *backend) into() []any {
	return []any{&b.PID, &b.Type, &b.Application, &b.User, &b.Client, &b.State, &b.change, &b.xact, &b.began}
}

func (b *backend) done() probes.Backend {
	s := b.Backend
	s.StateChange, s.XactStart, s.QueryStart = known(b.change), known(b.xact), known(b.began)
	return s
}

func known(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// readOthers reads who has locks on the tables or waits for them, but for session own.
func (w *work) readOthers(ctx context.Context, tx pgx.Tx, own int32) ([]other, error) {
	var oids []uint32
	for _, t := range w.tables {
		oids = append(append(oids, t.oid), t.parts...)
	}
	rows, err := tx.Query(ctx, query("statistics_work"), oids, own)
	if err != nil {
		return nil, err
	}
	var all []other
	var o other
	var b backend
	into := append(append([]any{&o.table, &o.mode, &o.granted}, b.into()...), &o.at, &o.runs, &o.wraparound)
	_, err = pgx.ForEachRow(rows, into, func() error {
		o.who = b.done()
		all = append(all, o)
		return nil
	})
	return all, err
}

// others judges who is at work on the tables.
func (w *work) others(ctx context.Context, ask *live.Asker) ([]playbooks.Check, error) {
	var all []other
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		all, err = w.readOthers(ctx, tx, 0)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking who is at work on the tables: %w", err)
	}
	users := map[int32]bool{}
	var checks []playbooks.Check
	told := map[int32]bool{}
	for _, o := range all {
		if o.granted && !o.stands() {
			users[o.who.PID] = true
		}
		if c, speaks := o.check(); speaks && !told[o.who.PID] {
			told[o.who.PID] = true
			checks = append(checks, c)
		}
	}
	if len(checks) == 0 {
		checks = append(checks, playbooks.Check{Name: "others at work", Saw: "no VACUUM, ANALYZE, index build or DDL on it"})
	}
	return append(checks, playbooks.Check{Name: "in use", Saw: probes.Counted(len(users), "session reads or writes it now: its",
		"sessions read or write it now: their") + " next plans may be others"}), nil
}

// check judges one of the others; false: nothing is to be said.
func (o other) check() (c playbooks.Check, speaks bool) {
	c.Name = "others at work"
	switch {
	case !o.stands():
		return c, false
	case o.granted && o.runs == "ANALYZE":
		c.Verdict, c.Saw, c.Do = playbooks.Refuse, o.String()+" analyses it", "wait until that ends: it does the same"
	case o.granted && o.runs == "VACUUM" && o.who.Type == "autovacuum worker" && !o.wraparound:
		c.Verdict, c.Saw, c.Do = playbooks.Caution, o.String()+" vacuums it",
			"ANALYZE cancels that after deadlock_timeout, and it begins anew later; wait for it where the table is bloated"
	case o.granted && o.runs != "":
		c.Verdict, c.Saw, c.Do = playbooks.Refuse, o.String()+" runs "+o.runs+" on it", "wait until that ends: ANALYZE would wait behind it"
	case o.granted:
		c.Verdict, c.Saw, c.Do = playbooks.Caution, o.String()+" holds "+o.mode+" on it", "ANALYZE waits until that transaction ends"
	default:
		c.Verdict, c.Saw, c.Do = playbooks.Caution, o.String()+" waits for "+o.mode+" on it",
			"ANALYZE queues behind it; nobody's reads or writes queue behind ANALYZE"
	}
	return c, true
}

// Watch implements playbooks.Building.
func (w *work) Watch(ctx context.Context, ask *live.Asker, pid int32) (playbooks.Progress, error) {
	var p playbooks.Progress
	at := int(w.at.Load())
	if at == 0 {
		return p, nil
	}
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		queue := false
		if p, queue, err = readProgress(ctx, tx, pid); err == nil && queue {
			p.Behind, err = w.behind(ctx, tx, pid)
		}
		return err
	})
	if err != nil {
		return p, fmt.Errorf("reading the progress of ANALYZE in pid %d: %w", pid, err)
	}
	if len(w.tables) > 1 {
		p.Step, p.Steps, p.Doing = at, len(w.tables), "analyse "+w.tables[at-1].String()
	}
	return p, nil
}

// readProgress looks once; queue says whether anybody else waits for a table.
func readProgress(ctx context.Context, tx pgx.Tx, pid int32) (p playbooks.Progress, queue bool, err error) {
	var phase string
	var done, total float64
	var children, allChildren int
	var waits, prepared bool
	var b backend
	var now time.Time
	into := append(append([]any{&phase, &done, &total, &children, &allChildren, &waits, &prepared}, b.into()...), &now, &queue)
	err = tx.QueryRow(ctx, query("statistics_watch"), pid).Scan(into...)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return playbooks.Progress{}, false, nil
	case err != nil:
		return p, false, err
	}
	p = playbooks.Progress{Phase: "starting", Done: done, Total: total, Unit: "blocks"}
	if phase != "" {
		p.Phase = phase
	}
	if allChildren > 0 {
		p.Done, p.Total, p.Unit = float64(children), float64(allChildren), "partitions"
	}
	if !waits {
		return p, queue, nil
	}
	p.Phase, p.Waiting = "waiting for the table's lock", "a session that is not visible"
	switch {
	case prepared:
		p.Waiting = "a prepared transaction: ask who prepared it to end it"
	case b.PID != 0:
		p.Waiting = other{who: b.done(), at: now}.String() + ": wait, ask its owner, or cancel here"
	}
	return p, queue, nil
}

// behind says who waits behind the ANALYZE for the whole of a table, so that everybody else queues; empty: nobody does.
func (w *work) behind(ctx context.Context, tx pgx.Tx, pid int32) (string, error) {
	all, err := w.readOthers(ctx, tx, pid)
	if err != nil {
		return "", err
	}
	waiting := slices.DeleteFunc(all, func(o other) bool { return o.granted })
	at := slices.IndexFunc(waiting, func(o other) bool { return o.mode == "AccessExclusiveLock" })
	if at < 0 {
		return "", nil
	}
	words := []string{waiting[at].String() + " waits for the whole table behind it"}
	if len(waiting) > 1 {
		words = append(words, fmt.Sprintf("and %d behind that", len(waiting)-1))
	}
	return strings.Join(words, ", ") + "; it goes on when ANALYZE ends or is cancelled", nil
}
