package statistics

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/probes/storage"
)

// work analyses tables, one statement each. It implements playbooks.Building.
type work struct {
	question explain.Question
	before   *plan.Plan
	tables   []table

	was  map[uint32]times // at the last preflight
	at   atomic.Int32     // position of the table at work, from 1; 0: none yet
	took []time.Duration  // of the tables that have ended, local clock
	open bool             // the server may have done one table more: its ANALYZE was sent, and not answered by that it has ended well
	lost bool             // nor by an error
}

// times is when the statistics of a table were gathered, and of how many rows.
type times struct {
	schema, name, kind string
	last               *time.Time // by a person's or a program's ANALYZE, of the time before also by autovacuum; nil: never, or not known
	auto               *time.Time // by autovacuum
	rows               float64    // pg_class.reltuples
	changed            float64
}

// newer says whether a time of gathering is later than what was there.
func newer(is, was *time.Time) bool { return is != nil && (was == nil || is.After(*was)) }

// readTimes reads them of tables; one that is gone is not among them. version is server_version_num.
func readTimes(ctx context.Context, tx pgx.Tx, oids []uint32) (found map[uint32]times, version int, err error) {
	rows, err := tx.Query(ctx, query("statistics_times"), oids)
	if err != nil {
		return nil, 0, err
	}
	found = map[uint32]times{}
	var oid uint32
	var t times
	_, err = pgx.ForEachRow(rows, []any{&oid, &t.schema, &t.name, &t.kind, &t.last, &t.auto, &t.rows, &t.changed, &version}, func() error {
		found[oid] = t
		return nil
	})
	return found, version, err
}

func (w *work) oids() []uint32 {
	var oids []uint32
	for _, t := range w.tables {
		oids = append(oids, t.oid)
	}
	return oids
}

// Preflight implements playbooks.Work.
func (w *work) Preflight(ctx context.Context, ask *live.Asker) ([]playbooks.Check, error) {
	var names []storage.Name
	for _, t := range w.tables {
		names = append(names, storage.Name{Schema: t.schema, Relation: t.name})
	}
	all, err := readTables(ctx, ask, names)
	if err != nil {
		return nil, err
	}
	now := map[uint32]table{}
	for _, t := range all {
		now[t.oid] = t
	}
	var checks []playbooks.Check
	w.was = map[uint32]times{}
	for _, t := range w.tables {
		n, there := now[t.oid]
		checks = append(checks, t.checks(n, there)...)
		w.was[t.oid] = times{schema: n.schema, name: n.name, last: n.last, rows: n.rows, changed: n.changed}
	}
	more, err := w.others(ctx, ask)
	return append(checks, more...), err
}

// checks judge a table by how it is now.
func (t table) checks(now table, there bool) []playbooks.Check {
	if !there || now.schema != t.schema || now.name != t.name {
		return []playbooks.Check{{Verdict: playbooks.Refuse, Name: "table", Saw: t.String() + " is gone, or another table has its name", Do: "draft again"}}
	}
	rights := playbooks.Check{Name: "rights", Saw: "this role may ANALYZE " + t.String()}
	if !now.may {
		rights = playbooks.Check{Verdict: playbooks.Refuse, Name: "rights", Saw: "this role may not ANALYZE " + t.String() +
			": the server would leave it out with a warning",
			Do: "connect as " + sqltext.CleanLine(t.owner) + ", as the database's owner or, from 17 on, with GRANT MAINTAIN or pg_maintain"}
	}
	checks := []playbooks.Check{rights}
	if newer(now.last, t.last) {
		checks = append(checks, playbooks.Check{Verdict: playbooks.Caution, Name: "statistics", Saw: t.String() + " was analysed since this was drafted",
			Do: "draft again: it may be done"})
	}
	return checks
}

// Apply implements playbooks.Building.
func (w *work) Apply(ctx context.Context, session *live.BuildSession) error {
	w.at.Store(0)
	w.took, w.open, w.lost = nil, false, false // of an earlier run of the same draft
	for i, t := range w.tables {
		w.at.Store(int32(i + 1))
		if err := t.recheck(ctx, session); err != nil {
			return err
		}
		began := time.Now()
		if err := session.Exec(ctx, t.sql()); err != nil {
			w.open, w.lost = mayHaveRun(err), isLost(err)
			return fmt.Errorf("ANALYZE of %s: %w", t, err)
		}
		w.took = append(w.took, time.Since(began))
	}
	return nil
}

// mayHaveRun says whether an ANALYZE that ended so may have been done all the same: not where it was never sent, or refused for the role or the
// table.
func mayHaveRun(err error) bool {
	state := pgerr.State(err)
	return !errors.Is(err, live.ErrStopped) && state != "42501" && state != "42P01"
}

// isLost says whether an ANALYZE that ended so may go on in the server, or have ended there.
func isLost(err error) bool {
	state := pgerr.State(err)
	return mayHaveRun(err) && (state == "" || strings.HasPrefix(state, "08") || strings.HasPrefix(state, "57P"))
}

// recheck reads whether the table's name is still that of the table that was shown. Its errors are no reply to the ANALYZE, however the reading
// ended.
func (t table) recheck(ctx context.Context, session *live.BuildSession) error {
	var found map[uint32]times
	err := session.Read(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		found, _, err = readTimes(ctx, tx, []uint32{t.oid})
		return err
	})
	now, there := found[t.oid]
	switch {
	case errors.Is(err, live.ErrStopped):
		return err
	case err != nil:
		err = errors.New(pgerr.Reason(err))
	case !there || now.schema != t.schema || now.name != t.name:
		err = errors.New("it is gone, or another table has its name; draft again")
	default:
		return nil
	}
	return &playbooks.NotSent{What: "ANALYZE of " + t.String() + " was not sent", Err: err}
}
