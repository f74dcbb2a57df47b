package drill

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgmedic/pgmedic/probes/record"
)

func TestPopulation(t *testing.T) {
	for _, c := range []struct{ rows, whale, organizations int }{
		{600_000, 150_000, 2_000},
		{60_000, 15_000, 200},
		{11_700_000, 150_000, 39_000},
	} {
		p := newPopulation(c.rows)
		if p.whaleRows != c.whale || p.organizations != c.organizations {
			t.Errorf("%d rows: %+v, want %d of the whale and %d organizations", c.rows, p, c.whale, c.organizations)
		}
		incomplete := float64(p.whaleRows*p.perMillion.whaleIncomplete+(c.rows-p.whaleRows)*p.perMillion.othersIncomplete) / 1e6
		if share := incomplete / float64(c.rows); share < 0.0265 || share > 0.0271 {
			t.Errorf("%d rows: a share of %.4f is incomplete, want 0.027", c.rows, share)
		}
	}
}

func TestRequests(t *testing.T) {
	data := newPopulation(DefaultRows)
	a, b := newChooser(data), newChooser(data)
	const n = 20_000
	whales, seen := 0, map[string]bool{}
	for range n {
		r := a.next()
		if r != b.next() {
			t.Fatal("two choosers differ")
		}
		if r.organization == whale {
			whales++
		}
		if seen[r.params] {
			t.Fatalf("the same params twice: %s", r.params)
		}
		seen[r.params] = true
	}
	if share := float64(whales) / n; share != 0.6 {
		t.Errorf("the whale asks for a share of %.3f, want 0.6", share)
	}
}

func TestClientLog(t *testing.T) {
	var l clientLog
	at := time.Date(2026, 11, 23, 16, 15, 0, 0, time.UTC)
	full := &pgconn.PgError{Code: "53300", Message: "too many\x1b[31m"}
	for i := range 3 {
		l.failed(fmt.Errorf("taking a connection: %w", full), at.Add(time.Duration(i)*time.Second))
	}
	l.failed(errNoConnection, at)
	l.created(4 * time.Millisecond)
	l.created(2 * time.Millisecond)

	served := l.takeServed()
	if served.Reports != 2 || served.Failed != 4 || served.Worst != 4*time.Millisecond {
		t.Errorf("served %+v", served)
	}
	events := l.takeErrors()
	if len(events) != 2 {
		t.Fatalf("%d events, want 2: %+v", len(events), events)
	}
	refused, timeout := events[0], events[1]
	if refused.Kind != record.Imported || refused.Data["errors"] != "3" || refused.Data["sqlstate"] != "53300" ||
		refused.At != at || refused.End != at.Add(2*time.Second) {
		t.Errorf("refused: %+v", refused)
	}
	if want := `report-worker: 3 × too many\x1B[31m (53300)`; refused.Title != want {
		t.Errorf("title %q, want %q", refused.Title, want)
	}
	if timeout.Data["errors"] != "1" || timeout.Data["sqlstate"] != "" || timeout.Data["error"] != "acquire timeout" {
		t.Errorf("timeout: %+v", timeout)
	}
	if more := l.takeErrors(); len(more) > 0 || l.takeServed() != (Served{}) {
		t.Errorf("the second time there is still %v", more)
	}
}

func TestErrorKinds(t *testing.T) {
	for _, c := range []struct {
		err  error
		want errorKind
	}{
		{&pgconn.PgError{Code: "57P01"}, errorKind{sqlstate: "57P01"}},
		{errTooMany, errorKind{name: "queue full"}},
		{errors.New("EOF"), errorKind{name: "connection lost"}},
	} {
		if got, _ := kindOf(c.err); got != c.want {
			t.Errorf("%v is %v, want %v", c.err, got, c.want)
		}
	}
}
