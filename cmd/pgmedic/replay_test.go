package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// replayFile is a recorded minute, with its onset in the middle.
func replayFile(t *testing.T) string {
	t.Helper()
	start := time.Date(2026, 3, 10, 16, 0, 0, 0, time.UTC)
	file, err := record.Create(t.TempDir(), "orders", start)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		s := &probes.Sample{At: start.Add(time.Duration(i) * time.Second), Interval: time.Second,
			Server:  probes.Server{Host: "db", Port: 5432, Database: "orders", VersionText: "15.18"},
			Ceiling: probes.Ceiling{MaxConnections: 100, DatabaseLimit: -1}}
		for pid := range 10 + i {
			s.Backends = append(s.Backends, probes.Backend{PID: int32(pid + 1), Type: "client backend", State: "idle", User: fmt.Sprintf("app_%d", pid%3)})
		}
		if err := file.AddSample(s, probes.Assessment{}); err != nil {
			t.Fatal(err)
		}
	}
	onset := record.Event{Kind: record.Mark, At: start.Add(30 * time.Second), Basis: record.ServerClock, Title: "the onset",
		Data: map[string]string{"mark": record.MarkOnset}}
	if _, err := file.AddEvent(onset); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Path()
}

// The program on a terminal: to the mark, a step back, a note there, out.
func TestReplayByKeys(t *testing.T) {
	path := replayFile(t)
	p := startTyping(t, t.TempDir(), "replay", path)
	p.await(`16:00:00 UTC`)
	p.await(`} next mark`)
	p.press("}")
	p.await(`16:00:30 UTC`)
	p.press("\x1b[D")
	p.await(`16:00:29 UTC`)
	p.press("n")
	p.await(`note at 16:00:29`)
	p.press("somebody called\r")
	p.await(`✎ somebody called`)
	p.press("q")
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the program ends with %v", err)
	}
	file, err := record.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	events, err := file.Events()
	if err != nil || !slices.ContainsFunc(events, func(e record.Event) bool { return e.Title == "somebody called" }) {
		t.Errorf("the file holds %+v, %v", events, err)
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		t.Error("a log was left beside the file")
	}
}

func TestReplayWithoutATerminal(t *testing.T) {
	foreign := filepath.Join(t.TempDir(), "foreign.pgmedic")
	if err := os.WriteFile(foreign, []byte("no incident"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		exit int
		says string
	}{
		{[]string{"replay"}, exitUsage, "accepts 1 arg"},
		{[]string{"replay", "/nowhere.pgmedic"}, exitError, "no such file"},
		{[]string{"replay", foreign}, exitError, "foreign.pgmedic"},
		{[]string{"replay", replayFile(t)}, exitUsage, "needs a terminal"},
	} {
		out, err := exec.CommandContext(t.Context(), program, c.args...).CombinedOutput()
		exit, ok := err.(*exec.ExitError)
		if !ok || exit.ExitCode() != c.exit || !strings.Contains(string(out), c.says) {
			t.Errorf("pgmedic %v: %v\n%s\nwant exit code %d and %q", c.args, err, out, c.exit, c.says)
		}
	}
}
