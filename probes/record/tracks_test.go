package record

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// at returns when the samples were taken, in seconds after the start.
func seconds(t *testing.T, f *File, from, to time.Time) string {
	t.Helper()
	var all []string
	err := f.SamplesBetween(from, to, func(s *probes.Sample, _ probes.Assessment) bool {
		all = append(all, fmt.Sprint(int(s.At.Sub(start).Seconds())))
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func addSeconds(t *testing.T, f *File, seconds ...int) {
	t.Helper()
	for _, second := range seconds {
		if err := f.AddSample(sampleAt(second), assessment()); err != nil {
			t.Fatal(err)
		}
	}
}

// startAnother makes the file begin another track, as another program would.
func startAnother(f *File) { f.track = nil }

func TestStretch(t *testing.T) {
	f := create(t)
	addSeconds(t, f, 0, 1, 2, 3, 90, 91, 92)
	second := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	for _, c := range []struct {
		from, to time.Time
		want     string
	}{
		{time.Time{}, time.Time{}, "0 1 2 3 90 91 92"},
		{second(1), second(2), "1 2"},
		{second(3), time.Time{}, "3 90 91 92"},
		{time.Time{}, second(90), "0 1 2 3 90"},
		{second(10), second(80), ""},
		{second(100), time.Time{}, ""},
	} {
		if got := seconds(t, f, c.from, c.to); got != c.want {
			t.Errorf("from %v to %v: %s, want %s", c.from, c.to, got, c.want)
		}
	}
}

// Two recorders saw the same server: every second is told once, and where one saw nothing the other is told.
func TestTwoTracksAreToldOnce(t *testing.T) {
	f := create(t)
	addSeconds(t, f, 0, 1, 2, 3, 40, 41, 42)
	startAnother(f)
	addSeconds(t, f, 2, 3, 4, 5, 6, 39, 40, 41, 42, 43, 44)
	if got := seconds(t, f, time.Time{}, time.Time{}); got != "0 1 2 3 4 5 6 39 40 41 42 43 44" {
		t.Errorf("told %s", got)
	}
	var seams []string
	for _, s := range readSamples(t, f) {
		if s.sample.Interval == 0 {
			seams = append(seams, fmt.Sprint(int(s.sample.At.Sub(start).Seconds()), " ", len(s.sample.Statements.Deltas)))
		}
	}
	if got := strings.Join(seams, ", "); got != "4 1, 40 1, 43 1" {
		t.Errorf("seams %s", got)
	}
	curve := must[[]Point](t)(f.Curve())
	if len(curve) != 13 || curve[4].Clients != 95 || !curve[4].At.Equal(start.Add(4*time.Second)) {
		t.Errorf("curve %v", curve)
	}
}

// Between two tracks nothing is counted twice: what the other one counted since before the seam is dropped.
func TestASeamCountsNothingTwice(t *testing.T) {
	f := create(t)
	addSeconds(t, f, 0, 1, 2)
	startAnother(f)
	late := sampleAt(4)
	late.Statements.Since = start.Add(time.Second)
	late.Databases = []probes.DatabaseDelta{{OID: 5, Since: start, Commits: 100}}
	if err := f.AddSample(late, assessment()); err != nil {
		t.Fatal(err)
	}
	all := readSamples(t, f)
	got := all[len(all)-1].sample
	if got.StatementsRead() || len(got.Statements.Deltas) > 0 || got.Databases != nil {
		t.Errorf("the sample after the seam counts %+v, %+v", got.Statements, got.Databases)
	}
}

// The server's clock is set back: one recorder's samples stay in the order in which they were taken.
func TestClockSetBack(t *testing.T) {
	f := create(t)
	addSeconds(t, f, 0, 1, 2, -3600, -3599)
	if got := seconds(t, f, time.Time{}, time.Time{}); got != "0 1 2 -3600 -3599" {
		t.Errorf("told %s", got)
	}
}

// A sample that could not be stored does not harm those after it.
func TestASampleThatWasNotStored(t *testing.T) {
	f := create(t)
	addSeconds(t, f, 0, 1)
	must[int64](t)(execute(f, `CREATE TRIGGER full BEFORE INSERT ON sample BEGIN SELECT RAISE(ABORT, 'no room'); END`))
	if err := f.AddSample(sampleAt(2), assessment()); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Fatalf("error %v", err)
	}
	must[int64](t)(execute(f, `DROP TRIGGER full`))
	addSeconds(t, f, 3, 4)
	all := readSamples(t, f)
	if len(all) != 4 {
		t.Fatalf("%d samples", len(all))
	}
	if got, want := fmt.Sprintf("%+v", *all[3].sample), fmt.Sprintf("%+v", *sampleAt(4)); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}

// So does the very first.
func TestTheFirstSampleWasNotStored(t *testing.T) {
	f := create(t)
	must[int64](t)(execute(f, `CREATE TRIGGER full BEFORE INSERT ON sample BEGIN SELECT RAISE(ABORT, 'no room'); END`))
	if err := f.AddSample(sampleAt(0), assessment()); err == nil {
		t.Fatal("it was stored")
	}
	must[int64](t)(execute(f, `DROP TRIGGER full`))
	addSeconds(t, f, 1, 2)
	if got := seconds(t, f, time.Time{}, time.Time{}); got != "1 2" {
		t.Errorf("told %s", got)
	}
}

func execute(f *File, statement string) (int64, error) {
	result, err := f.db.Exec(statement)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
