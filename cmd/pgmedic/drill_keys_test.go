package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/record"
)

// The lock pile-up is seen, explained and solved by keys alone: the program on a terminal, from its start to its exit.
func TestLocksByKeys(t *testing.T) {
	state := t.TempDir()
	p := startTyping(t, state, "drill", "--scenario", "locks", "--rows", "10000")
	p.await(`there is a baseline now|a pile-up comes once there is a baseline`)
	p.await(`([6-9]\d) sessions wait: 4 goes to the findings, ⏎ drafts the way out`)
	p.press("4")
	p.press("\r")
	pid := p.await(`terminate pid (\d+), for which \d+ sessions wait`)
	p.await(`idle in transaction +its client sends nothing and keeps the transaction open`)
	p.await(`in between +the waiting ALTER TABLE .*is in the way of \d+`)
	p.await(`preflight done`)
	p.press("\r")
	p.await(`to go ahead, type in full`)
	p.press(pid)
	p.press("\r")
	p.await(`done and read back: 1 acted`)
	p.await(`\d+ of the \d+ that it should free wait no more`)
	p.await(`nobody waits any more: x writes the report, q leaves`)
	p.press("x")
	p.await(`report written: `)
	p.press("\x1b")
	p.await(`2 statements`) // the workbench again
	p.press("q")
	path := p.await(`incident: (\S+\.pgmedic)`)
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the program ends with %v", err)
	}
	checkUnblocked(t, path, pid)
	if reports, err := filepath.Glob(filepath.Join(state, "pgmedic", "incidents", "*-report", "report.md")); err != nil || len(reports) != 1 {
		t.Errorf("reports %v, %v; want one", reports, err)
	}
}

// checkUnblocked looks into the incident file for the end of the session, read back.
func checkUnblocked(t *testing.T, path, pid string) {
	t.Helper()
	file, err := record.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	events, err := file.Events()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Data["state"] == string(playbooks.Applied) && e.Data["rows_acted"] == "1" && strings.Contains(e.Title, "terminate pid "+pid) {
			return
		}
	}
	t.Errorf("the end of pid %s is not on record: %+v", pid, events)
}

// typing is pgmedic on a terminal, with a person before it.
type typing struct {
	t        *testing.T
	cmd      *exec.Cmd
	terminal *os.File
	mutex    sync.Mutex
	written  []byte // by the program, since the last key
}

// startTyping starts pgmedic on a terminal of 160 × 45.
func startTyping(t *testing.T, state string, args ...string) *typing {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "XDG_STATE_HOME="+state)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it stops its server
	cmd.WaitDelay = 30 * time.Second
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 45, Cols: 160})
	if err != nil {
		t.Fatal(err)
	}
	p := &typing{t: t, cmd: cmd, terminal: terminal}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(p, terminal) // a closed terminal reads as an error here
	}()
	t.Cleanup(func() {
		if cmd.ProcessState == nil { // the test has failed
			_ = cmd.Process.Signal(os.Interrupt)
			_ = cmd.Wait()
		}
		terminal.Close()
		<-read
	})
	return p
}

// Write takes what the program writes to its terminal.
func (p *typing) Write(b []byte) (int, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.written = append(p.written, b...)
	return len(b), nil
}

func (p *typing) press(keys string) {
	p.t.Helper()
	p.mutex.Lock()
	p.written = nil
	p.mutex.Unlock()
	if _, err := p.terminal.WriteString(keys); err != nil {
		p.t.Fatalf("typing %q: %v", keys, err)
	}
}

// await waits until the program has written a line that matches since the last key, and returns its last group.
func (p *typing) await(pattern string) string {
	p.t.Helper()
	wanted := regexp.MustCompile(pattern)
	for deadline := time.Now().Add(90 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		p.mutex.Lock()
		text := ansi.Strip(string(p.written))
		p.mutex.Unlock()
		if found := wanted.FindStringSubmatch(text); found != nil {
			return found[len(found)-1]
		}
		if time.Now().After(deadline) {
			written := regexp.MustCompile(`\s*\n\s*`).ReplaceAllString(text, "\n") // a line that stays as it is is written as an empty one
			p.t.Fatalf("waited in vain for %s; the last that was written:\n%s", pattern, written[max(0, len(written)-20_000):])
		}
	}
}
