package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/catalogue"
	"github.com/pgmedic/pgmedic/playbooks/report"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/watch"
)

// SampleInterval is the time between samples in a drill: short, so that the baseline's 60 samples take 9 seconds.
const SampleInterval = 150 * time.Millisecond

// How long a step of the story may take before it counts as not happened.
const (
	baselineWait = 60 * time.Second
	spikeWait    = 60 * time.Second
	recoveryWait = 3 * time.Minute
	planTimeout  = 30 * time.Second
)

// Auto plays the whole story without a terminal and writes each step with its figure to out, at last the paths of the incident file and of
// the report, and how to reach a server that is kept. It confirms on its own only because the server is its own. It fails when a step did not happen
// or its figures do not show it.
func Auto(ctx context.Context, opts Options, out io.Writer) (err error) {
	tell := newTeller(out)
	d, err := Start(ctx, opts, tell.step, func(float64) {})
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, d.Stop())
		fmt.Fprint(out, d.Kept())
	}()
	server, err := live.New(live.Config{DSN: d.DSN(), Interval: SampleInterval})
	if err != nil {
		return err
	}
	defer server.Close()
	rec, err := record.Create(record.Folder(), databaseName, time.Now())
	if err != nil {
		return err
	}
	s := &story{drill: d, server: server, rec: rec, tell: tell, window: probes.NewWindow(probes.StatementSpan), mayRise: make(chan struct{})}
	if err := s.play(ctx); err != nil {
		return errors.Join(fmt.Errorf("the drill stopped: %w\nincident: %s", err, rec.Path()), rec.Close())
	}
	return s.finish()
}

// errSamplesEnded is why a step stops when there are no more samples.
var errSamplesEnded = errors.New("there are no more samples")

// story is the drill's plot, one step after the other.
type story struct {
	drill   *Drill
	server  *live.Server
	rec     *record.File
	tell    *teller
	window  *probes.Window
	updates <-chan watch.Update
	mayRise chan struct{} // closed when the spike may begin

	book    playbooks.Playbook
	finding playbooks.Finding
	draft   *playbooks.Draft
	outcome playbooks.Outcome
	before  map[string]*plan.Plan // by pattern
	after   map[string]*plan.Plan
}

// play goes through the steps; the samples stop with it.
func (s *story) play(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	s.updates = s.drill.Direct(ctx, watch.Follow(ctx, s.server, s.rec), s.rec, s.mayRise)
	defer func() {
		stop()
		for range s.updates { // the last sample is on record when the channel closes
		}
	}()
	steps := []func(context.Context) error{
		s.seeBaseline, s.planBefore, s.seeSpike, s.findStatement, s.draftIndex, s.buildIndex, s.seeRecovery, s.planAfter, s.checkFigures,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) seeBaseline(ctx context.Context) error {
	if err := s.until(ctx, baselineWait, "a baseline", func() bool { return s.window.Assessment().Baseline.Known() }); err != nil {
		return err
	}
	b := s.window.Assessment().Baseline
	s.tell.step(fmt.Sprintf("baseline: %.0f connections (median of %d samples), %.1f reports/s", b.Median, b.N, s.drill.CalmRate()))
	return nil
}

// planBefore takes the plans of the three patterns while the load is calm.
func (s *story) planBefore(ctx context.Context) (err error) {
	s.before, err = s.planPatterns(ctx, "before the index")
	return err
}

func (s *story) seeSpike(ctx context.Context) error {
	close(s.mayRise)
	peak := func() int { return s.window.Assessment().Peak }
	if err := s.until(ctx, spikeWait, fmt.Sprintf("%d connections", leastPeak), func() bool { return peak() >= leastPeak }); err != nil {
		return fmt.Errorf("%w; the most were %d", err, peak())
	}
	a, last := s.window.Assessment(), s.window.Last()
	s.tell.step(fmt.Sprintf("spike: %d connections of %d since %s UTC, baseline %.0f",
		peak(), last.Ceiling.Application(), a.Onset.UTC().Format(time.TimeOnly), a.Baseline.Median))
	return nil
}

// findStatement asks the playbooks what they see; the first finding that one of them treats must be the lookup.
func (s *story) findStatement(context.Context) error {
	for _, book := range catalogue.All() {
		for _, f := range book.Diagnose(s.window) {
			if f.Playbook == "" {
				continue
			}
			s.book, s.finding = book, f
			s.tell.step("statement: " + f.Title)
			return s.keep(record.Event{
				Kind: record.Observed, Source: "playbook " + f.Playbook, Title: f.Title, Data: map[string]string{"queryid": fmt.Sprint(f.Statement.QueryID)},
			})
		}
	}
	return errors.New("no playbook found a statement that explains the connections")
}

func (s *story) draftIndex(ctx context.Context) error {
	err := s.during(ctx, func() (err error) {
		s.draft, err = s.book.Draft(ctx, s.server.Ask(), s.finding)
		return err
	})
	if err != nil {
		return fmt.Errorf("drafting: %w", err)
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
	engine := playbooks.NewEngine(s.server, s.rec, time.Now)
	err := s.during(ctx, func() error {
		prepared, err := engine.Prepare(ctx, s.draft)
		if err != nil {
			return err
		}
		for _, check := range prepared.Checks {
			if check.Verdict != playbooks.Pass {
				s.tell.step(fmt.Sprintf("preflight: %s: %s", check.Name, check.Saw))
			}
		}
		run, err := prepared.Confirm(s.draft.Word)
		if err != nil {
			return err
		}
		s.tellProgress(run)
		s.outcome = run.Outcome()
		return nil
	})
	if err != nil {
		return fmt.Errorf("building the index: %w", err)
	}
	if s.outcome.State != playbooks.Applied {
		return fmt.Errorf("the index was not built: %s: %w; %s", s.outcome.State, s.outcome.Err, s.outcome.Next)
	}
	s.tell.step(fmt.Sprintf("built: %s in %.1f s under the running load", s.draft.Word, s.outcome.Ended.Sub(s.outcome.Started).Seconds()))
	for _, check := range s.outcome.Verification.Checks {
		s.tell.step(fmt.Sprintf("verified: %s: %s", check.Name, check.Saw))
	}
	for _, unknown := range s.outcome.Verification.Unknown {
		s.tell.step("not known yet: " + unknown)
	}
	return nil
}

// tellProgress says each new phase of a run until it ends, and once that it does much harm.
func (s *story) tellProgress(run *playbooks.Run) {
	phase, harmful := "", false
	for p := range run.Progress() {
		if p.Harm > playbooks.HarmLimit && !harmful {
			harmful = true
			s.tell.step(fmt.Sprintf("building: sessions blocked behind it have waited %.1f s; in the workbench c cancels", p.Harm))
		}
		if p.Phase != phase && p.Phase != "" {
			phase = p.Phase
			s.tell.step(fmt.Sprintf("building: %s, after %.1f s %s", phase, p.Elapsed.Seconds(), p.Waiting))
		}
	}
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

// finish closes the record and writes the report.
func (s *story) finish() error {
	if err := s.rec.Close(); err != nil {
		return err
	}
	folder := strings.TrimSuffix(s.rec.Path(), ".pgmedic") + "-report"
	path, err := report.Write(s.rec.Path(), folder)
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	s.tell.line("incident: " + s.rec.Path())
	s.tell.line("report: " + path)
	return nil
}

// until takes updates until the condition holds, at most for the time given.
func (s *story) until(ctx context.Context, wait time.Duration, what string, holds func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, wait, fmt.Errorf("waited %s for %s", wait, what))
	defer cancel()
	for !holds() {
		select {
		case u, more := <-s.updates:
			if !more {
				return errors.Join(errSamplesEnded, context.Cause(ctx))
			}
			if err := s.take(u); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// during takes updates while work runs.
func (s *story) during(ctx context.Context, work func() error) error {
	done := make(chan error, 1)
	go func() { done <- work() }()
	for {
		select {
		case u, more := <-s.updates:
			if !more {
				return errors.Join(errSamplesEnded, <-done)
			}
			if err := s.take(u); err != nil {
				return errors.Join(err, <-done)
			}
		case err := <-done:
			return err
		}
	}
}

func (s *story) take(u watch.Update) error {
	if u.Failed != nil {
		return u.Failed
	}
	if u.RecordErr != nil {
		return fmt.Errorf("recording: %w", u.RecordErr)
	}
	if u.Tick.Sample != nil {
		s.window.Add(u.Tick.Sample, u.Assessment)
	}
	return nil
}

func (s *story) keep(e record.Event) error {
	e.At, e.Basis = s.window.Last().At, record.ServerClock
	_, err := s.rec.AddEvent(e)
	return err
}

// describe says in one line what a plan does.
func describe(p *plan.Plan) string {
	line := fmt.Sprintf("%s, %s", p.Origin.Class, p.Hottest().Type)
	if rows, ok := p.RowsRead(); ok {
		return fmt.Sprintf("%s, %.0f rows read, %.1f ms", line, rows, float64(p.ExecutionTime.Microseconds())/1000)
	}
	return fmt.Sprintf("%s, cost %.0f (estimated)", line, p.Root.TotalCost)
}

// teller writes the steps with the time since the start.
type teller struct {
	out   io.Writer
	start time.Time
}

func newTeller(out io.Writer) *teller { return &teller{out, time.Now()} }

func (t *teller) step(text string) {
	t.line(fmt.Sprintf("%6.1f s  %s", time.Since(t.start).Seconds(), strings.TrimSpace(text)))
}

func (t *teller) line(text string) { fmt.Fprintln(t.out, text) }
