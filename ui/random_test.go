package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"pgregory.net/rapid"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/probes/watch"
)

var randomKeys = []string{
	"tab", "shift+tab", "1", "2", "3", "4", "up", "down", "j", "k", "g", "G", "pgup", "pgdown", "ctrl+d", "enter", "esc", "e", "v", "d", "p", "c", "u", "n", "x",
	"z", " ", "a", "i", "+", "-", "/", ":", "?", "y", "q", "left", "right", "backspace", "cancel", "reports_dedup_idx", "r", "世界", "dddd",
	"[", "]", "{", "}", "J", "+5m", "16:15", "H", "R", "hold the line", "terminate 50", "make room",
}

// Whatever is pressed, whatever comes, and at any size: the screen has the terminal's size, and nothing panics.
func TestRandomKeysAndSizes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := newStory(160, 45, looks[rapid.IntRange(0, len(looks)-1).Draw(t, "look")])
		a.deps.Books = append(a.deps.Books, roomBook{})
		w, h := 160, 45
		second := 0
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				w, h = rapid.IntRange(1, 220).Draw(t, "w"), rapid.IntRange(1, 70).Draw(t, "h")
				a.Update(tea.WindowSizeMsg{Width: w, Height: h})
			case 1, 2:
				second++
				a.Update(updateMsg{storyUpdate(second, second-3)})
			case 3:
				a.Update(randomNews(t, a))
			case 4:
				a.Update(tea.MouseMsg{X: rapid.IntRange(0, w).Draw(t, "x"), Y: rapid.IntRange(0, h).Draw(t, "y"), Button: tea.MouseButtonLeft})
			default:
				press(a, rapid.SampledFrom(randomKeys).Draw(t, "key"))
			}
			checkSize(t, a, w, h)
		}
	})
}

func randomNews(t *rapid.T, a *App) tea.Msg {
	request := a.request - rapid.IntRange(0, 3).Draw(t, "age")
	failure := fmt.Errorf("%s", rapid.String().Draw(t, "failure"))
	terminate := storyTerminate(rapid.IntRange(1, 120).Draw(t, "rows"))
	hold := &playbooks.Prepared{Draft: storyHold(), Checks: storyGuard(50)}
	return rapid.SampledFrom([]tea.Msg{
		draftMsg{request: request, draft: terminate}, draftMsg{request: request, draft: storyHold()}, preparedMsg{request: request, prepared: hold},
		progressMsg{request: request, run: &playbooks.Run{}, progress: holdProgress()}, outcomeMsg{request: request, outcome: terminateOutcome(50)},
		outcomeMsg{request: request, outcome: holdOutcome()},
		plansMsg{request: request, statement: dedupKey, plans: []*plan.Plan{planBefore(), planAfter()}},
		plansMsg{request: request, statement: dedupKey, err: failure},
		tablesMsg{request: request, tables: storyTables()}, tablesMsg{request: request, err: failure},
		draftMsg{request: request, draft: storyDraft()}, draftMsg{request: request, draft: storyVariants()}, draftMsg{request: request, err: failure},
		draftMsg{request: request, err: &playbooks.NoDraft{Reason: failure.Error(), Rewrite: storyDraft().Rewrite}},
		adjustedMsg{request: request, typed: "new", draft: storyDraft()}, adjustedMsg{request: request, typed: failure.Error(), err: failure},
		leftoversMsg{found: storyLeftovers()}, leftoversMsg{err: failure},
		attachedMsg{request: request, run: &playbooks.Run{}}, attachedMsg{request: request, err: failure},
		progressMsg{request: request, run: &playbooks.Run{}, progress: storyWait()},
		preparedMsg{request: request, prepared: &playbooks.Prepared{Draft: storyDraft(), Checks: storyChecks()}}, preparedMsg{request: request, err: failure},
		runMsg{request: request, run: &playbooks.Run{}}, runMsg{request: request, err: failure},
		progressMsg{request: request, run: &playbooks.Run{}, progress: storyProgress()}, outcomeMsg{request: request, outcome: storyOutcome()},
		timelineMsg{events: []record.Event{{Kind: record.Said, Title: failure.Error()}}}, noticeMsg{text: failure.Error()},
		clockMsg(storyStart.Add(time.Hour)), updatesEndedMsg{},
		updateMsg{watch.Update{RecordErr: failure, Tick: probes.Tick{Trouble: &probes.Trouble{Doing: "connecting", Target: "x", Reason: sqltext.Clean(failure.Error())}}}}, // as live.Server words it
	}).Draw(t, "news")
}

// BenchmarkView draws a large screen of a large server: it must cost the same whatever the number of statements.
func BenchmarkView(b *testing.B) {
	for _, statements := range []int{50, 5000} {
		b.Run(fmt.Sprintf("sessions=1000/statements=%d", statements), func(b *testing.B) {
			a := newStory(200, 60, looks[0])
			tell(a, 70, 0)
			a.Update(updateMsg{largeUpdate(1000, statements)})
			b.ResetTimer()
			for range b.N {
				_ = a.View()
			}
		})
	}
}

func largeUpdate(sessions, statements int) watch.Update {
	u := storyUpdate(71, 0)
	s := u.Tick.Sample
	s.Backends = storyBackends(sessions, s.At)
	s.Statements.Deltas = nil
	s.Statements.Texts = map[int64]string{}
	for i := range int64(statements) {
		s.Statements.Texts[i] = fmt.Sprintf("SELECT %d FROM t WHERE %s", i, strings.Repeat("a = $1 AND ", 90))
		s.Statements.Deltas = append(s.Statements.Deltas, probes.StatementDelta{
			StatementKey: probes.StatementKey{DatabaseOID: 1, UserOID: 2, QueryID: i, TopLevel: true}, Calls: i, ExecTime: time.Duration(i) * time.Millisecond,
		})
	}
	return u
}
