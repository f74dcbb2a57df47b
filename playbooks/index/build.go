package index

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

//go:embed sql/watch_build.sql
var watchBuildSQL string

// build is the work of creating one index CONCURRENTLY. It implements playbooks.Work.
type build struct {
	definition definition
	table      uint32 // oid: the table that was shown, whatever has its name by then
	relation   string
	bytes      float64 // estimated size
	before     *plan.Plan
	question   explain.Question // asks for the same plan again
}

// Apply implements playbooks.Work.
func (b *build) Apply(ctx context.Context, session *live.BuildSession) error {
	if err := session.Exec(ctx, b.definition.createSQL()); err != nil {
		return fmt.Errorf("building %s on %s: %w", b.definition.name(), b.relation, err)
	}
	return nil
}

// Watch implements playbooks.Work. Before the build has begun and after it has ended the progress is empty.
func (b *build) Watch(ctx context.Context, ask *live.Asker, pid int32) (playbooks.Progress, error) {
	var p buildProgress
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, watchBuildSQL, pid).Scan(&p.phase, &p.blocks.done, &p.blocks.total, &p.tuples.done, &p.tuples.total,
			&p.lockers.done, &p.lockers.total, &p.locker.PID, &p.locker.Application, &p.locker.Role, &p.locker.State, &p.lockerSeconds, &p.prepared)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return playbooks.Progress{}, nil
	}
	if err != nil {
		return playbooks.Progress{}, fmt.Errorf("reading the progress of pid %d: %w", pid, err)
	}
	return p.words(), nil
}

// buildProgress is one row of pg_stat_progress_create_index, with the session it waits for.
type buildProgress struct {
	phase                   string
	blocks, tuples, lockers struct{ done, total float64 }
	locker                  session
	lockerSeconds           float64
	prepared                string // gid of the oldest prepared transaction
}

// words picks the counters that move in this phase and says whom the build waits for.
func (p buildProgress) words() playbooks.Progress {
	progress := playbooks.Progress{Phase: p.phase, Done: p.blocks.done, Total: p.blocks.total, Unit: "blocks"}
	switch {
	case strings.HasPrefix(p.phase, "waiting"):
		progress.Done, progress.Total, progress.Unit = p.lockers.done, p.lockers.total, "lockers"
	case p.tuples.total > 0:
		progress.Done, progress.Total, progress.Unit = p.tuples.done, p.tuples.total, "tuples"
	}
	if p.locker.PID != 0 {
		p.locker.Age = time.Duration(p.lockerSeconds * float64(time.Second))
		progress.Waiting = p.locker.String()
		if p.prepared != "" {
			progress.Waiting += ", or for the prepared transaction " + sqltext.CleanLine(p.prepared)
		}
	}
	return progress
}
