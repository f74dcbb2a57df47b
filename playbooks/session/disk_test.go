package session

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// smallDisk mounts 1 MB of memory as a folder, and unmounts it with the test; that takes root.
func smallDisk(t *testing.T) (folder string, ok bool) {
	t.Helper()
	folder = t.TempDir()
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "pgmedic-test", folder).CombinedOutput()
	var failed *exec.ExitError
	if errors.As(err, &failed) || errors.Is(err, exec.ErrNotFound) {
		t.Logf("a full disk was not tried: only root can mount a small one (%s)", out)
		return "", false
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", folder).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	return folder, true
}

// fill takes what room is left, and returns the file that does.
func fill(t *testing.T, folder string) (file string) {
	t.Helper()
	file = filepath.Join(folder, "ballast")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for page := make([]byte, 4096); ; {
		if _, err := f.Write(page); errors.Is(err, syscall.ENOSPC) {
			return file
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// The disk of the incident file is full before the word is typed: the intent cannot be made durable, and nothing is sent. With room again the same
// word does it.
func TestRecordsDiskFullBefore(t *testing.T) {
	folder, ok := smallDisk(t)
	if !ok {
		return
	}
	dsn := pgtest.Database(t)
	s := newSceneIn(t, dsn, live.Config{DSN: dsn}, folder)
	conns := s.conns(50) // the intent takes more than the room that is left in pages
	for _, conn := range conns {
		pgtest.Execute(t, conn, "SELECT 1")
	}
	seen, sessions := s.sees("idle", conns...)
	p := s.prepare(draft(live.Terminate, seen, sessions...))
	file := fill(t, folder)
	if _, err := p.Confirm(p.Draft.Word); err == nil || !strings.Contains(err.Error(), "nothing was sent, because the intent could not be saved") {
		t.Errorf("confirmed: %v", err)
	}
	for _, b := range sessions {
		if !s.lives(b) {
			t.Errorf("pid %d was sent something", b.PID)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	wantRows(t, s.confirm(p).Outcome().Verification.Rows, repeated(50, "acted")...)
	s.wantRecorded(p.Draft, 50)
}

// It fills up half way: what was intended is on record, the rows are read back, and that this could not be recorded is said.
func TestRecordsDiskFullHalfWay(t *testing.T) {
	folder, ok := smallDisk(t)
	if !ok {
		return
	}
	dsn := pgtest.Database(t)
	w, through := newWire(t, dsn)
	s := newSceneIn(t, dsn, live.Config{DSN: through}, folder)
	conns := s.conns(50)
	for _, conn := range conns {
		pgtest.Execute(t, conn, "SELECT 1")
	}
	seen, sessions := s.sees("idle", conns...)
	w.on(25, func(func()) bool { fill(t, folder); return false })
	o := s.apply(draft(live.Terminate, seen, sessions...))
	wantRows(t, o.Verification.Rows, repeated(50, "acted")...)
	if o.State != playbooks.Applied || !strings.Contains(o.Next, "note it down, it could not be recorded") {
		t.Errorf("outcome %+v", o)
	}
	if events, _ := s.events(); len(events) != 1 || events[0].Data["state"] != playbooks.StateIntent {
		t.Errorf("on record %+v", events)
	}
}
