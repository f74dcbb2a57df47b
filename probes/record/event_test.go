package record

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"pgregory.net/rapid"
)

// genTime makes times between the years 1 and 9999, the unset one and other zones included.
func genTime() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "unset") {
			return time.Time{}
		}
		zone := time.FixedZone("", rapid.IntRange(-12*60, 12*60).Draw(t, "zone")*60)
		return time.Unix(rapid.Int64Range(-60_000_000_000, 250_000_000_000).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).In(zone)
	})
}

func genEvent() *rapid.Generator[Event] {
	return rapid.Custom(func(t *rapid.T) Event {
		text := rapid.String()
		return Event{
			Kind: Kind(text.Draw(t, "kind")), At: genTime().Draw(t, "at"), End: genTime().Draw(t, "end"), Basis: Basis(text.Draw(t, "basis")),
			RecordedAt: genTime().Draw(t, "recorded"), Author: text.Draw(t, "author"), Source: text.Draw(t, "source"),
			Server: text.Draw(t, "server"), Title: text.Draw(t, "title"), Body: text.Draw(t, "body"), SQL: text.Draw(t, "sql"),
			Data: rapid.MapOf(text, text).Draw(t, "data"), Evidence: rapid.SliceOf(text).Draw(t, "evidence"),
			Within: time.Duration(rapid.Int64Range(0, 1<<40).Draw(t, "within")), Star: rapid.Bool().Draw(t, "star"), Internal: rapid.Bool().Draw(t, "internal"),
		}
	})
}

func TestEventRoundTrip(t *testing.T) {
	f := create(t)
	var stored []Event
	rapid.Check(t, func(t *rapid.T) {
		e := genEvent().Draw(t, "event")
		got, err := f.AddEvent(e)
		if err != nil {
			t.Fatal(err)
		}
		if got.ID == "" || got.RecordedAt.IsZero() || !got.At.Equal(e.At) || got.Title != e.Title {
			t.Fatalf("stored %+v for %+v", got, e)
		}
		stored = append(stored, got)
	})
	sort.Slice(stored, func(i, j int) bool {
		if !stored[i].At.Equal(stored[j].At) {
			return stored[i].At.Before(stored[j].At)
		}
		return stored[i].ID < stored[j].ID
	})
	events, err := f.Events()
	if err != nil {
		t.Fatal(err)
	}
	if len(events) != len(stored) {
		t.Fatalf("%d events, want %d", len(events), len(stored))
	}
	for i := range events {
		if !reflect.DeepEqual(events[i], stored[i]) {
			t.Fatalf("event %d is\n%+v, want\n%+v", i, events[i], stored[i])
		}
	}
}

func TestEventIsStoredOnce(t *testing.T) {
	f := create(t)
	first := must[Event](t)(f.AddEvent(Event{Title: "as it was"}))
	must[Event](t)(f.AddEvent(Event{ID: first.ID, Title: "otherwise"}))
	events := must[[]Event](t)(f.Events())
	if len(events) != 1 || events[0].Title != "as it was" {
		t.Errorf("events %+v, want the first alone", events)
	}
}

func TestIDsRise(t *testing.T) {
	ids := newIDMaker()
	last := ""
	for i := range 1000 {
		now := start.Add(time.Duration(-i) * time.Millisecond) // a clock that is set back
		id := must[string](t)(ids.next(now))
		if id <= last {
			t.Fatalf("id %s after %s", id, last)
		}
		last = id
	}
}

func TestManyWriters(t *testing.T) {
	f := create(t)
	const writers, each = 8, 20
	var wg sync.WaitGroup
	for range writers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range each {
				if _, err := f.AddEvent(Event{At: start, Title: "event"}); err != nil {
					t.Error(err)
				}
				if err := f.AddSample(sampleAt(i), assessment()); err != nil {
					t.Error(err)
				}
				if _, err := f.Events(); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	if events := must[[]Event](t)(f.Events()); len(events) != writers*each {
		t.Errorf("%d events, want %d", len(events), writers*each)
	}
}

// victimFolder tells this test program, started again, to write events until it is killed.
const victimFolder = "PGMEDIC_TEST_VICTIM"

// TestVictim is the process that TestKilledWriter kills.
func TestVictim(t *testing.T) {
	folder := os.Getenv(victimFolder)
	if folder == "" {
		return // an ordinary run of the tests
	}
	f := must[*File](t)(Create(folder, "orders", start))
	for i := 0; ; i++ {
		e := must[Event](t)(f.AddEvent(Event{At: start, Title: "event"}))
		if err := f.AddSample(sampleAt(i), assessment()); err != nil {
			t.Fatal(err)
		}
		fmt.Println("stored", e.ID)
	}
}

func TestKilledWriter(t *testing.T) {
	folder := t.TempDir()
	victim := exec.Command(os.Args[0], "-test.run=^TestVictim$")
	victim.Env = append(os.Environ(), victimFolder+"="+folder)
	stdout, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]bool{}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if id, ok := strings.CutPrefix(lines.Text(), "stored "); ok {
			acknowledged[id] = true
		}
		if len(acknowledged) == 100 {
			_ = victim.Process.Kill() // what it wrote until then is still read
		}
	}
	_ = victim.Wait() // "signal: killed"

	path := filepath.Join(folder, fileName("orders", start))
	if _, err := os.Stat(path + "-wal"); err != nil {
		t.Fatalf("the killed writer left no log: %v", err)
	}
	f := reopen(t, path)
	for _, e := range must[[]Event](t)(f.Events()) {
		delete(acknowledged, e.ID)
	}
	if len(acknowledged) > 0 {
		t.Errorf("%d acknowledged events are lost", len(acknowledged))
	}
	if n := len(readSamples(t, f)); n < 99 {
		t.Errorf("%d samples, want at least 99", n)
	}
}

// An event concerns a database by whatever address that is reached, also after a failover; what concerns the whole cluster does so in every database.
func TestConcerns(t *testing.T) {
	server := func(host, database, system string, timeline int) probes.Server {
		return probes.Server{Host: host, Port: 5432, Database: database, SystemIdentifier: system, Timeline: timeline}
	}
	here := server("db-1", "shop", "73", 2)
	for _, c := range []struct {
		of            probes.Server
		want, cluster bool
	}{
		{of: here, want: true, cluster: true},
		{of: server("/var/run/postgresql", "shop", "73", 2), want: true, cluster: true},
		{of: server("fd00::1", "shop", "73", 1), want: true, cluster: true},
		{of: server("db-1", "a/b system 73", "73", 2), cluster: true},
		{of: server("db-1", "other", "73", 1), cluster: true},
		{of: server("db-1", "shop", "74", 2)},
	} {
		e := Event{Server: Identity(c.of)}
		if got := e.Concerns(here); got != c.want {
			t.Errorf("%s: %v", e.Server, got)
		}
		e.Data = map[string]string{DataScope: ScopeCluster}
		if got := e.Concerns(here); got != c.cluster {
			t.Errorf("%s, cluster: %v", e.Server, got)
		}
	}
	if (Event{Server: "orders@db-1"}).Concerns(here) {
		t.Error("an event of no known server")
	}
}
