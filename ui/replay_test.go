package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"pgregory.net/rapid"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/replay"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// stillPlayer notes where it was sent; the test makes its moves itself.
type stillPlayer struct {
	sought  []time.Time
	steps   []int
	toggles int
	faster  int
}

func (p *stillPlayer) Toggle()           { p.toggles++ }
func (p *stillPlayer) Faster()           { p.faster++ }
func (p *stillPlayer) Slower()           { p.faster-- }
func (p *stillPlayer) Step(n int)        { p.steps = append(p.steps, n) }
func (p *stillPlayer) Seek(at time.Time) { p.sought = append(p.sought, at) }

const noServer = "this is a recorded incident, without its server"

// newReplay is a workbench on the story's record, before its first move.
func newReplay(w, h int, theme *draw.Theme) (*App, *stillPlayer) {
	player := &stillPlayer{}
	a := New(Deps{
		Source: stillSource{probes.Abilities{NoExplain: noServer, NoAnalyze: noServer, NoAct: noServer}}, Player: player,
		Record: &record.File{}, Books: story().deps.Books, Now: func() time.Time { return storyStart.Add(48 * time.Hour) },
		Theme: theme, Author: "author", Zone: time.FixedZone("CET", 3600),
	})
	a.Update(tea.WindowSizeMsg{Width: w, Height: h})
	return a, player
}

// storyEvents is the timeline of the record.
func storyEvents() []record.Event {
	at := func(second int) time.Time { return storyStart.Add(time.Duration(second) * time.Second) }
	return []record.Event{
		{ID: "01", Kind: record.System, At: at(0), Title: "connected to db-prod-1:5432/orders"},
		{ID: "02", Kind: record.Mark, At: at(70), Title: "onset: connections 13 → 55", Data: map[string]string{"mark": record.MarkOnset}},
		{ID: "03", Kind: record.Said, At: at(80), Title: "support reports timeouts", Author: "oncall"},
		{ID: "04", Kind: record.Acted, At: at(115), Title: "CREATE INDEX CONCURRENTLY reports_dedup_idx"},
		{ID: "05", Kind: record.Mark, At: at(130), Title: "recovered: connections 16", Data: map[string]string{"mark": record.MarkRecovered}},
	}
}

// storyMove is the replay at a second of the story: 70 calm ones, then the spike until 100; nothing is recorded until 140, then it is over.
func storyMove(second float64) replay.Move {
	at := storyStart.Add(time.Duration(second * float64(time.Second)))
	m := replay.Move{Window: probes.NewWindow(probes.StatementSpan)}
	m.State = replay.State{At: at, From: storyStart, To: storyStart.Add(169 * time.Second), Speed: 4}
	for i := range 170 {
		if i > 100 && i < 140 {
			continue
		}
		u := storyUpdate(i, i-70)
		if i >= 140 {
			u = storyUpdate(i, -1)
		}
		m.Curve = append(m.Curve, record.Point{At: u.Tick.Sample.At, Clients: u.Tick.Sample.Counts().Total})
		if !u.Tick.Sample.At.After(at) {
			m.Window.Add(u.Tick.Sample, u.Assessment)
		}
	}
	return m
}

// becomeReplay puts a workbench on the story's record in the place of one on a server.
func becomeReplay(a *App) *stillPlayer {
	replayed, player := newReplay(a.width, a.height, a.theme)
	*a = *replayed
	return player
}

// replayed plays in the middle of the incident.
func replayed(a *App) {
	becomeReplay(a)
	before := planBefore()
	before.Origin.QueryID, before.Origin.TakenAt = dedupID, storyStart.Add(85*time.Second)
	a.Update(storedPlansMsg{plans: []record.StoredPlan{{ID: "p1", Plan: before}}})
	a.Update(timelineMsg{events: storyEvents()})
	m := storyMove(95)
	m.Playing = true
	a.Update(moveMsg{m})
}

// replayedGap stands where nothing was recorded.
func replayedGap(a *App) {
	becomeReplay(a)
	a.Update(timelineMsg{events: storyEvents()})
	a.Update(moveMsg{storyMove(125)})
}

// replayedEmpty is a file without samples.
func replayedEmpty(a *App) {
	becomeReplay(a)
	a.Update(timelineMsg{events: storyEvents()[:1]})
	a.Update(moveMsg{replay.Move{State: replay.State{Speed: 1}}})
}

// What happens after the position has not happened yet; it stands on the bar alone.
func TestReplayTellsNothingBeforeItHappens(t *testing.T) {
	a := story()
	replayed(a)
	wantShown(t, a, "support reports timeouts")
	wantHidden(t, a, "reports_dedup_idx")
	wantHidden(t, a, "recovered")
	a.Update(moveMsg{storyMove(75)})
	wantHidden(t, a, "support reports timeouts")
	wantShown(t, a, "onset: connections")
	wantShown(t, a, "✎") // on the bar
	a.Update(moveMsg{storyMove(80)})
	wantShown(t, a, "support reports timeouts")
}

// A plan is there from when it was taken on, and EXPLAIN is not possible.
func TestReplayShowsThePlansOfTheFile(t *testing.T) {
	a := story()
	replayed(a)
	wantShown(t, a, "as it was stored, taken at 16:15:25 UTC")
	wantShown(t, a, "Gather Merge")
	a.Update(moveMsg{storyMove(84)})
	wantHidden(t, a, "Gather Merge")
	wantShown(t, a, "no plan of this statement was")
	for _, key := range []string{"e", "E", "d", "i"} {
		press(a, key)
		wantShown(t, a, noServer)
	}
}

// Nothing of the footer, and no finding, offers what only a server can do.
func TestReplayOffersNoAction(t *testing.T) {
	a := story()
	replayed(a)
	for _, hint := range []string{"draft", "explain", "freeze", "recording"} {
		wantHidden(t, a, hint)
	}
	wantShown(t, a, "REPLAY ▶ 4×")
	wantShown(t, a, "space play/pause")
	press(a, "?")
	wantHidden(t, a, "freeze the screen")
	wantShown(t, a, "go through a recorded incident")
}

func TestReplayKeys(t *testing.T) {
	a := story()
	replayed(a)
	player := a.deps.Player.(*stillPlayer)
	press(a, " ", "right", "left", "]", "]", "[", "}", "{")
	if player.toggles != 1 || player.faster != 1 || !slices.Equal(player.steps, []int{1, -1}) {
		t.Errorf("the player was told %+v", player)
	}
	want := []time.Time{storyStart.Add(130 * time.Second), storyStart.Add(70 * time.Second)}
	if !slices.EqualFunc(player.sought, want, time.Time.Equal) {
		t.Errorf("the marks are at %v, want %v", player.sought, want)
	}
	a.Update(moveMsg{storyMove(169)})
	press(a, "}")
	wantShown(t, a, "there is no mark after this")
	press(a, "J", "support", "enter", "J", "-30s", "enter", "J", "16:15", "enter")
	want = append(want, storyStart.Add(80*time.Second), storyStart.Add(139*time.Second), storyStart.Add(time.Minute))
	if !slices.EqualFunc(player.sought, want, time.Time.Equal) {
		t.Errorf("it jumps to %v, want %v", player.sought, want)
	}
	press(a, "J", "18:00")
	wantShown(t, a, "the record covers 16:14:00 to 16:16:49")
}

// A click on the bar goes there.
func TestReplayByMouse(t *testing.T) {
	a := story()
	replayed(a)
	player := a.deps.Player.(*stillPlayer)
	lines := strings.Split(a.View(), "\n")
	y := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "2026-03-10 16:14:00") })
	x := draw.Width(" 2026-03-10 16:14:00 ")
	for _, click := range [][2]int{{x, y}, {160 - draw.Width(" 16:16:49 ") - 1, y + 1}, {x - 1, y}, {x, y + 2}, {159, y}} {
		a.Update(tea.MouseMsg{X: click[0], Y: click[1], Button: tea.MouseButtonLeft, Action: tea.MouseActionPress})
	}
	if want := []time.Time{storyStart, storyStart.Add(169 * time.Second)}; !slices.EqualFunc(player.sought, want, time.Time.Equal) {
		t.Errorf("the clicks go to %v, want %v", player.sought, want)
	}
}

// What goes wrong while the file is read is told; a panic ends the workbench, so that the terminal is restored before it is told.
func TestReplayThatFails(t *testing.T) {
	a := story()
	replayed(a)
	a.Update(moveMsg{replay.Move{State: a.replay.State, Err: errors.New("the disk is gone")}})
	wantShown(t, a, "the disk is gone")
	a.Update(storedPlansMsg{err: errors.New("no plans to be had")})
	wantShown(t, a, "no plans to be had")
	broken := errors.New("broken")
	if _, command := a.Update(moveMsg{replay.Move{Failed: broken}}); !isQuit(command) || a.failed != broken {
		t.Errorf("it goes on, with %v kept to be told", a.failed)
	}
}

// In a gap the data say how old they are.
func TestReplayInAGap(t *testing.T) {
	a := story()
	replayedGap(a)
	wantShown(t, a, "25 s old")
	m := storyMove(137)
	m.Window, m.Skipped = nil, 34*time.Second
	a.Update(moveMsg{m})
	wantShown(t, a, "nothing was recorded for 34 s: left out")
}

func TestReplayOfAFileWithoutSamples(t *testing.T) {
	a := story()
	becomeReplay(a)
	press(a, "J")
	wantShown(t, a, "the file is still being read")
	replayedEmpty(a)
	wantShown(t, a, "this file holds no samples")
	press(a, " ")
	wantShown(t, a, "there are no samples to go through")
	press(a, "J")
	wantShown(t, a, "there are no samples to go through")
}

// The time that was typed is on the day that the record covers.
func TestJumpTimes(t *testing.T) {
	day := func(d, h, m int) time.Time { return time.Date(2026, 3, d, h, m, 0, 0, time.UTC) }
	a, _ := newReplay(160, 45, looks[2].theme())
	a.replay.State = replay.State{At: day(11, 0, 30), From: day(10, 22, 0), To: day(11, 3, 0)}
	for typed, want := range map[string]time.Time{
		"23:15": day(10, 23, 15), "2:45": day(11, 2, 45), "0:30": day(11, 0, 30), "+1h": day(11, 1, 30), "-90m": day(10, 23, 0), "start": day(10, 22, 0),
		"end": day(11, 3, 0), "2026-03-10T23:20+01:00": {}, "2026-03-10T23:20:00+01:00": day(10, 22, 20), "2026-03-11 01:00": day(11, 1, 0),
		"": {}, "support": {}, "+": {}, "25:00": {},
	} {
		at, ok := a.jumpTime(typed)
		if ok == want.IsZero() || ok && !at.Equal(want) {
			t.Errorf("%q is %v %v, want %v", typed, at, ok, want)
		}
	}
}

// Whatever is pressed, and wherever the replay goes: the screen has the terminal's size, and nothing panics.
func TestRandomReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, _ := newReplay(160, 45, looks[rapid.IntRange(0, len(looks)-1).Draw(t, "look")].theme())
		w, h := 160, 45
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			switch rapid.IntRange(0, 6).Draw(t, "what") {
			case 0:
				w, h = rapid.IntRange(1, 220).Draw(t, "w"), rapid.IntRange(1, 70).Draw(t, "h")
				a.Update(tea.WindowSizeMsg{Width: w, Height: h})
			case 1:
				a.Update(moveMsg{storyMove(rapid.Float64Range(0, 300).Draw(t, "at"))})
			case 2:
				a.Update(moveMsg{replay.Move{State: replay.State{Speed: 1}}})
			case 3:
				events := append(storyEvents(), record.Event{Kind: record.Said, Title: rapid.String().Draw(t, "title"), At: storyStart, Star: true})
				a.Update(timelineMsg{events: events})
			default:
				press(a, rapid.SampledFrom(randomKeys).Draw(t, "key"))
			}
			checkSize(t, a, w, h)
		}
	})
}
