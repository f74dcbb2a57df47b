package replay

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
)

// Silence is not waited for, is told, and is no sample.
func TestAGapIsLeftOut(t *testing.T) {
	r := newRecorder(t)
	r.seconds(t, 0, 5)
	r.seconds(t, 1005, 1020)
	d := open(t, r.file)
	d.take(t)
	d.Toggle()
	d.pass(6 * time.Second)
	m := d.take(t)
	wantAt(t, m, 6)
	if m.Skipped != 0 {
		t.Errorf("%s are left out at once", m.Skipped)
	}
	d.pass(2 * time.Second)
	m = d.take(t)
	wantAt(t, m, 1002)
	if m.Skipped != 994*time.Second || len(m.Samples) != 0 {
		t.Errorf("%s left out, samples %s", m.Skipped, secondsOf(m.Samples))
	}
	d.pass(4 * time.Second)
	if got := secondsOf(d.take(t).Samples); got != "1005 1006" {
		t.Errorf("behind the gap come %s", got)
	}
	d.Seek(start.Add(500 * time.Second))
	if last := d.take(t).Window.Last(); !last.At.Equal(start.Add(4 * time.Second)) {
		t.Errorf("in the gap it shows the sample of %s", last.At)
	}
}

// A file that is still being written goes on at its end.
func TestAFileThatGrows(t *testing.T) {
	r := newRecorder(t)
	r.seconds(t, 0, 10)
	file, err := record.Open(r.file.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	d := open(t, file)
	d.Seek(start.Add(time.Hour))
	d.take(t)
	r.seconds(t, 10, 20)
	d.Seek(start.Add(9 * time.Second))
	d.Toggle()
	if m := d.take(t); !m.Playing || !m.To.Equal(start.Add(19*time.Second)) {
		t.Errorf("with more in the file it is %+v", m.State)
	}
	d.pass(3 * time.Second)
	if got := secondsOf(d.take(t).Samples); got != "10 11 12" {
		t.Errorf("it goes on with %s", got)
	}
}

func TestAFileWithoutSamples(t *testing.T) {
	d := open(t, newRecorder(t).file)
	d.Toggle()
	d.Step(1)
	d.Seek(start)
	d.pass(time.Second)
	if m := d.take(t); m.Window != nil || m.Playing || !m.From.IsZero() || len(m.Samples) > 0 {
		t.Errorf("it tells %+v", m)
	}
}

// Two responders' files: each second is played once.
func TestAMergedFile(t *testing.T) {
	first, second := newRecorder(t), newRecorder(t)
	first.seconds(t, 0, 20)
	second.seconds(t, 10, 40)
	path := filepath.Join(t.TempDir(), "both.pgmedic")
	for _, f := range []*record.File{first.file, second.file} {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := record.Merge(path, first.file.Path(), second.file.Path()); err != nil {
		t.Fatal(err)
	}
	file, err := record.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	d := open(t, file)
	d.take(t)
	d.Toggle()
	d.pass(time.Minute)
	if m := d.take(t); len(m.Samples) != 39 {
		t.Errorf("it plays %s", secondsOf(m.Samples))
	}
}

// One sample cannot be read: that is told there, and everything else is played.
func TestABrokenSample(t *testing.T) {
	r := newRecorder(t)
	r.seconds(t, 0, 400)
	db, err := sql.Open("sqlite", r.file.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE sample SET body = x'00' WHERE seq = 200`); err != nil {
		t.Fatal(err)
	}
	d := open(t, r.file)
	d.readIndex(t.Context())
	d.take(t)
	d.Toggle()
	d.Seek(start.Add(200 * time.Second))
	if m, _ := d.move(); m.Err == nil || !strings.Contains(m.Err.Error(), "sample 200") || m.Playing {
		t.Errorf("at the broken sample it tells %+v, %v", m.State, m.Err)
	}
	d.Seek(start.Add(399 * time.Second))
	if m := d.take(t); !m.Window.Last().At.Equal(m.At) {
		t.Errorf("behind it the window ends at %s", m.Window.Last().At)
	}
}
