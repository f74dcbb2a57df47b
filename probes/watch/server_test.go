package watch

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// next returns the next update that fits, or fails.
func next(t *testing.T, updates <-chan Update, fits func(Update) bool) Update {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		select {
		case update, ok := <-updates:
			if !ok {
				t.Fatal("the updates ended")
			}
			if fits(update) {
				return update
			}
		case <-deadline:
			t.Fatal("nothing that fits came in 30 s")
		}
	}
}

// TestOnsetOnAServer fills a real server's slots.
func TestOnsetOnAServer(t *testing.T) {
	dsn := pgtest.Database(t)
	server, err := live.New(live.Config{DSN: dsn, Interval: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	rec, err := record.Create(t.TempDir(), "orders", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	ctx, cancel := context.WithCancel(t.Context())
	updates := Follow(ctx, server, rec)
	defer func() {
		cancel()
		for range updates { // until Follow is done with the record
		}
	}()

	first := next(t, updates, func(u Update) bool { return u.Tick.Sample != nil })
	if names(first.Events) != "connected " {
		t.Errorf("events %q", names(first.Events))
	}
	fillSlots(t, dsn, first.Tick.Sample.Ceiling)
	onset := next(t, updates, func(u Update) bool { return u.Assessment.InIncident() })
	if onset.RecordErr != nil || onset.Assessment.Onset.Before(first.Tick.Sample.At) {
		t.Errorf("onset %+v, record %v", onset.Assessment, onset.RecordErr)
	}
	events, err := rec.Events()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(names(events), "onset ") {
		t.Errorf("recorded %q", names(events))
	}
}

// Somebody resets the statistics all the time: each reading counts from the reset on, and the timeline tells it once.
func TestManyResetsOnAServer(t *testing.T) {
	dsn := pgtest.Database(t)
	updates := follow(t, dsn)
	job := pgtest.Connect(t, dsn, nil)
	var resetting sync.WaitGroup
	defer resetting.Wait()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	resetting.Go(func() {
		for ctx.Err() == nil {
			_, _ = job.Exec(ctx, "SELECT pg_stat_statements_reset(), pg_sleep(0.15)") // the end of the test cancels the last one
		}
	})
	seen, told, late := 0, 0, 0
	next(t, updates, func(u Update) bool {
		for _, e := range u.Events {
			if e.Data["event"] == record.EventReset {
				told++
			}
		}
		if s := u.Tick.Sample; s != nil && s.Statements.Reset {
			seen++
			if at := s.Statements.ResetAt; !at.IsZero() && !s.Statements.Since.Equal(at) && s.Statements.Since.Before(s.At) {
				late++
			}
		}
		return seen == 8
	})
	if told != 1 || late > 0 {
		t.Errorf("%d resets seen: %d events, %d readings that do not count from the reset on", seen, told, late)
	}
}

// fillSlots opens as many connections as make an onset; they are closed with the test.
func fillSlots(t *testing.T, dsn string, ceiling probes.Ceiling) {
	t.Helper()
	for range ceiling.Application()*AlarmPercent/100 + 1 {
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(t.Context()) }) // the database is dropped anyway
	}
}
