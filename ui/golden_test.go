package ui

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/ui/draw"
)

var update = flag.Bool("update", false, "write the golden screens instead of comparing with them")

// spike is the workbench in the middle of the incident, the dedup query's plan taken.
func spike(a *App) {
	tell(a, 70, 30)
	press(a, "e")
	a.Update(plansMsg{request: a.request, statement: dedupKey, plans: []*plan.Plan{planBefore()}})
}

// draftPage is the playbook's page with a draft whose preflight runs.
func draftPage(a *App) {
	spike(a)
	press(a, "d")
	a.Update(draftMsg{request: a.request, draft: storyDraft()})
}

// variantsPage is the playbook's page with three drafts, the second chosen.
func variantsPage(a *App) {
	spike(a)
	press(a, "d")
	a.Update(draftMsg{request: a.request, draft: storyVariants()})
	press(a, "tab")
}

// namePage asks for another name, after one that was refused.
func namePage(a *App) {
	draftPage(a)
	press(a, "r", "_2", "enter")
	a.Update(adjustedMsg{request: a.request, typed: "reports_dedup_idx_2", err: errors.New("the name reports_dedup_idx_2 is that of another index: choose another")})
}

// noDraftPage says that no index helps, and which wording does.
func noDraftPage(a *App) {
	spike(a)
	press(a, "d")
	none := &playbooks.NoDraft{Reason: "no condition of the statement on reports.reports can be an index key", Instead: "write the condition anew", Rewrite: storyDraft().Rewrite}
	a.Update(draftMsg{request: a.request, err: none})
}

// waitPage is a build of several statements that waits.
func waitPage(a *App) {
	progressPage(a)
	a.Update(progressMsg{request: a.request, run: &playbooks.Run{}, progress: storyWait()})
}

// leftoversPage is the workbench with what was found at the start.
func leftoversPage(a *App) {
	tell(a, 70, 0)
	a.Update(leftoversMsg{search: a.search, found: storyLeftovers()})
	press(a, "4")
}

// attachedPage follows a build that was begun elsewhere: ours, or the one below it, of somebody else.
func attachedPage(keys ...string) func(*App) {
	return func(a *App) {
		leftoversPage(a)
		press(a, append(keys, "enter")...)
		a.Update(attachedMsg{request: a.request, run: &playbooks.Run{}})
		a.Update(progressMsg{request: a.request, run: &playbooks.Run{}, progress: storyProgress()})
	}
}

func preparedPage(a *App) {
	draftPage(a)
	a.Update(preparedMsg{request: a.request, prepared: &playbooks.Prepared{Draft: storyDraft(), Checks: storyChecks()}})
}

func confirmPage(a *App) {
	preparedPage(a)
	press(a, "enter", "reports_de")
}

func progressPage(a *App) {
	confirmPage(a)
	press(a, "dup_idx", "enter")
	a.Update(runMsg{request: a.request, run: &playbooks.Run{}})
	a.Update(progressMsg{request: a.request, run: &playbooks.Run{}, progress: storyProgress()})
}

func outcomePage(a *App) {
	progressPage(a)
	a.Update(outcomeMsg{request: a.request, outcome: storyOutcome()})
}

// lost is the workbench after the server went away in the middle of the incident.
func lost(a *App) {
	spike(a)
	u := storyUpdate(0, 0)
	u.Tick = probes.Tick{Trouble: &probes.Trouble{
		At: a.now, Since: a.now, Attempts: 3, Doing: "connecting to", Target: "db-prod-1:5432", Reason: "the server refuses connections",
		SQLState: "57P03", Next: "it is starting up or shutting down; pgmedic keeps trying",
	}}
	a.Update(updateMsg{u})
}

// full is the workbench that a full server does not let in.
func full(a *App) {
	u := storyUpdate(0, 0)
	u.Tick = probes.Tick{Trouble: fullServer(a.now)}
	a.Update(updateMsg{u})
}

// screens are the golden screens: what was done, and at which sizes and in which looks it is drawn.
var screens = []struct {
	name  string
	do    func(*App)
	sizes [][2]int
	looks []string
}{
	{"workbench", spike, [][2]int{{160, 45}}, []string{"dark", "light", "nocolour", "ascii"}},
	{"workbench", spike, [][2]int{{200, 60}, {120, 35}, {80, 24}, {60, 16}}, []string{"dark"}},
	{"connecting", func(*App) {}, [][2]int{{160, 45}}, []string{"nocolour"}},
	{"calm", func(a *App) { tell(a, 30, 0) }, [][2]int{{120, 35}}, []string{"nocolour"}},
	{"lost", lost, [][2]int{{160, 45}, {80, 24}}, []string{"dark"}},
	{"small", func(*App) {}, [][2]int{{40, 10}}, []string{"nocolour"}},
	{"zoomed", func(a *App) { spike(a); press(a, "3", "z") }, [][2]int{{80, 24}}, []string{"nocolour"}},
	{"statement", func(a *App) { spike(a); press(a, "enter") }, [][2]int{{160, 45}}, []string{"dark"}},
	{"activity", activityPage, [][2]int{{160, 45}}, []string{"dark", "nocolour", "ascii"}},
	{"activity", activityPage, [][2]int{{80, 24}}, []string{"dark"}},
	{"locks", pileUp, [][2]int{{120, 35}}, []string{"nocolour"}},
	{"tables", tablesPage, [][2]int{{160, 45}, {80, 24}}, []string{"dark"}},
	{"full", full, [][2]int{{160, 45}, {80, 24}}, []string{"nocolour"}},
	{"filter", func(a *App) { spike(a); press(a, "/", "rprts") }, [][2]int{{120, 35}}, []string{"dark"}},
	{"help", func(a *App) { spike(a); press(a, "?") }, [][2]int{{160, 45}, {80, 24}}, []string{"dark"}},
	{"palette", func(a *App) { spike(a); press(a, ":", "dra") }, [][2]int{{160, 45}, {80, 24}}, []string{"dark"}},
	{"draft", draftPage, [][2]int{{160, 45}, {120, 35}, {80, 24}, {60, 16}}, []string{"dark"}},
	{"draft", draftPage, [][2]int{{120, 35}}, []string{"nocolour"}},
	{"variants", variantsPage, [][2]int{{160, 45}, {60, 16}}, []string{"dark"}},
	{"variants", variantsPage, [][2]int{{120, 35}, {80, 24}}, []string{"nocolour"}},
	{"name", namePage, [][2]int{{120, 35}, {60, 16}}, []string{"nocolour"}},
	{"nodraft", noDraftPage, [][2]int{{120, 35}}, []string{"nocolour"}},
	{"waiting", waitPage, [][2]int{{160, 45}, {80, 24}}, []string{"dark"}},
	{"waiting", waitPage, [][2]int{{120, 35}, {60, 16}}, []string{"nocolour"}},
	{"leftovers", leftoversPage, [][2]int{{160, 45}, {80, 24}}, []string{"dark"}},
	{"attached", attachedPage(), [][2]int{{160, 45}, {60, 16}}, []string{"nocolour"}},
	{"attached-others", attachedPage("down"), [][2]int{{120, 35}}, []string{"nocolour"}},
	{"cleanup", func(a *App) { leftoversPage(a); press(a, "down", "down", "enter") }, [][2]int{{120, 35}}, []string{"nocolour"}},
	{"preflight", func(a *App) { preparedPage(a); press(a, "right") }, [][2]int{{160, 45}}, []string{"dark"}},
	{"confirm", confirmPage, [][2]int{{160, 45}, {80, 24}}, []string{"dark"}},
	{"progress", progressPage, [][2]int{{160, 45}, {80, 24}}, []string{"dark"}},
	{"applying", func(a *App) { progressPage(a); press(a, "esc") }, [][2]int{{160, 45}}, []string{"dark"}},
	{"leaving", func(a *App) { progressPage(a); press(a, "esc", "q") }, [][2]int{{120, 35}}, []string{"nocolour"}},
	{"outcome", outcomePage, [][2]int{{160, 45}}, []string{"dark"}},
	{"room", room, [][2]int{{120, 35}}, []string{"nocolour"}},
	{"room-draft", roomPage, [][2]int{{160, 45}, {60, 16}}, []string{"dark"}},
	{"room-draft", roomPage, [][2]int{{80, 24}}, []string{"nocolour"}},
	{"room-confirm", roomConfirm, [][2]int{{160, 45}, {60, 16}}, []string{"dark"}},
	{"room-confirm", roomConfirm, [][2]int{{80, 24}}, []string{"nocolour"}},
	{"room-progress", roomProgress, [][2]int{{160, 45}}, []string{"dark"}},
	{"room-progress", roomProgress, [][2]int{{80, 24}, {60, 16}}, []string{"nocolour"}},
	{"room-outcome", roomOutcome, [][2]int{{160, 45}, {60, 16}}, []string{"dark"}},
	{"room-outcome", roomOutcome, [][2]int{{80, 24}}, []string{"nocolour"}},
	{"hold", holdPage, [][2]int{{160, 45}, {60, 16}}, []string{"dark"}},
	{"hold", holdPage, [][2]int{{80, 24}}, []string{"nocolour"}},
	{"hold-aside", holdAside, [][2]int{{160, 45}, {60, 16}}, []string{"dark"}},
	{"hold-aside", holdAside, [][2]int{{80, 24}}, []string{"nocolour"}},
	{"hold-leaving", func(a *App) { holdPage(a); press(a, "esc", "q") }, [][2]int{{120, 35}}, []string{"nocolour"}},
	{"playbooks", booksPage, [][2]int{{160, 45}, {60, 16}}, []string{"dark"}},
	{"playbooks", booksPage, [][2]int{{80, 24}}, []string{"nocolour"}},
	{"replay", replayed, [][2]int{{160, 45}, {80, 24}, {60, 16}}, []string{"dark"}},
	{"replay", replayed, [][2]int{{120, 35}}, []string{"nocolour", "ascii"}},
	{"replay-jump", func(a *App) { replayed(a); press(a, "J", "16:15") }, [][2]int{{120, 35}}, []string{"nocolour"}},
	{"replay-gap", replayedGap, [][2]int{{120, 35}, {60, 16}}, []string{"nocolour"}},
	{"replay-empty", replayedEmpty, [][2]int{{120, 35}, {60, 16}}, []string{"nocolour"}},
	{"compare", func(a *App) { outcomePage(a); press(a, "right") }, [][2]int{{160, 45}, {80, 24}}, []string{"dark"}},
}

func TestGoldenScreens(t *testing.T) {
	for _, s := range screens {
		for _, size := range s.sizes {
			for _, l := range looks {
				if !strings.Contains(strings.Join(s.looks, " "), l.name) {
					continue
				}
				name := fmt.Sprintf("%s-%dx%d-%s", s.name, size[0], size[1], l.name)
				t.Run(name, func(t *testing.T) {
					a := newStory(size[0], size[1], l)
					s.do(a)
					compareGolden(t, name, a.View())
					checkSize(t, a, size[0], size[1])
				})
			}
		}
	}
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got+"\n" != string(want) {
		t.Errorf("the screen differs from %s (go test ./ui -update writes it anew):\n%s", path, got)
	}
}

type failer interface{ Errorf(string, ...any) }

// checkSize checks that the screen is exactly as large as the terminal.
func checkSize(t failer, a *App, w, h int) {
	lines := strings.Split(a.View(), "\n")
	if len(lines) != h {
		t.Errorf("the screen has %d lines, the terminal %d", len(lines), h)
	}
	for i, line := range lines {
		if got := draw.Width(line); got != w {
			t.Errorf("line %d has %d cells, the terminal %d: %q", i, got, w, line)
		}
	}
}

// The first frame comes before the terminal's size and before any sample.
func TestFirstFrameWaitsForNothing(t *testing.T) {
	a := newStory(160, 45, looks[0])
	if a.Init() == nil {
		t.Error("Init waits for nothing at all")
	}
	if !strings.Contains(a.View(), "connecting to oncall@db-prod-1:5432/orders") {
		t.Errorf("the first frame does not say what it waits for:\n%s", a.View())
	}
	a.Update(tea.WindowSizeMsg{})
	if a.View() != "" {
		t.Error("a terminal without a size shows something")
	}
}
