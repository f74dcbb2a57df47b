package ui

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/replay"
)

// storyFile records the story's first two minutes, an event and a plan.
func storyFile(t *testing.T) string {
	t.Helper()
	file, err := record.Create(t.TempDir(), "orders", storyStart)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 120 {
		u := storyUpdate(i, i-70)
		if err := file.AddSample(u.Tick.Sample, u.Assessment); err != nil {
			t.Fatal(err)
		}
	}
	before := planBefore()
	before.Origin.QueryID, before.Origin.TakenAt, before.Origin.Class = dedupID, storyStart.Add(85*time.Second), plan.Heavy
	if _, err := file.AddPlan(before); err != nil {
		t.Fatal(err)
	}
	if _, err := file.AddEvents(storyEvents()); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Path()
}

// openReplay is the whole workbench on a file.
func openReplay(t *testing.T, path string) *program {
	t.Helper()
	file, err := record.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	player, err := replay.Open(file, replay.Clock{Now: time.Now, After: time.After})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	moves := player.Follow(ctx)
	app := New(Deps{
		Source: player, Player: player, Moves: moves, Record: file, Books: story().deps.Books, Now: time.Now, Theme: looks[2].theme(), Author: "author",
	})
	app.Update(tea.WindowSizeMsg{Width: 160, Height: 45})
	t.Cleanup(func() {
		app.close()
		cancel()
		for range moves { // until nothing reads the file
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	p := &program{app: app, messages: make(chan tea.Msg, 1000)}
	p.start(app.Init())
	return p
}

// shows waits until the screen shows it.
func (p *program) shows(t *testing.T, text string) {
	t.Helper()
	p.until(t, text, func() bool { return strings.Contains(p.app.View(), text) })
}

// isRead waits until all of the file is known.
func (p *program) isRead(t *testing.T) {
	t.Helper()
	p.until(t, "the timeline, the plans and the baselines", func() bool {
		r := p.app.replay
		return r.opened && !r.Reading && len(r.plans) > 0 && len(p.app.events) > 0
	})
}

// On a real file: go to the onset, step, play to the end, and say something about the time that is shown.
func TestReplayOfARealFile(t *testing.T) {
	path := storyFile(t)
	p := openReplay(t, path)
	p.shows(t, "16:14:00 UTC")
	p.isRead(t)
	p.press("}")
	p.shows(t, "16:15:10 UTC")
	p.press("J", "16:15:30", "enter")
	p.shows(t, "16:15:30 UTC")
	p.shows(t, "84 of 95 connections run one statement")
	p.shows(t, "as it was stored")
	p.press("left")
	p.shows(t, "16:15:29 UTC")
	p.press("n", "the phone rang", "enter")
	p.shows(t, "✎ the phone rang")
	p.press("J", "16:15:57", "enter", "]", "]", "]", "]", " ")
	p.shows(t, "the record ends here")

	file, err := record.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	events, err := file.Events()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(events, func(e record.Event) bool { return e.Title == "the phone rang" })
	if i < 0 || events[i].Kind != record.Said || events[i].Basis != record.Recollected || !events[i].At.Equal(storyStart.Add(89*time.Second)) {
		t.Errorf("the note is not in the file as it should be: %+v", events)
	}
}

// Of a file that is still being written, what is added goes on the timeline too.
func TestReplayOfAFileThatGrows(t *testing.T) {
	path := storyFile(t)
	p := openReplay(t, path)
	p.isRead(t)
	file, err := record.OpenToAdd(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	u := storyUpdate(121, -1)
	if _, err := file.AddEvent(record.Event{Kind: record.Mark, At: u.Tick.Sample.At, Title: "all is well"}); err != nil {
		t.Fatal(err)
	}
	if err := file.AddSample(u.Tick.Sample, u.Assessment); err != nil {
		t.Fatal(err)
	}
	p.press("J", "e", "n", "d", "enter")
	p.shows(t, "16:16:01") // the end of the bar has moved
	p.press("J", "e", "n", "d", "enter")
	p.shows(t, "✓ all is well")
}

// Where nothing can be added it plays all the same, and a note says what to do.
func TestReplayInAReadOnlyFolder(t *testing.T) {
	path := storyFile(t)
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(path), 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Dir(path), 0o700) })
	p := openReplay(t, path)
	p.shows(t, "16:14:00 UTC")
	p.press("right")
	p.shows(t, "16:14:01 UTC")
	p.press("n", "the phone rang", "enter")
	if os.Geteuid() == 0 { // whom no mode keeps out
		p.shows(t, "✎ the phone rang")
		return
	}
	p.shows(t, "writing the note: "+filepath.Base(path)+" cannot be added to")
	p.shows(t, "copy it to where you may write")
}
