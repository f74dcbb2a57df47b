package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/creack/pty"
	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// runSnapshot runs pgmedic snapshot in a pipe, and returns what it wrote to each, and its exit code.
func runSnapshot(t *testing.T, args ...string) (out, errors string, code int) {
	t.Helper()
	var stdout, stderr strings.Builder
	cmd := exec.CommandContext(t.Context(), program, append([]string{"snapshot"}, args...)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

func TestSnapshotUsage(t *testing.T) {
	for _, args := range [][]string{
		{"a", "b"}, {"--format", "html"}, {"--for", "2m"}, {"--for", "-1s"}, {"--wait", "0s"}, {"--width", "20"}, {"--width", "-1"}, {"--nonsense"}, {"postgres://:bad"},
	} {
		if out, errors, code := runSnapshot(t, args...); code != exitUsage || out != "" || errors == "" {
			t.Errorf("pgmedic snapshot %v: exit code %d, %q, %q; want %d and the reason", args, code, out, errors, exitUsage)
		}
	}
}

func TestSnapshotOfNoServer(t *testing.T) {
	out, errors, code := runSnapshot(t, "--wait", "200ms", "postgres://nobody:hush@127.0.0.1:1/nothing")
	if code != exitError || out != "" || !strings.Contains(errors, "no snapshot of nobody@127.0.0.1:1/nothing, connecting: ") || strings.Contains(errors, "hush") {
		t.Errorf("exit code %d, %q, %q", code, out, errors)
	}
}

func TestSnapshotInAPipe(t *testing.T) {
	server, err := pgserver.Start(t.Context(), pgserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	const headline = "1 of 97 slots taken; nothing stands out"
	text, errors, code := runSnapshot(t, "--for", "200ms", server.DSN("postgres"))
	if code != exitOK || errors != "" || !strings.HasPrefix(text, headline) || strings.ContainsRune(text, '\x1b') {
		t.Errorf("exit code %d, %q\n%s", code, errors, text)
	}
	for line := range strings.Lines(onTerminal(t, 60, "snapshot", "--for", "0s", server.DSN("postgres"))) {
		if strings.ContainsRune(line, '\x1b') || utf8.RuneCountInString(strings.TrimRight(line, "\r\n")) > 60 {
			t.Errorf("on a terminal of 60 columns: %q", line)
		}
	}
	markdown, _, code := runSnapshot(t, "--for", "200ms", "--format", "markdown", server.DSN("postgres"))
	if code != exitOK || !strings.HasPrefix(markdown, "**1 of 97 slots taken**; **nothing stands out") {
		t.Errorf("exit code %d\n%s", code, markdown)
	}
	data, _, code := runSnapshot(t, "--for", "200ms", "--format", "json", server.DSN("postgres"))
	var seen struct {
		Headline    string `json:"headline"`
		Connections struct {
			Clients int `json:"clients"`
			Pgmedic int `json:"pgmedic"`
		} `json:"connections"`
	}
	if err := json.Unmarshal([]byte(data), &seen); err != nil || code != exitOK {
		t.Fatalf("exit code %d, %v\n%s", code, err, data)
	}
	if !strings.HasPrefix(seen.Headline, headline) || seen.Connections.Clients != 0 || seen.Connections.Pgmedic != 1 {
		t.Errorf("seen %+v", seen)
	}
	pgtest.InBackground(t, pgtest.Connect(t, server.DSN("postgres"), nil), "SELECT count(*), pg_sleep(600) FROM pg_class") // so that there is a table of statements
	plain, _, code := runSnapshot(t, "--for", "200ms", "--ascii", server.DSN("postgres"))
	if code != exitOK || strings.ContainsFunc(plain, func(r rune) bool { return r > 0x7e }) || !strings.Contains(plain, "xreset") {
		t.Errorf("exit code %d\n%s", code, plain)
	}
}

// A server that hangs during the look is told: by what is written, and by the exit code.
func TestSnapshotOfAServerThatHangs(t *testing.T) {
	server, err := pgserver.Start(t.Context(), pgserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	var text, errors string
	var code int
	done := make(chan struct{})
	go func() {
		defer close(done)
		text, errors, code = runSnapshot(t, "--for", "10s", server.DSN("postgres"))
	}()
	// until it has taken more than one sample
	pid := int(pgtest.Eventually(t, server.DSN("postgres"), "SELECT pid FROM pg_stat_activity WHERE application_name = 'pgmedic' AND state_change > backend_start + interval '1.5 s'"))
	for _, one := range []int{server.PID(), pid} {
		if err := syscall.Kill(one, syscall.SIGSTOP); err != nil {
			t.Error(err)
		}
		defer func() { _ = syscall.Kill(one, syscall.SIGCONT) }()
	}
	<-done
	if code != exitError || !strings.HasPrefix(text, "the server stopped answering after ") || !strings.Contains(errors, "the look was cut short: the server stopped answering") {
		t.Errorf("exit code %d, %q\n%s", code, errors, text)
	}
}

// onTerminal runs pgmedic on a terminal of so many columns, and returns what it wrote there.
func onTerminal(t *testing.T, columns uint16, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: columns})
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	var out bytes.Buffer
	_, _ = out.ReadFrom(terminal) // a closed terminal reads as an error here
	if err := cmd.Wait(); err != nil || out.Len() == 0 {
		t.Fatalf("%v: %v\n%s", args, err, &out)
	}
	return out.String()
}
