package panes

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/pgmedic/pgmedic/playbooks"
)

func TestStepsShow(t *testing.T) {
	pages := seedSteps()
	for name, wants := range map[string][]string{
		"drafting": {"▶ draft", "drafting …"},
		"draft": {
			"CREATE INDEX CONCURRENTLY", "WHERE completed_at IS NULL  the statement asks for it",
			"size            40 MB (estimated from pg_stats widths)", "▲ VACUUM and DDL", "DROP INDEX",
		},
		"checks": {"✗ cannot be applied: an index of this name exists", "✓ pass", "▲ caution", "✗ refused", "→ ask jane to end the transaction"},
		"prompt": {"▶ confirm", seedIndex, "▸ reports_us", "type it in full"},
		"progress": {
			"building index: scanning table", "42 %", "84,000 of 200,000 blocks", "0:42",
			"▲ pid 4711 (psql, jane), idle in transaction since 12 min", "1.5 s",
		},
		"outcome":      {"✓ applied and verified · took 1 min 35 s", "waiting for old snapshots", "✓ pass", "the way back"},
		"before after": {"▶ before | after", "rows read 454,416 → 7 · ×64,917 fewer"},
	} {
		got := plain(pages[name], 120, 45)
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", name, want, got)
			}
		}
	}
}

func TestStepsGoAmongThoseReached(t *testing.T) {
	var s Steps
	s.Reset("index", "")
	s.Go(3)
	if s.current != StepDraft {
		t.Errorf("went to step %d before it was reached", s.current)
	}
	s.ShowDraft(seedDraft())
	s.ShowChecks(seedChecks(), "")
	if s.current != StepDraft || s.IsLast() {
		t.Errorf("on step %d, want the draft that is being read, and the preflight after it", s.current)
	}
	if got := plain(&s, 120, 20); !strings.Contains(got, "○ preflight new") {
		t.Errorf("nothing says that the preflight was not looked at:\n%s", got)
	}
	if s.Go(1); s.current != StepPreflight || !s.IsLast() {
		t.Errorf("on step %d, want the preflight", s.current)
	}
	s.ShowProgress(seedProgress())
	s.Go(-3)
	s.ShowProgress(seedProgress())
	if s.current != StepDraft || s.reached != StepApply {
		t.Errorf("news of a step that was there before brought the page to step %d", s.current)
	}
	s.ShowOutcome(playbooks.Outcome{State: playbooks.Failed, Err: errors.New("cancelled by jane")})
	if s.current != StepVerify || s.reached != StepVerify {
		t.Errorf("on step %d of %d, want the outcome and nothing to compare", s.current, s.reached)
	}
}

func TestPaceOfTheBuild(t *testing.T) {
	var s Steps
	at := func(phase string, done float64, elapsed time.Duration) {
		s.ShowProgress(playbooks.RunProgress{Progress: playbooks.Progress{Phase: phase, Done: done, Total: 1000}, Elapsed: elapsed})
	}
	at("scan", 100, 5*time.Second)
	if got := s.pace(); got != "" {
		t.Errorf("a pace after one report: %q", got)
	}
	at("scan", 300, 15*time.Second)
	if got := s.pace(); got != " · 20.0/s · about 35.0 s left in this phase" {
		t.Errorf("got %q", got)
	}
	at("wait", 0, 16*time.Second)
	if got := s.pace(); got != "" {
		t.Errorf("a pace carried over to the next phase: %q", got)
	}
}

func TestHarmAboveItsLimitOffersToStop(t *testing.T) {
	for harm, offers := range map[float64]bool{0.4: false, playbooks.HarmLimit: false, 12.5: true} {
		var s Steps
		s.ShowProgress(playbooks.RunProgress{Harm: harm})
		if got := plain(&s, 80, 24); strings.Contains(got, "▲ 12.5 s · c cancels") != offers {
			t.Errorf("harm %v:\n%s", harm, got)
		}
	}
}

func TestOutcomesAreToldApart(t *testing.T) {
	theme := testTheme(0)
	for _, c := range []struct {
		outcome playbooks.Outcome
		want    string
	}{
		{playbooks.Outcome{State: playbooks.Applied, Verification: playbooks.Verification{Done: true}}, "✓ applied and verified"},
		{playbooks.Outcome{State: playbooks.Applied}, "▲ applied, not verified"},
		{playbooks.Outcome{State: playbooks.Canceled}, "✗ cancelled"},
		{playbooks.Outcome{State: playbooks.Failed}, "✗ failed"},
		{playbooks.Outcome{State: playbooks.Unknown}, "▲ unknown: the reply was lost and reading back failed"},
	} {
		if got, _ := outcomeWord(theme, c.outcome); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// Going back after the end shows what was done, not what was going on.
func TestStepsThatAreOverSaySo(t *testing.T) {
	var s Steps
	s.Reset("index", "")
	s.ShowDraft(seedDraft())
	s.ShowChecks(seedChecks(), "")
	s.ShowPrompt(seedIndex, "wrong▏", "nothing was sent: type it in full")
	s.ShowConfirmed(seedIndex, spikeBegan)
	s.ShowProgress(seedProgress())
	s.ShowOutcome(seedOutcome())
	for _, c := range []struct {
		wants, not []string
	}{
		{[]string{"▶ apply", "applied in 1 min 35 s", "waiting for old snapshots"}, []string{"being applied", "elapsed"}},
		{[]string{"▶ confirm", "confirmed 16:15:08 UTC by typing " + seedIndex + "; sent"}, []string{"nothing was sent", "▏", "type in full"}},
	} {
		s.Go(-1)
		got := plain(&s, 120, 45)
		for _, want := range c.wants {
			if !strings.Contains(got, want) {
				t.Errorf("no %q in\n%s", want, got)
			}
		}
		for _, not := range c.not {
			if strings.Contains(got, not) {
				t.Errorf("still %q in\n%s", not, got)
			}
		}
	}
	if got := plain(&s, 120, 45); !strings.Contains(got, "○ before | after new") {
		t.Errorf("what was not looked at is ticked:\n%s", got)
	}
}

func TestLabelsKeepTheirDistance(t *testing.T) {
	page := sheet{theme: testTheme(0), w: 40}
	page.labelled("WHERE completed_at IS NULL", 12, "keeps 2.6 %", page.theme.Text)
	if !strings.Contains(ansi.Strip(page.lines[0]), "… keeps") {
		t.Errorf("got %q", page.lines[0])
	}
}

func TestFindingsSayWhatIsNotOnScreen(t *testing.T) {
	var f Findings
	if got := plain(&f, 80, 3); !strings.Contains(got, "not connected") {
		t.Errorf("before the first sample:\n%s", got)
	}
	none := func(playbooks.Finding) string { return "" }
	f.Show(nil, none, "")
	if got := plain(&f, 80, 3); !strings.Contains(got, "none now") {
		t.Errorf("without a finding:\n%s", got)
	}
	f.Show(seedFindings(), none, "")
	if got := plain(&f, 60, 4); !strings.Contains(got, "findings · ↓ 1 more") {
		t.Errorf("got\n%s", got)
	}
	f.Move(1)
	if got := plain(&f, 60, 3); !strings.Contains(got, "findings · ↑ 1 more") {
		t.Errorf("got\n%s", got)
	}
}

func TestLongPagesScroll(t *testing.T) {
	var s Steps
	s.Reset("index", "")
	s.ShowDraft(seedDraft())
	if got := plain(&s, 80, 10); !strings.Contains(got, "more lines") {
		t.Errorf("nothing says that there is more:\n%s", got)
	}
	s.Scroll(1000)
	if got := plain(&s, 80, 10); strings.Contains(got, "more lines") || !strings.Contains(got, "buffers") {
		t.Errorf("not at the end:\n%s", got)
	}
}

func TestFindings(t *testing.T) {
	var f Findings
	f.Show(seedFindings(), func(f playbooks.Finding) string {
		if f.Playbook == "" {
			return ""
		}
		return "d"
	}, "")
	got := plain(&f, 160, f.Lines(160))
	for _, want := range []string{"▲ 1  84 of 95 connections", "  d draft an index │", "● 2  2 slots left"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if f.Lines(160) != 4 || f.Lines(80) != 6 {
		t.Errorf("takes %d lines at 160 and %d at 80, want 4 and 6", f.Lines(160), f.Lines(80))
	}
	f.Move(5)
	if found, ok := f.Selected(); !ok || found.Severity != playbooks.Warning {
		t.Errorf("selected %+v, want the last", found)
	}
	if !f.ClickRow(1) {
		t.Error("a click on the first finding did nothing")
	}
}
