package snapshot

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// A primary with a standby and a slot that nobody uses; then the standby itself.
func TestStandby(t *testing.T) {
	primary, err := pgserver.Start(t.Context(), pgserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = primary.Stop() })
	standby, err := pgserver.Standby(t.Context(), primary, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = standby.Stop() })
	unknown := takeIt(t, standby.DSN("postgres"), Options{}) // it has replayed no transaction yet
	if replayed := pgtest.Value(t, standby.DSN("postgres"), "SELECT coalesce(pg_last_xact_replay_timestamp()::text, '')"); replayed != "" {
		t.Fatalf("it has replayed a transaction of %s", replayed)
	}
	if unknown.Standby == nil || unknown.Standby.ReplayAgeS != nil {
		t.Errorf("standby %+v", unknown.Standby)
	}
	if text := unknown.Text(160, false); !strings.Contains(text, "that this standby replayed last is not known") {
		t.Errorf("text:\n%s", text)
	}
	dsn := primary.DSN("postgres")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "SELECT pg_create_physical_replication_slot('forgotten', true)", "CREATE TABLE replayed ()")
	pgtest.Eventually(t, standby.DSN("postgres"), "SELECT 1 WHERE pg_last_xact_replay_timestamp() IS NOT NULL")
	pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'")

	p := takeIt(t, dsn, Options{For: 200 * time.Millisecond})
	if p.Standby != nil || len(p.Replicas) != 1 || p.Replicas[0].State != "streaming" || len(p.Slots) == 0 {
		t.Errorf("standby %+v, replicas %+v, slots %+v", p.Standby, p.Replicas, p.Slots)
	}
	if text := p.Text(160, false); !strings.Contains(text, "slot forgotten is not used") || !strings.Contains(text, "primary;") {
		t.Errorf("text:\n%s", text)
	}
	s := takeIt(t, standby.DSN("postgres"), Options{For: 200 * time.Millisecond})
	if !s.Server.InRecovery || s.Standby == nil || !s.Standby.Receiving || s.Standby.NotReplayedBytes == nil {
		t.Errorf("server %+v, standby %+v", s.Server, s.Standby)
	}
	if text := s.Text(160, false); !strings.Contains(text, "standby;") || !strings.Contains(text, "this standby replayed a transaction of") {
		t.Errorf("text:\n%s", text)
	}
}
