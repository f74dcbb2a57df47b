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
			"CREATE INDEX CONCURRENTLY", "created_at DESC   -- the order that LIMIT stops at", "WHERE (completed_at IS NULL)  -- the statement asks for it",
			"rows read         454,416        13,740  estimated", "size                              40 MB  estimated from pg_stats widths", "▲ VACUUM and DDL",
			"judged with  values of user_id (most common value)", "a rewrite helps too · not always the same rows", "created_at > now() - interval", "partial btree · the values that hurt",
			"other statements of the table", "slower     cost 6.6 → 8.9, INSERT INTO", "faster     cost 41,230 → 25.1, SELECT", "of 30 other statements of the table 10 were planned",
		},
		"variants": {
			"3 drafts · tab chooses", "  1 partial btree · the values that hurt", "▶ 2 btree · statements without the condition too", "the way back", "DROP INDEX",
		},
		"no draft": {"no index serves it as it is written", "this helps instead", "from  EXTRACT"},
		"steps": {
			"step 2 of 5: build idx_events_p2 on events_p2", "about 4 min 20 s left in this phase · about 17 min as a whole, besides waiting", "310.5 blocks/s", "▲ behind it waits pid 99 of migrate",
			"terminal lost: the statement that was sent goes on", "c cancels: leaves an INVALID index",
		},
		"checks": {"✗ cannot be applied: an index of this name exists", "✓ pass", "▲ caution", "✗ refused", "→ ask jane to end the transaction"},
		"prompt": {"▶ confirm", seedIndex, "▸ reports_us", "type it in full"},
		"progress": {
			"building index: scanning table", "42 %", "84,000 of 200,000 blocks", "0:42",
			"▲ waits for pid 4711 (psql, jane), idle in transaction since 12 min", "1.5 s of 10.0 s", "esc: back, it goes on · terminal lost: it goes on",
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

// A word that acts on a terminal never reaches it, asked for or confirmed.
func TestHostileWord(t *testing.T) {
	word := "i\x1b]52;c;aGk=\x07\u202e"
	for name, show := range map[string]func(*Steps){
		"prompt":    func(s *Steps) { s.ShowPrompt(word, "", "") },
		"confirmed": func(s *Steps) { s.ShowConfirmed(word, time.Unix(1, 0)); s.show(StepConfirm) },
	} {
		var s Steps
		s.Reset("clean-up", "")
		show(&s)
		if got := plain(&s, 120, 40); strings.ContainsAny(got, "\a\u202e") || strings.Contains(got, "\x1b]") || !strings.Contains(got, `i\x1B]52;c;aGk=\x07\u202E`) {
			t.Errorf("%s: %q", name, got)
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
	s.ShowDrafts(seedDrafts(), 0)
	s.ShowChecks(seedChecks(), "")
	if s.current != StepDraft || s.IsLast() {
		t.Errorf("on step %d, want the draft that is being read, and the preflight after it", s.current)
	}
	if got := plain(&s, 120, 20); !strings.Contains(got, "✓ preflight new") {
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
		s.ShowProgress(playbooks.RunProgress{Progress: playbooks.Progress{Phase: phase, Done: done, Total: 1000, Unit: "blocks"}, Elapsed: elapsed})
	}
	at("scan", 100, 5*time.Second)
	if got := s.pace(); got != "" {
		t.Errorf("a pace after one report: %q", got)
	}
	at("scan", 300, 15*time.Second)
	if got := s.pace() + s.left(); got != " · 20.0 blocks/sabout 35.0 s left in this phase" {
		t.Errorf("got %q", got)
	}
	at("wait", 0, 16*time.Second)
	if got := s.pace() + s.left(); got != "how long it takes yet is not known" {
		t.Errorf("a pace carried over to the next phase: %q", got)
	}
	s.ShowProgress(playbooks.RunProgress{Progress: playbooks.Progress{Phase: "waiting for old snapshots", Total: 2, Unit: lockers, Waiting: "pid 1"}})
	if got := s.pace() + s.left(); got != "it goes on when the wait ends; how long that takes is not known" {
		t.Errorf("while it waits: %q", got)
	}
}

// Of several statements it is shown which has ended, which runs and which is still to come, or was not seen to run.
func TestStatementsAreMarked(t *testing.T) {
	draft := &playbooks.Draft{Title: "index", SQL: []string{"SET one", "CREATE two", "ALTER three"}}
	var s Steps
	s.Reset("index", "")
	s.ShowDrafts([]*playbooks.Draft{draft}, 0)
	s.ShowProgress(playbooks.RunProgress{Progress: playbooks.Progress{Phase: "waiting", GivesUp: 42 * time.Second, Step: 2, Steps: 3, Doing: "build two"}})
	shows := func(when string, texts ...string) {
		t.Helper()
		got := plain(&s, 120, 30)
		for _, want := range texts {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is not in\n%s", when, want, got)
			}
		}
	}
	shows("as it runs", "✓ ended    SET one", "▶ runs     CREATE two", "· to come  ALTER three", "is given up in about 42.0 s")
	s.ShowFound(true)
	shows("found again", "▶ runs     CREATE two", "· not seen ALTER three")
	s.ShowOutcome(playbooks.Outcome{State: playbooks.Unfinished, Started: time.Unix(0, 0), Ended: time.Unix(90, 0), EndUnseen: true})
	shows("at its end", "▲ unfinished", "took at most 1 min 30 s")
	s.Go(-1)
	shows("what was seen of it", "✓ ended    SET one", "▸ the last CREATE two", "· not seen ALTER three")
}

func TestHarmAboveItsLimitOffersToStop(t *testing.T) {
	for harm, offers := range map[float64]bool{0.4: false, playbooks.HarmLimit: false, 12.5: true} {
		var s Steps
		s.ShowProgress(playbooks.RunProgress{Harm: harm})
		if got := plain(&s, 80, 24); strings.Contains(got, "▲ others have waited 12.5 s behind it, all together · c cancels") != offers {
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
		{playbooks.Outcome{State: playbooks.Applied, Verification: playbooks.Verification{Done: true, Unknown: []string{"its use"}}}, "✓ applied · not known yet whether it helps"},
		{playbooks.Outcome{State: playbooks.Applied}, "▲ applied, not verified"},
		{playbooks.Outcome{State: playbooks.Canceled}, "✗ cancelled"},
		{playbooks.Outcome{State: playbooks.Failed}, "✗ failed"},
		{playbooks.Outcome{State: playbooks.Unknown}, "▲ unknown: the reply was lost and reading back failed"},
	} {
		if got, _ := OutcomeWord(theme, nil, c.outcome); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// Going back after the end shows what was done, not what was going on.
func TestStepsThatAreOverSaySo(t *testing.T) {
	var s Steps
	s.Reset("index", "")
	s.ShowDrafts(seedDrafts(), 0)
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
	if got := plain(&s, 120, 45); !strings.Contains(got, "✓ before | after new") {
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
	f.Show(nil, none, "", false)
	if got := plain(&f, 80, 3); !strings.Contains(got, "none now") {
		t.Errorf("without a finding:\n%s", got)
	}
	f.Show(seedFindings(), none, "", false)
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
	s.ShowDrafts(seedDrafts(), 0)
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
	}, "", false)
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
