package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// A rolling record of a real server is written until it is ended, goes on afterwards, and has one writer; what it holds is listed.
func TestRecord(t *testing.T) {
	dsn, state := pgtest.Database(t), t.TempDir()
	for run := range 2 {
		cmd := exec.CommandContext(t.Context(), program, "record", "--interval", "200ms", dsn)
		cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+state)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		told := ""
		lines := bufio.NewScanner(out)
		for !strings.Contains(told, "connected to") && lines.Scan() {
			told += lines.Text() + "\n"
		}
		if !strings.Contains(told, "recording ") || run == 1 && !strings.Contains(told, "the rolling record knows what was before") {
			t.Errorf("run %d told\n%s", run, told)
		}
		if out, code := pgmedic(t, state, "record", dsn); code != exitError || !strings.Contains(out, "another pgmedic writes") {
			t.Errorf("a second one: exit %d\n%s", code, out)
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // to its end
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("ended by SIGTERM: %v", err)
		}
	}
	files, _ := filepath.Glob(filepath.Join(state, "pgmedic", "rolling", "*"+record.Extension))
	if len(files) != 1 {
		t.Fatalf("recorded into %v", files)
	}
	if left, _ := filepath.Glob(files[0] + "-*"); len(left) != 0 {
		t.Errorf("left beside it: %v", left)
	}
	if out, code := pgmedic(t, state, "incidents"); code != exitOK || !strings.Contains(out, filepath.Base(files[0])) {
		t.Errorf("exit %d\n%s", code, out)
	}
	if out, code := pgmedic(t, state, "record", "--keep", "1m", dsn); code != exitUsage || !strings.Contains(out, "--keep is") {
		t.Errorf("--keep 1m: exit %d\n%s", code, out)
	}
}
