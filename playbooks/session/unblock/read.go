package unblock

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// contended is how many sessions may wait for the lock table itself before it is left alone: in a storm of deadlock checks no timeout ends the
// reading of it.
const contended = 10

// readHeld reads the locks on tables that a session or a prepared transaction holds, the strongest first, and how many there are.
func readHeld(ctx context.Context, ask *live.Asker, pid int32, xid uint32) (locks []string, all int, err error) {
	err = ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query("held"), pid, xid)
		if err != nil {
			return err
		}
		var mode, schema, table string
		_, err = pgx.ForEachRow(rows, []any{&mode, &schema, &table, &all}, func() error {
			locks = append(locks, sqltext.CleanLine(mode+" on "+sqltext.Ident(schema, table)))
			return nil
		})
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("reading the locks of pid %d: %w", pid, err)
	}
	return locks, all, nil
}

// readCommand reads the command that a session runs; empty: not known.
func readCommand(ctx context.Context, ask *live.Asker, pid int32) (string, error) {
	found := ""
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, query("command"), pid).Scan(&found)
	})
	if err != nil {
		return "", fmt.Errorf("reading what pid %d runs: %w", pid, err)
	}
	return sqltext.CleanLine(found), nil
}

// waiting is how many wait for locks at one moment.
type waiting struct {
	left       int       // of those that were asked about
	longest    int32     // pid of the one of them that runs its statement longest; 0: none is left
	all        int       // clients, whoever they are
	contending int       // for the lock table itself
	at         time.Time // server clock
}

// readWaiting reads how many of the sessions still wait with the statement that they waited with.
func readWaiting(ctx context.Context, ask *live.Asker, sessions []probes.Backend) (waiting, error) {
	pids, starts, began := make([]int32, len(sessions)), make([]time.Time, len(sessions)), make([]time.Time, len(sessions))
	for i, b := range sessions {
		pids[i], starts[i], began[i] = b.PID, b.BackendStart, b.QueryStart
	}
	var w waiting
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, query("waiting"), pids, starts, began).Scan(&w.left, &w.longest, &w.all, &w.contending, &w.at)
	})
	if err != nil {
		return w, fmt.Errorf("counting who still waits: %w", err)
	}
	return w, nil
}

// mostSteps bounds how far who is in whose way is followed.
const mostSteps = 8

// nextRoot says who is in the way of a session now, at the end of the chain; empty: nobody, or it cannot be asked.
func nextRoot(ctx context.Context, ask *live.Asker, pid int32) (string, error) {
	last, seen := int32(0), map[int32]bool{pid: true}
	for range mostSteps {
		var blockers []int32
		err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
			return tx.QueryRow(ctx, query("blockers"), pid).Scan(&blockers)
		})
		if err != nil {
			return "", fmt.Errorf("asking who is in the way of pid %d: %w", pid, err)
		}
		if len(blockers) == 0 || seen[blockers[0]] {
			break
		}
		if last = blockers[0]; last == 0 {
			return "a prepared transaction", nil
		}
		pid, seen[last] = last, true
	}
	if last == 0 {
		return "", nil
	}
	name := fmt.Sprintf("pid %d", last)
	if ran, err := readCommand(ctx, ask, last); err == nil && ran != "" {
		name += " (" + ran + ")"
	}
	return name, nil
}
