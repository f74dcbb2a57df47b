package record

import (
	"github.com/pgmedic/pgmedic/probes/record/recordtest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// smallDisk mounts a disk of a megabyte for this test; empty where only root could.
func smallDisk(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "pgmedic-test", folder).CombinedOutput()
	if err != nil {
		t.Logf("a full disk and a folder that is read only were not tried: only root can mount a small one (%s)", strings.TrimSpace(string(out)))
		return ""
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", folder).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return folder
}

// A full disk ends in an error, each time, and takes nothing away; when there is room again, recording goes on.
func TestFullDisk(t *testing.T) {
	folder := smallDisk(t)
	if folder == "" {
		return
	}
	f := must[*File](t)(Create(folder, "orders", start))
	defer f.Close()
	must[Event](t)(f.AddEvent(Event{At: start, Title: "before"}))
	ballast := filepath.Join(folder, "ballast")
	stored, b := 0, recordtest.NewBusy(start)
	var err error
	for err == nil && stored < 10_000 {
		if err = f.AddSample(b.Next(), assessment()); err == nil {
			stored++
		}
		if stored == 5 {
			_ = os.WriteFile(ballast, make([]byte, 700<<10), 0o600) // as much of it as there is room for
		}
	}
	if err == nil || !strings.Contains(err.Error(), "full") {
		t.Fatalf("after %d samples: %v", stored, err)
	}
	if _, err := f.AddEvent(Event{At: start, Title: strings.Repeat("no room ", 100_000)}); err == nil {
		t.Error("an event was said to be saved on a full disk")
	}
	if n := len(readSamples(t, f)); n != stored || titles(t, f) != "before" {
		t.Errorf("%d samples and the events %s, want %d and before", n, titles(t, f), stored)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	must[Event](t)(f.AddEvent(Event{At: start, Title: "room again"}))
	if err := f.AddSample(b.Next(), assessment()); err != nil {
		t.Errorf("there is room again: %v", err)
	}
	if n := len(readSamples(t, f)); n != stored+1 || titles(t, f) != "before, room again" {
		t.Errorf("%d samples and the events %s, want %d", n, titles(t, f), stored+1)
	}
}

// A file in a folder that is read only opens; one that a crash left with its log is refused with the way out, since its tail stands there.
func TestReadOnlyFolder(t *testing.T) {
	folder := smallDisk(t)
	if folder == "" {
		return
	}
	f := create(t)
	must[Event](t)(f.AddEvent(Event{At: start, Title: "in the log"}))
	crashed, whole, alone := filepath.Join(folder, "crashed"+Extension), filepath.Join(folder, "whole"+Extension), filepath.Join(folder, "alone"+Extension)
	copyFile(t, f.Path(), crashed)
	copyFile(t, f.Path()+"-wal", crashed+"-wal")
	if _, err := f.db.Exec(emptyLog); err != nil {
		t.Fatal(err)
	}
	copyFile(t, f.Path(), alone) // its header still says that there may be a log
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	copyFile(t, f.Path(), whole)
	if out, err := exec.Command("mount", "-o", "remount,ro", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := Open(crashed); err == nil || !strings.Contains(err.Error(), "copy both") || !strings.Contains(err.Error(), crashed) {
		t.Errorf("a file with its log: %v", err)
	}
	for _, path := range []string{whole, alone} {
		if got := titles(t, reopen(t, path)); got != "in the log" {
			t.Errorf("%s holds %s", filepath.Base(path), got)
		}
		if _, err := OpenToAdd(path); err == nil {
			t.Errorf("%s was opened to add to it", filepath.Base(path))
		}
	}
	copied := filepath.Join(t.TempDir(), "copied"+Extension)
	copyFile(t, crashed, copied)
	copyFile(t, crashed+"-wal", copied+"-wal")
	if got := titles(t, reopen(t, copied)); got != "in the log" {
		t.Errorf("copied as the error says, it holds %s", got)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data := must[[]byte](t)(os.ReadFile(from))
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
