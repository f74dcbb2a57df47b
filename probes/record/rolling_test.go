package record

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// sums are what all samples of a file counted together, which folding must not change.
type sums struct {
	calls, rows, commits int64
	took                 time.Duration
	samples              int
	last                 time.Time
}

func sumsOf(t *testing.T, f *File) (s sums) {
	t.Helper()
	err := f.Samples(func(sample *probes.Sample, _ probes.Assessment) bool {
		s.samples++
		s.last = sample.At
		for _, d := range sample.Statements.Deltas {
			s.calls, s.rows, s.took = s.calls+d.Calls, s.rows+d.Rows, s.took+d.ExecTime
		}
		for _, d := range sample.Databases {
			s.commits += d.Commits
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// counting makes samples of a small server, one a second, which count ten calls each.
func counting(second int) *probes.Sample {
	at := start.Add(time.Duration(second) * time.Second)
	s := sampleAt(0)
	s.At = at
	s.Statements = probes.Statements{Known: true, Since: at.Add(-time.Second), Texts: map[int64]string{}, Deltas: []probes.StatementDelta{
		{StatementKey: probes.StatementKey{QueryID: 1}, Calls: 7, Rows: 2, ExecTime: time.Millisecond, TotalCalls: int64(7 * (second + 1))},
		{StatementKey: probes.StatementKey{QueryID: int64(2 + second%3)}, Calls: 3, Rows: 1, ExecTime: time.Millisecond},
	}}
	if second%600 == 5 {
		s.Statements.Texts[int64(1000+second)] = "SELECT brought"
	}
	s.Databases = []probes.DatabaseDelta{{OID: 5, Since: at.Add(-time.Second), Commits: 4, Sessions: -1}}
	return s
}

// A rolling record keeps seconds for the last hour, ten seconds before that, and nothing before its window; what was counted stays the same.
func TestRolling(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rolling", "db"+Extension)
	r := must[*Rolling](t)(OpenRolling(path, 2*time.Hour))
	must[Event](t)(r.AddEvent(Event{At: start, Title: "early"}))
	const seconds = 9600
	for i := range seconds {
		if i == 5000 {
			if got := sumsOf(t, r.File); got.calls != int64(10*(i)) || got.rows != int64(3*(i)) || got.commits != int64(4*(i)) || got.took != time.Duration(2*(i))*time.Millisecond {
				t.Errorf("after %d samples it counts %+v", i, got)
			}
		}
		if i == 5000 { // it was stopped and goes on
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			r = must[*Rolling](t)(OpenRolling(path, 2*time.Hour))
		}
		if err := r.AddSample(counting(i), probes.Assessment{}); err != nil {
			t.Fatal(err)
		}
	}
	got := sumsOf(t, r.File)
	fine := int(FineSpan / time.Second)
	if least, most := fine+(seconds-fine-2400)/10-20, fine+(seconds-fine-2400)/10+120; got.samples < least || got.samples > most {
		t.Errorf("%d samples are kept, want %d to %d", got.samples, least, most)
	}
	if !got.last.Equal(counting(seconds - 1).At) {
		t.Errorf("the last sample is of %s", got.last)
	}
	if n := len(must[[]Event](t)(r.Events())); n != 0 {
		t.Errorf("%d events from before the window", n)
	}
	if text := must[map[int64]string](t)(r.Texts())[1000+3605]; text == "" {
		t.Error("a statement's text is lost")
	}
	brought := 0
	if err := r.Samples(func(s *probes.Sample, _ probes.Assessment) bool { brought += len(s.Statements.Texts); return true }); err != nil || brought < (seconds-2400-60)/600 {
		t.Errorf("samples bring %d texts, %v", brought, err)
	}
	total := int64(0)
	err := r.Samples(func(s *probes.Sample, _ probes.Assessment) bool {
		for _, d := range s.Statements.Deltas {
			if d.QueryID == 1 {
				total = d.TotalCalls
			}
		}
		return true
	})
	if err != nil || total != 7*seconds {
		t.Errorf("the statement's total is %d, %v", total, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// One writes, the other is told.
func TestRollingHasOneWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db"+Extension)
	r := must[*Rolling](t)(OpenRolling(path, time.Hour))
	if _, err := OpenRolling(path, time.Hour); err == nil || !strings.Contains(err.Error(), "another pgmedic writes") {
		t.Errorf("a second writer: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	again := must[*Rolling](t)(OpenRolling(path, time.Hour))
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("a foreign file, long enough to be looked at as one of SQLite's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRolling(path, time.Hour); err == nil {
		t.Error("a foreign file was taken for a record")
	} else if _, again := OpenRolling(path, time.Hour); again == nil || errors.Is(again, os.ErrExist) || strings.Contains(again.Error(), "another pgmedic") {
		t.Errorf("its lock stayed: %v", again)
	}
}

// What was before the incident is taken over once, in whole runs, while the rolling record is written.
func TestAddPast(t *testing.T) {
	r := must[*Rolling](t)(OpenRolling(filepath.Join(t.TempDir(), "db"+Extension), time.Hour))
	t.Cleanup(func() { _ = r.Close() })
	for i := range 300 {
		if err := r.AddSample(counting(i), probes.Assessment{}); err != nil {
			t.Fatal(err)
		}
	}
	f := create(t)
	if err := f.AddSample(counting(301), probes.Assessment{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int64{120, 0} {
		if n := must[int64](t)(f.AddPast(r.Path(), counting(185).At)); n != want {
			t.Errorf("%d samples were taken over, want %d", n, want)
		}
	}
	if got := must[Span](t)(f.Span()); got.Samples != 121 || !got.From.Equal(counting(180).At) || !got.To.Equal(counting(301).At) {
		t.Errorf("the file covers %+v", got)
	}
	if err := f.AddSample(counting(302), probes.Assessment{}); err != nil {
		t.Fatal(err)
	}
	if got := sumsOf(t, f); got.samples != 122 {
		t.Errorf("it tells %+v", got)
	}
	if _, err := f.AddPast(filepath.Join(t.TempDir(), "missing"), start); err == nil {
		t.Error("a file that is not there was taken over")
	}
}
