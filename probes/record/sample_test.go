package record

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"pgregory.net/rapid"
)

// sampleAt is a sample like those of a server under load, i seconds after the start.
func sampleAt(i int) *probes.Sample {
	at := start.Add(time.Duration(i) * time.Second)
	s := &probes.Sample{
		At: at, Interval: time.Second, Cost: 3 * time.Millisecond,
		Server: probes.Server{SystemIdentifier: "7301234567890", Timeline: 1, Host: "db", Port: 5432, Database: "orders", User: "dbre",
			Version: 150018, VersionText: "15.18", StartedAt: start.Add(-time.Hour)},
		Ceiling: probes.Ceiling{MaxConnections: 100, SuperuserReserved: 3, DatabaseLimit: -1},
		Statements: probes.Statements{Known: true, Since: at.Add(-time.Second), Deltas: []probes.StatementDelta{
			{StatementKey: probes.StatementKey{DatabaseOID: 5, UserOID: 10, QueryID: -42, TopLevel: true}, Calls: 7, ExecTime: 61 * time.Second},
		}},
		Builds:   []probes.IndexBuild{{PID: 7, Relation: "reports.reports", Phase: "building index", BlocksDone: 1, BlocksTotal: 2}},
		Failures: []probes.Failure{{Probe: "locks", Reason: "no time"}},
	}
	for pid := range 95 {
		s.Backends = append(s.Backends, probes.Backend{PID: int32(pid), Type: "client backend", State: "active", QueryID: -42, BackendStart: start})
	}
	return s
}

func assessment() probes.Assessment {
	return probes.Assessment{Baseline: probes.Baseline{Median: 10, N: 60}, Onset: start, Peak: 95}
}

// stored is a sample as it comes out of a file.
type stored struct {
	sample     *probes.Sample
	assessment probes.Assessment
}

func readSamples(t *testing.T, f *File) []stored {
	t.Helper()
	var all []stored
	err := f.Samples(func(s *probes.Sample, a probes.Assessment) bool {
		all = append(all, stored{s, a})
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSampleRoundTrip(t *testing.T) {
	f := create(t)
	const n = 120 // more than a page
	for i := range n {
		if err := f.AddSample(sampleAt(i), assessment()); err != nil {
			t.Fatal(err)
		}
	}
	all := readSamples(t, f)
	if len(all) != n {
		t.Fatalf("%d samples, want %d", len(all), n)
	}
	for i, got := range all {
		if want := (stored{sampleAt(i), assessment()}); !reflect.DeepEqual(got, want) {
			t.Fatalf("sample %d is\n%+v, want\n%+v", i, got, want)
		}
	}
}

// Every time is read in UTC, wherever it was recorded, and what watch knows of calm is not stored: thousands of rows, with every sample.
func TestTimesAreReadInUTC(t *testing.T) {
	local := start.In(time.FixedZone("CET", 3600))
	s, a := &probes.Sample{Backends: make([]probes.Backend, 1)}, probes.Assessment{}
	if n := setTimes(reflect.ValueOf(s).Elem(), local) + setTimes(reflect.ValueOf(&a).Elem(), local); n < 10 {
		t.Fatalf("%d times set", n)
	}
	given := a
	given.Calm = map[probes.StatementKey]probes.CallSum{{QueryID: 1}: {Calls: 1}}
	f := create(t)
	if err := f.AddSample(s, given); err != nil {
		t.Fatal(err)
	}
	want := stored{&probes.Sample{Backends: make([]probes.Backend, 1)}, probes.Assessment{}}
	setTimes(reflect.ValueOf(want.sample).Elem(), start)
	setTimes(reflect.ValueOf(&want.assessment).Elem(), start)
	if got := readSamples(t, f); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Errorf("got\n%+v, want UTC only", got)
	}
}

// setTimes sets every time in a value and counts them.
func setTimes(v reflect.Value, to time.Time) int {
	n := 0
	switch {
	case v.Type() == reflect.TypeOf(to):
		v.Set(reflect.ValueOf(to))
		n++
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			n += setTimes(v.Field(i), to)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			n += setTimes(v.Index(i), to)
		}
	}
	return n
}

func TestRandomSamplesRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f, err := Create(t.TempDir(), "orders", start)
		if err != nil {
			rt.Fatal(err)
		}
		defer f.Close()
		var want []stored
		for i := range rapid.IntRange(1, 5).Draw(rt, "samples") {
			s := sampleAt(i * rapid.SampledFrom([]int{1, 20, -1}).Draw(rt, "step"))
			s.Backends = s.Backends[:rapid.IntRange(0, 95).Draw(rt, "backends")]
			for i := range s.Backends {
				b := &s.Backends[i]
				b.QueryID = rapid.Int64().Draw(rt, "query id")
				b.Application = rapid.String().Draw(rt, "application")
				b.XactStart = genTime().Draw(rt, "xact").UTC()
			}
			d := &s.Statements.Deltas[0]
			d.Calls, d.TotalCalls = rapid.Int64().Draw(rt, "calls"), rapid.Int64().Draw(rt, "total")
			s.Statements.Deltas = append(s.Statements.Deltas, *d) // the same entry twice
			if rapid.Bool().Draw(rt, "standby") {
				s.Standby = &probes.Standby{ReplayAge: -1, ReceivedNotReplayed: rapid.Int64().Draw(rt, "bytes")}
			}
			a := probes.Assessment{Peak: rapid.Int().Draw(rt, "peak"), Baseline: probes.Baseline{Median: rapid.Float64Range(0, 1e6).Draw(rt, "median")}}
			if err := f.AddSample(s, a); err != nil {
				rt.Fatal(err)
			}
			want = append(want, stored{s, a})
		}
		got := readSamples(t, f)
		if len(got) != len(want) {
			rt.Fatalf("%d samples, want %d", len(got), len(want))
		}
		for i := range got {
			if !reflect.DeepEqual(got[i], want[i]) {
				rt.Fatalf("sample %d is\n%+v\n%+v, want\n%+v\n%+v", i, got[i].sample, got[i].assessment, want[i].sample, want[i].assessment)
			}
		}
	})
}

func TestSamplesStopAndNest(t *testing.T) {
	f := create(t)
	for i := range 3 {
		if err := f.AddSample(sampleAt(i), assessment()); err != nil {
			t.Fatal(err)
		}
	}
	visits := 0
	err := f.Samples(func(*probes.Sample, probes.Assessment) bool {
		visits++
		if _, err := f.AddEvent(Event{Title: "while reading"}); err != nil {
			t.Error(err)
		}
		return visits < 2
	})
	if err != nil || visits != 2 {
		t.Errorf("%d visits and %v, want 2", visits, err)
	}
}

func TestTextsAreStoredOnceAndWithoutLiterals(t *testing.T) {
	f := create(t)
	for i, texts := range []map[int64]string{
		{1: "SELECT * FROM t WHERE a = $1"},
		{2: "SELECT * FROM t WHERE a = 's3cret' AND b = 4711", 1: "SELECT * FROM t WHERE a = $1"},
		{3: "ALTER ROLE app PASSWORD 's3cret'"},
	} {
		s := sampleAt(i)
		s.Statements.Texts = texts
		if err := f.AddSample(s, assessment()); err != nil {
			t.Fatal(err)
		}
		if _, ok := s.Statements.Texts[int64(i+1)]; !ok {
			t.Error("the sample was changed")
		}
	}
	texts := must[map[int64]string](t)(f.Texts())
	if len(texts) != 3 || texts[1] != "SELECT * FROM t WHERE a = $1" || texts[3] != "ALTER" || !strings.Contains(texts[2], "a = $1") {
		t.Errorf("texts %v", texts)
	}
	var ids []string
	for _, got := range readSamples(t, f) {
		ids = append(ids, fmt.Sprint(len(got.sample.Statements.Texts)))
	}
	if got := strings.Join(ids, " "); got != "1 1 1" {
		t.Errorf("texts of the samples: %s, want each where it came first", got)
	}
	noSecret(t, f)
}

// noSecret closes the file and looks through all its bytes.
func noSecret(t *testing.T, f *File) {
	t.Helper()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	data := must[[]byte](t)(os.ReadFile(f.Path()))
	for _, secret := range []string{"s3cret", "4711"} {
		if strings.Contains(string(data), secret) {
			t.Errorf("the file holds %q", secret)
		}
	}
}
