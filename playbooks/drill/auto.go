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
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/watch"
)

// SampleInterval is the time between samples in a drill: short, so that the baseline's 60 samples take 9 seconds, and about 10 more until they count as calm.
const SampleInterval = 150 * time.Millisecond

// How long a step of the story may take before it counts as not happened.
const (
	baselineWait = 60 * time.Second
	recoveryWait = 3 * time.Minute
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
	s := &story{drill: d, server: server, rec: rec, tell: tell, window: probes.NewWindow(probes.StatementSpan), mayBegin: make(chan struct{})}
	if err := s.play(ctx); err != nil {
		return errors.Join(fmt.Errorf("the drill stopped: %w\nincident: %s", err, rec.Path()), rec.Close())
	}
	return s.finish()
}

// errSamplesEnded is why a step stops when there are no more samples.
var errSamplesEnded = errors.New("there are no more samples")

// story is the drill's plot, one step after the other.
type story struct {
	drill    *Drill
	server   *live.Server
	rec      *record.File
	tell     *teller
	window   *probes.Window
	updates  <-chan watch.Update
	events   []record.Event // that came with them
	mayBegin chan struct{}  // closed when what goes wrong may begin

	book    playbooks.Playbook
	finding playbooks.Finding
	draft   *playbooks.Draft
	outcome playbooks.Outcome
	before  map[string]*plan.Plan // by pattern
	after   map[string]*plan.Plan

	held     *playbooks.Run // the hold of the line; nil: it is not held
	roomFrom time.Time      // server clock, from when the free slots are counted
}

// play goes through the steps; the samples stop with it.
func (s *story) play(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	s.updates = s.drill.Direct(ctx, watch.Follow(ctx, s.server, s.rec), s.rec, s.mayBegin)
	defer func() {
		s.endHold()
		stop()
		for range s.updates { // the last sample is on record when the channel closes
		}
	}()
	for _, step := range s.drill.plot.steps(s) {
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

// find takes the first finding that a playbook treats; false: there is none.
func (s *story) find(playbook string) bool {
	for _, book := range catalogue.All() {
		for _, f := range book.Diagnose(s.window) {
			if f.Playbook == playbook {
				s.book, s.finding = book, f
				return true
			}
		}
	}
	return false
}

// keepFinding puts the finding on record.
func (s *story) keepFinding(data map[string]string) error {
	return s.keep(record.Event{Kind: record.Observed, Source: "playbook " + s.finding.Playbook, Title: s.finding.Title, Data: data})
}

// draftTreatment drafts what the finding's playbook proposes.
func (s *story) draftTreatment(ctx context.Context) error {
	err := s.during(ctx, func() (err error) {
		s.draft, err = s.book.Draft(ctx, s.server.Ask(), s.finding)
		return err
	})
	if err != nil {
		return fmt.Errorf("drafting: %w", err)
	}
	return nil
}

// carryOut confirms the draft with the word that a person would type, and waits for the outcome; doing says what goes on until then.
func (s *story) carryOut(ctx context.Context, doing string) error {
	engine := playbooks.NewEngine(s.server, s.rec, time.Now)
	return s.during(ctx, func() error {
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
		s.tellProgress(run, doing)
		s.outcome = run.Outcome()
		return nil
	})
}

// tellProgress says each new phase of a run until it ends, and once that it does much harm.
func (s *story) tellProgress(run *playbooks.Run, doing string) {
	phase, harmful := "", false
	for p := range run.Progress() {
		if p.Harm > playbooks.HarmLimit && !harmful {
			harmful = true
			s.tell.step(fmt.Sprintf("%s: sessions blocked behind it have waited %.1f s; in the workbench c cancels", doing, p.Harm))
		}
		if p.Phase != phase && p.Phase != "" {
			phase = p.Phase
			s.tell.step(fmt.Sprintf("%s: %s, after %.1f s %s", doing, phase, p.Elapsed.Seconds(), p.Waiting))
		}
	}
}

// tellVerified says what was read back of the outcome.
func (s *story) tellVerified() {
	for _, check := range s.outcome.Verification.Checks {
		s.tell.step(fmt.Sprintf("verified: %s: %s", check.Name, check.Saw))
	}
	for _, unknown := range s.outcome.Verification.Unknown {
		s.tell.step("not known yet: " + unknown)
	}
}

// finish closes the record and writes the report.
func (s *story) finish() error {
	if err := s.rec.Close(); err != nil {
		return err
	}
	folder := strings.TrimSuffix(s.rec.Path(), ".pgmedic") + "-report"
	written, err := report.Write(s.rec.Path(), folder)
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	s.tell.line("incident: " + s.rec.Path())
	s.tell.line("report: " + written.Path)
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
	s.events = append(s.events, u.Events...)
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
