package playbooks

import (
	"fmt"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

// KeepPlan puts a plan on record, and the fact that it was taken on the timeline.
func KeepPlan(rec Recorder, p *plan.Plan) (record.Event, error) {
	id, err := rec.AddPlan(p)
	if err != nil {
		return record.Event{}, fmt.Errorf("recording the plan: %w", err)
	}
	return rec.AddEvent(record.Event{
		Kind: record.Observed, At: p.Origin.TakenAt, Basis: record.ServerClock, Source: "explain",
		Title: planTitle(p), Data: map[string]string{"queryid": fmt.Sprint(p.Origin.QueryID)}, Evidence: []string{id},
	})
}

func planTitle(p *plan.Plan) string {
	title := fmt.Sprintf("plan taken: %s, %s", p.Origin.Class, p.Hottest().Type)
	if p.Origin.Pattern != "" && p.Origin.Pattern != string(p.Origin.Class) {
		title = fmt.Sprintf("plan taken for %s: %s", p.Origin.Pattern, p.Hottest().Type)
	}
	if rows, ok := p.RowsRead(); ok {
		return fmt.Sprintf("%s, %.0f rows read", title, rows)
	}
	return title + " (estimated)"
}
