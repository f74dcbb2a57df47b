package statistics

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// settle is how long the server may take to count an ANALYZE that has ended: before 15 another process counts.
const (
	settlePatience = 3 * time.Second
	settleEvery    = 100 * time.Millisecond
)

// Verify implements playbooks.Work: the tables' statistics are newer than before.
func (w *work) Verify(ctx context.Context, ask *live.Asker) (playbooks.Verification, error) {
	var v playbooks.Verification
	for began := time.Now(); ; {
		var now map[uint32]times
		var version int
		err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
			now, version, err = readTimes(ctx, tx, w.oids())
			return err
		})
		if err != nil {
			return v, fmt.Errorf("reading back when the tables were analysed: %w", err)
		}
		v = w.readBack(now, version)
		if w.isSeen(v) || time.Since(began) > settlePatience {
			break
		}
		select {
		case <-time.After(settleEvery):
		case <-ctx.Done():
			return v, ctx.Err()
		}
	}
	if v.Begun || len(v.Rows) > 0 {
		w.compare(ctx, ask, &v)
	}
	return v, nil
}

// isSeen says whether all that can have been done is read back.
func (w *work) isSeen(v playbooks.Verification) bool {
	if len(w.took) < len(w.tables) {
		return !w.lost || len(v.Rows) > 0
	}
	return v.Done
}

// readBack judges what was read.
func (w *work) readBack(now map[uint32]times, version int) playbooks.Verification {
	v := playbooks.Verification{Done: true, Before: w.before}
	for i, t := range w.tables {
		as := unsent
		switch {
		case i < len(w.took):
			as = answered
		case i == len(w.took) && w.open:
			as = unanswered
		}
		state := t.readBack(&v, w.was[t.oid], now, version, as)
		if state == playbooks.RowActed && as == answered {
			v.Checks[i].Saw += ", in " + probes.Span(w.took[i])
		}
	}
	return v
}

// reply is what is known of the server's answer to an ANALYZE.
type reply int

const (
	unsent     reply = iota // there was nothing to answer
	unanswered              // none, or an error
	answered                // it has ended well
)

// readBack says of one table whether its statistics are newer than they were, and whose doing that is, and adds that to a verification. Statistics say
// when they were gathered and not by whom: without the server's answer an ANALYZE since may be anybody's.
func (t table) readBack(v *playbooks.Verification, was times, all map[uint32]times, version int, as reply) playbooks.RowState {
	now, there := all[t.oid]
	manual := there && newer(now.last, was.last)
	uncounted := now.kind == "p" && version < 140000
	c, state := playbooks.Check{Name: t.String()}, playbooks.RowUnsent
	switch {
	case !there:
		c.Verdict, c.Saw, c.Do = playbooks.Refuse, "it is gone", "draft again"
	case manual && as == answered:
		c.Saw, state = "analysed "+on(now.last)+rowsWere(now, was), playbooks.RowActed
	case as == answered && uncounted:
		c.Saw, state = "the statement ended well; when a partitioned table was analysed is not counted before 14", playbooks.RowActed
	case as == answered:
		c.Verdict, c.Saw = playbooks.Refuse, "the statement ended without an error, and no ANALYZE of it is counted since"
		c.Do = "see the server's log for a warning: it leaves out tables that this role may not ANALYZE"
	case manual && as == unanswered:
		c.Verdict, state = playbooks.Caution, playbooks.RowUnknown
		c.Saw = "analysed " + on(now.last) + rowsWere(now, was) +
			", by this or by somebody else's ANALYZE: the server did not say that this one ended well"
		c.Do = "its statistics are new, whoever gathered them; draft again where they are still stale"
	case as == unanswered && uncounted:
		c.Verdict, c.Do, state = playbooks.Caution, "draft again where they are still stale", playbooks.RowUnknown
		c.Saw = "when a partitioned table was analysed is not counted before 14"
	case manual:
		c.Verdict, c.Saw, c.Do = playbooks.Caution, "analysed "+on(now.last)+" by somebody else's ANALYZE, not by this",
			"draft again where they are still stale"
	case newer(now.auto, was.last):
		c.Verdict, c.Saw, c.Do = playbooks.Caution, "renewed by autovacuum "+on(now.auto)+", not by this", "draft again where they are still stale"
	default:
		c.Verdict, c.Saw, c.Do = playbooks.Refuse, "its statistics are as old as before", "draft again where they are still stale"
	}
	v.Checks = append(v.Checks, c)
	v.Done, v.Begun = v.Done && state == playbooks.RowActed, v.Begun || state == playbooks.RowActed
	if state == playbooks.RowUnknown {
		v.Rows = append(v.Rows, playbooks.Row{Name: t.String(), What: "ANALYZE", State: state, Saw: c.Saw})
	}
	return state
}

func on(t *time.Time) string { return "on " + t.UTC().Format("2006-01-02 15:04:05 UTC") }

// rowsWere says how many rows a table was seen to have, where that changed; empty: it did not.
func rowsWere(now, was times) string {
	if now.rows == was.rows {
		return ""
	}
	return fmt.Sprintf(": %.0f rows, which were %.0f", max(now.rows, 0), max(was.rows, 0))
}

// compare takes the plan again, with the new statistics.
func (w *work) compare(ctx context.Context, ask *live.Asker, v *playbooks.Verification) {
	v.Unknown = append(v.Unknown, "whether the statement is faster: look at its time a call, as soon as it was planned anew")
	after, err := ask.Explain(ctx, w.question)
	if err != nil {
		v.Unknown = append(v.Unknown, "its plan with the new statistics, as it could not be taken: "+pgerr.Reason(err))
		return
	}
	v.After = after
	saw := "the plan is as before"
	if was, is := shapeOf(w.before), shapeOf(after); was != is {
		saw = "another plan: " + is + ", which was " + was
	}
	v.Checks = append(v.Checks, playbooks.Check{Name: "plan",
		Saw: fmt.Sprintf("%s; rows expected %.0f → %.0f, cost %.4g → %.4g, by the planner", saw, expected(w.before), expected(after),
			w.before.Root.TotalCost, after.Root.TotalCost)})
}

// expected is the largest number of rows that the planner expects of a table that it reads.
func expected(p *plan.Plan) float64 {
	most := 0.0
	p.Walk(func(n *plan.Node, _ int) {
		if n.Relation != "" {
			most = max(most, n.PlanRows)
		}
	})
	return most
}

// mostNodes is how many nodes of a plan are named.
const mostNodes = 6

// shapeOf names how a plan reads its tables, from above.
func shapeOf(p *plan.Plan) string {
	words, n := "", 0
	p.Walk(func(node *plan.Node, _ int) {
		if node.Relation == "" {
			return
		}
		if n++; n > mostNodes {
			return
		}
		if words != "" {
			words += ", "
		}
		words += node.Type + " on " + sqltext.CleanLine(node.Relation)
		if node.Index != "" {
			words += " by " + sqltext.CleanLine(node.Index)
		}
	})
	if n > mostNodes {
		words += fmt.Sprintf(" and %d more", n-mostNodes)
	}
	return words
}
