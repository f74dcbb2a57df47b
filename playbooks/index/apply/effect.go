package apply

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/figure"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sampler"
)

// The new index's first use is waited for as long as usePatience, and only for idlePatience where no call of the statement ends: the server's counters come up to a
// second late.
const (
	usePatience  = 5 * time.Second
	idlePatience = 2 * time.Second
	useEvery     = 500 * time.Millisecond
)

// calls is what pg_stat_statements has counted of the statement.
type calls struct {
	n     int64
	took  time.Duration // of all together
	known bool
}

// since is what was counted after an earlier reading; not known where either is not, or the counters were reset.
func (c calls) since(earlier calls) calls {
	d := calls{n: c.n - earlier.n, took: c.took - earlier.took, known: c.known && earlier.known}
	d.known = d.known && d.n >= 0 && d.took >= 0
	return d
}

// mean is that of enough calls.
func (c calls) mean() (time.Duration, bool) {
	if !c.known || c.n < probes.BaseMinimumCalls {
		return 0, false
	}
	return c.took / time.Duration(c.n), true
}

// readCalls reads the statement's counters. Where that cannot be done they are not known: nothing depends on them but words.
func (w *work) readCalls(ctx context.Context, ask *live.Asker) calls {
	var c calls
	before := w.order.Before
	if before == nil || before.Origin.QueryID == 0 {
		return c
	}
	milliseconds := 0.0
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		e, err := sampler.FindExtension(ctx, tx.Conn())
		if err != nil {
			return err
		}
		return tx.QueryRow(ctx, query("build_calls", "{schema}", e.Schema), before.Origin.QueryID).Scan(&c.n, &milliseconds)
	})
	c.took, c.known = time.Duration(milliseconds*float64(time.Millisecond)), err == nil
	return c
}

// effect is what the server counted after the build.
type effect struct {
	uses   int64  // scans of the indexes that were made
	why    string // they are not known; empty: they are
	looked time.Duration
	calls  calls // of the statement, meanwhile
}

// await looks for the first use of the new indexes. Our own look at the plan comes afterwards: it would count as a use.
func (w *work) await(ctx context.Context, ask *live.Asker, states []state) effect {
	var oids []uint32
	for i, s := range states {
		if s.kind == "i" && !w.parts[i].there {
			oids = append(oids, s.oid)
		}
	}
	var e effect
	var began, at time.Time // server clock
	counted := false
	first := w.readCalls(ctx, ask)
	for {
		err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
			return tx.QueryRow(ctx, query("build_use"), oids).Scan(&e.uses, &counted, &at)
		})
		switch {
		case err != nil:
			e.why = pgerr.Reason(err)
		case !counted:
			e.why = "the server does not count it, track_counts is off"
		}
		if began.IsZero() {
			began = at
		}
		e.calls, e.looked = w.readCalls(ctx, ask).since(first), at.Sub(began)
		idle := e.calls.known && e.calls.n == 0 && e.looked >= idlePatience
		_, enough := e.calls.mean()
		switch {
		case w.order.Before == nil, e.why != "", idle, e.looked >= usePatience, e.uses > 0 && (enough || !e.calls.known):
			return e
		}
		select {
		case <-time.After(useEvery):
		case <-ctx.Done():
			return e
		}
	}
}

// prove says what shows that the index helps, and what is not known yet. Helped: the plan uses it, and fewer rows were read or the server counted its use.
func (w *work) prove(v *playbooks.Verification, e effect) {
	unknown := func(words string) { v.Unknown = append(v.Unknown, words) }
	switch {
	case e.why != "":
		unknown("the index's use: " + e.why)
	case e.uses > 0:
		v.Checks = append(v.Checks, pass("use", fmt.Sprintf("scanned %s since it was built", several(int(e.uses), "time", "times"))))
	default:
		unknown(fmt.Sprintf("the index's use: not used yet, in the %s after the build", e.looked.Round(100*time.Millisecond)))
	}
	w.compareMeans(v, e)
	if v.After == nil {
		unknown("the plan: not taken again")
	} else if check, ok := buffersCheck(w.order.Before, v.After); ok {
		v.Checks = append(v.Checks, check)
	}
	if !has(v.Checks, "rows read") {
		unknown("rows read: not measured, as the statement was not run before and after (EXPLAIN ANALYZE)")
	}
	unknown("connections and the other statements: the next minutes show them")
	v.Helped = passes(v.Checks, "plan") && (passes(v.Checks, "rows read") || e.uses > 0)
}

// compareMeans compares the statement's mean between the two preflights with that after the build. What began before the index counts among the latter too, so that
// only a fall says something.
func (w *work) compareMeans(v *playbooks.Verification, e effect) {
	if w.order.Before == nil {
		return
	}
	before := w.called[1].since(w.called[0])
	was, ok := before.mean()
	is, again := e.calls.mean()
	switch {
	case !before.known || !e.calls.known:
		v.Unknown = append(v.Unknown, "the statement's mean: pg_stat_statements does not tell it here")
	case !ok || !again:
		v.Unknown = append(v.Unknown, fmt.Sprintf("the statement's mean: %d calls ended between preflight and confirmation, %d after the build; %d are needed of each",
			before.n, e.calls.n, probes.BaseMinimumCalls))
	case is > time.Duration(halving*float64(was)):
		v.Unknown = append(v.Unknown, fmt.Sprintf("the statement's mean: %s before, %s just after, where calls that began before count too", short(was), short(is)))
	default:
		v.Checks = append(v.Checks, pass("mean", fmt.Sprintf("%s → %s, of %d and %d calls", short(was), short(is), before.n, e.calls.n)))
	}
}

func short(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }

// buffersCheck compares the blocks touched; false where either plan was not analysed.
func buffersCheck(before, after *plan.Plan) (playbooks.Check, bool) {
	if before == nil || !before.Origin.Analyzed || !after.Origin.Analyzed {
		return playbooks.Check{}, false
	}
	was, is := before.Root.BlocksHit+before.Root.BlocksRead, after.Root.BlocksHit+after.Root.BlocksRead
	return caution(is > was, "buffers", fmt.Sprintf("%s → %s blocks (EXPLAIN ANALYZE)", figure.Count(float64(was)), figure.Count(float64(is))), "compare the plans"), true
}

func has(checks []playbooks.Check, name string) bool {
	return slices.ContainsFunc(checks, func(c playbooks.Check) bool { return c.Name == name })
}

// passes says whether there is a check of this name, and all of them pass.
func passes(checks []playbooks.Check, name string) bool {
	return has(checks, name) && !slices.ContainsFunc(checks, func(c playbooks.Check) bool { return c.Name == name && c.Verdict != playbooks.Pass })
}
