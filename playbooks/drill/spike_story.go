package drill

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// How long the spike may take to come, and one plan to be taken.
const (
	spikeWait   = 60 * time.Second
	planTimeout = 30 * time.Second
)

// steps implements plot.
func (p *spike) steps(s *story) []func(context.Context) error {
	hold := func(context.Context) error { return nil }
	if p.hold {
		hold = s.holdTheLine
	}
	return []func(context.Context) error{
		s.seeBaseline, s.planBefore, s.seeSpike, s.findStatement, hold, s.noteRoom, s.draftIndex, s.buildIndex, s.letGo, s.tellRoom, s.seeRecovery, s.planAfter,
		s.checkFigures,
	}
}

// planBefore takes the plans of the three patterns while the load is calm.
func (s *story) planBefore(ctx context.Context) (err error) {
	s.before, err = s.planPatterns(ctx, "before the index")
	return err
}

func (s *story) seeSpike(ctx context.Context) error {
	close(s.mayBegin)
	peak := func() int { return s.window.Assessment().Peak }
	if err := s.until(ctx, spikeWait, fmt.Sprintf("%d connections", leastPeak), func() bool { return peak() >= leastPeak }); err != nil {
		return fmt.Errorf("%w; the most were %d", err, peak())
	}
	a, last := s.window.Assessment(), s.window.Last()
	s.tell.step(fmt.Sprintf("spike: %d connections of %d since %s UTC, baseline %.0f",
		peak(), last.Ceiling.Application(), a.Onset.UTC().Format(time.TimeOnly), a.Baseline.Median))
	return nil
}

// findStatement asks the index playbook what it sees: its first finding must be the lookup.
func (s *story) findStatement(context.Context) error {
	if !s.find("index") {
		return errors.New("the index playbook found no statement that explains the connections")
	}
	s.tell.step("statement: " + s.finding.Title)
	return s.keepFinding(map[string]string{"queryid": fmt.Sprint(s.finding.Statement.QueryID)})
}

func (s *story) draftIndex(ctx context.Context) error {
	if err := s.draftTreatment(ctx); err != nil {
		return err
	}
	if s.draft.Before == nil {
		return errors.New("the draft has no plan of the statement")
	}
	s.tell.step(fmt.Sprintf("plan: %s", describe(s.draft.Before)))
	s.tell.step("draft: " + strings.Join(s.draft.SQL, "; "))
	return checkDraft(s.draft.SQL)
}

// buildIndex confirms with the word that a person would type.
func (s *story) buildIndex(ctx context.Context) error {
	if err := s.carryOut(ctx, "building"); err != nil {
		return fmt.Errorf("building the index: %w", err)
	}
	if s.outcome.State != playbooks.Applied {
		return fmt.Errorf("the index was not built: %s: %w; %s", s.outcome.State, s.outcome.Err, s.outcome.Next)
	}
	s.tell.step(fmt.Sprintf("built: %s in %.1f s under the running load", s.draft.Word, s.outcome.Ended.Sub(s.outcome.Started).Seconds()))
	s.tellVerified()
	return nil
}

func (s *story) seeRecovery(ctx context.Context) error {
	recovered := func() bool { return !s.window.Assessment().InIncident() }
	if err := s.until(ctx, recoveryWait, "the connections to recover", recovered); err != nil {
		return err
	}
	a := s.window.Assessment()
	if err := checkRemedy(a.Recovered, s.outcome.Ended); err != nil {
		return err
	}
	s.tell.step(fmt.Sprintf("recovered: %d connections, back since %s UTC, %.1f s after the index was there",
		s.window.Last().Counts().Total, a.Recovered.UTC().Format(time.TimeOnly), a.Recovered.Sub(s.outcome.Ended).Seconds()))
	return nil
}

// planAfter takes the plans of the same patterns again; the load is calm again too.
func (s *story) planAfter(ctx context.Context) (err error) {
	s.after, err = s.planPatterns(ctx, "after the index")
	return err
}

// planPatterns takes EXPLAIN ANALYZE of the lookup for each pattern, puts it on record and returns the plans by the pattern's name.
func (s *story) planPatterns(ctx context.Context, when string) (map[string]*plan.Plan, error) {
	plans := map[string]*plan.Plan{}
	for _, pattern := range s.drill.Patterns() {
		question := explain.Question{
			Statement: s.drill.Lookup(), QueryID: s.lookupID(), Class: plan.Given, Values: explain.Values(pattern.Values),
			Pattern: pattern.Name, Analyze: true, Timeout: planTimeout,
		}
		err := s.during(ctx, func() (err error) {
			plans[pattern.Name], err = s.server.Ask().Explain(ctx, question)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("taking the plan for %s: %w", pattern.Name, err)
		}
		p := plans[pattern.Name]
		if _, err := playbooks.KeepPlan(s.rec, p); err != nil {
			return nil, err
		}
		s.tell.step(fmt.Sprintf("plan %s, %s: %s", when, pattern.Name, describe(p)))
	}
	return plans, nil
}

// lookupID finds the lookup among the statements seen.
func (s *story) lookupID() int64 {
	for _, row := range s.window.Statements() {
		if strings.Contains(row.Text, "completed_at IS NULL") {
			return row.QueryID
		}
	}
	return 0
}

// describe says in one line what a plan does.
func describe(p *plan.Plan) string {
	line := fmt.Sprintf("%s, %s", p.Origin.Class, p.Hottest().Type)
	if rows, ok := p.RowsRead(); ok {
		return fmt.Sprintf("%s, %.0f rows read, %.1f ms", line, rows, float64(p.ExecutionTime.Microseconds())/1000)
	}
	return fmt.Sprintf("%s, cost %.0f (estimated)", line, p.Root.TotalCost)
}
