package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// program is the path of pgmedic, built once for these tests.
var program string

func TestMain(m *testing.M) {
	os.Exit(withProgram(m))
}

func withProgram(m *testing.M) int {
	folder, err := os.MkdirTemp("", "pgmedic-test-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	program = filepath.Join(folder, "pgmedic")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building pgmedic: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// onMuteTerminal runs pgmedic on a terminal that answers no queries, and returns what it wrote there.
func onMuteTerminal(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color")
	terminal, err := pty.Start(cmd)
	if err != nil {
		return "", err
	}
	defer terminal.Close()
	var out bytes.Buffer
	_, _ = out.ReadFrom(terminal) // a closed terminal reads as an error here
	return out.String(), cmd.Wait()
}

func TestVersionOnAMuteTerminal(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // the library's own question would wait for five
	defer cancel()
	out, err := onMuteTerminal(ctx, "--version")
	if err != nil {
		t.Fatalf("pgmedic --version: %v (%v)\n%s", err, ctx.Err(), out)
	}
	if !strings.HasPrefix(out, "pgmedic "+release) || strings.ContainsRune(out, '\x1b') {
		t.Errorf("pgmedic --version wrote %q; want the version and no question to the terminal", out)
	}
}

func BenchmarkVersionOnAMuteTerminal(b *testing.B) {
	for b.Loop() {
		if _, err := onMuteTerminal(b.Context(), "--version"); err != nil {
			b.Fatal(err)
		}
	}
}

func TestWithoutATerminal(t *testing.T) {
	for _, args := range [][]string{{"dbname=nowhere"}, {"drill"}} {
		out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
		exit, ok := err.(*exec.ExitError)
		if !ok || exit.ExitCode() != exitUsage || !strings.Contains(string(out), "needs a terminal") {
			t.Errorf("pgmedic %v without a terminal: %v\n%s\nwant exit code %d and the reason", args, err, out, exitUsage)
		}
	}
}

func TestUsageErrors(t *testing.T) {
	for _, args := range [][]string{{"report"}, {"report", "a", "b"}, {"--nonsense"}, {"a", "b"}, {"drill", "x"}, {"drill", "--scenario", "x"}, {"drill", "--hold"}} {
		out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
		exit, ok := err.(*exec.ExitError)
		if !ok || exit.ExitCode() != exitUsage {
			t.Errorf("pgmedic %v: %v\n%s\nwant exit code %d", args, err, out, exitUsage)
		}
	}
}

func TestIntervalOutOfRange(t *testing.T) {
	for _, interval := range []string{"-1s", "0s", "199ms", "61s"} {
		out, err := exec.CommandContext(t.Context(), program, "--interval", interval, "dbname=nowhere").CombinedOutput()
		exit, ok := err.(*exec.ExitError)
		if !ok || exit.ExitCode() != exitUsage || !strings.Contains(string(out), "--interval is "+intervalRange) {
			t.Errorf("pgmedic --interval %s: %v\n%s\nwant exit code %d and the range", interval, err, out, exitUsage)
		}
	}
	for _, interval := range []string{"200ms", "1m"} {
		if out, _ := exec.CommandContext(t.Context(), program, "--interval", interval, "dbname=nowhere").CombinedOutput(); strings.Contains(string(out), "--interval") {
			t.Errorf("pgmedic --interval %s is refused:\n%s", interval, out)
		}
	}
}

func TestReportOfNoIncident(t *testing.T) {
	file := filepath.Join(t.TempDir(), "foreign.pgmedic")
	if err := os.WriteFile(file, []byte("not an incident file"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(t.TempDir(), "missing.pgmedic")} {
		out, err := exec.CommandContext(t.Context(), program, "report", path).CombinedOutput()
		exit, ok := err.(*exec.ExitError)
		if !ok || exit.ExitCode() != exitError || !strings.Contains(string(out), path) {
			t.Errorf("pgmedic report %s: %v\n%s\nwant exit code %d and the file named", path, err, out, exitError)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "*-report")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A server that was never reached leaves no incident file, and says so with its exit code.
func TestServerNeverReached(t *testing.T) {
	state := t.TempDir()
	cmd := exec.CommandContext(t.Context(), program, "postgres://nobody@127.0.0.1:1/nothing")
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "XDG_STATE_HOME="+state)
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 400})
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	var seen bytes.Buffer
	buffer := make([]byte, 4096)
	for !strings.Contains(seen.String(), "nothing listens there") { // the screen says why, on one line of so many cells, before anybody leaves it
		n, err := terminal.Read(buffer)
		if err != nil {
			t.Fatalf("%v\n%q", err, seen.String())
		}
		seen.Write(buffer[:n])
	}
	if _, err := terminal.WriteString("q"); err != nil {
		t.Fatal(err)
	}
	_, _ = seen.ReadFrom(terminal)
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitError || !strings.Contains(seen.String(), "was never reached") {
		t.Errorf("%v, want exit code %d and the reason; the terminal got %q", err, exitError, seen.String())
	}
	if left, _ := filepath.Glob(filepath.Join(state, "pgmedic", "incidents", "*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A mistyped subcommand is no database.
func TestMistypedSubcommand(t *testing.T) {
	for typed, meant := range map[string]string{"doctr": "pgmedic doctor", "snaphot": "pgmedic snapshot"} {
		out, err := exec.Command(program, typed, "dbname=x").CombinedOutput()
		exit, ok := err.(*exec.ExitError)
		if !ok || exit.ExitCode() != exitUsage || !strings.Contains(string(out), "did you mean "+meant) || !strings.Contains(string(out), "dbname="+typed) {
			t.Errorf("pgmedic %s: %v\n%s\nwant exit code %d and what was meant", typed, err, out, exitUsage)
		}
	}
}
