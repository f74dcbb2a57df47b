package pgserver

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAStandbyFollowsItsPrimary(t *testing.T) {
	primary := start(t, quick())
	standby, err := Standby(context.Background(), primary, map[string]string{"pgmedic.own": "standby"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = standby.Stop() })
	if got := ask(t, standby, "SELECT pg_is_in_recovery() || ' ' || current_setting('pgmedic.own')"); got != "true standby" {
		t.Errorf("the standby says %s", got)
	}
	ask(t, primary, "SELECT pg_create_restore_point('here')::text")
	before := ask(t, primary, "SELECT pg_switch_wal()::text")
	for deadline := time.Now().Add(startLimit); ask(t, standby, "SELECT (pg_last_wal_replay_lsn() >= '"+before+"')::text") != "true"; {
		if time.Now().After(deadline) {
			t.Fatal("the standby does not follow")
		}
	}
	if got := ask(t, primary, "SELECT application_name || ' ' || state FROM pg_stat_replication"); got != "standby streaming" {
		t.Errorf("the primary has %s", got)
	}
	if got := ask(t, standby, "SELECT pg_promote()::text"); got != "true" {
		t.Errorf("promoted: %s", got)
	}
}

func TestAServerIsRevivedAfterACrash(t *testing.T) {
	s := start(t, quick())
	before, port := ask(t, s, "SELECT pg_postmaster_start_time()::text"), s.Port()
	if err := s.Crash(); err != nil {
		t.Fatal(err)
	}
	if err := s.Revive(context.Background()); err != nil {
		t.Fatal(err)
	}
	if after := ask(t, s, "SELECT pg_postmaster_start_time()::text"); strings.Compare(after, before) <= 0 || s.Port() != port {
		t.Errorf("started at %s on port %d, before at %s on %d", after, s.Port(), before, port)
	}
}

func TestServersOfATemplateAreApart(t *testing.T) {
	temp := ownTemp(t)
	template, err := NewTemplate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
	t.Cleanup(func() { _ = template.Remove() })
	var servers [2]*Server
	for i := range servers {
		if servers[i], err = template.Start(t.Context(), map[string]string{"pgmedic.own": strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = servers[i].Stop() })
	}
	ask(t, servers[0], "SELECT lo_create(7)::text")
	for i, s := range servers {
		if got := ask(t, s, "SELECT current_setting('pgmedic.own') || (NOT EXISTS (SELECT FROM pg_largeobject_metadata))"); got != []string{"0false", "1true"}[i] {
			t.Errorf("server %d says %s", i, got)
		}
	}
}
