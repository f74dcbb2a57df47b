package session

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// Who is left alone even by itself, and what is said of it.
func TestBarred(t *testing.T) {
	client := probes.Backend{Type: "client backend", State: "idle in transaction", BackendStart: time.Unix(1, 0), User: "jane"}
	change := func(f func(*probes.Backend)) probes.Backend { b := client; f(&b); return b }
	for _, c := range []struct {
		b    probes.Backend
		want string
	}{
		{client, ""},
		{change(func(b *probes.Backend) { b.Superuser = true }), ""},
		{change(func(b *probes.Backend) { b.Ours = true }), "pgmedic's own"},
		{change(func(b *probes.Backend) { b.Application = probes.ApplicationName }), "pgmedic's own"},
		{change(func(b *probes.Backend) { b.State = "" }), "not visible"},
		{change(func(b *probes.Backend) { b.State = "disabled" }), "track_activities"},
		{change(func(b *probes.Backend) { b.Type = "" }), "not visible"},
		{change(func(b *probes.Backend) { b.Type = "autovacuum worker" }), "deadlock_timeout"},
		{change(func(b *probes.Backend) { b.Type = "walsender" }), "a replica or a subscriber hangs on it"},
		{change(func(b *probes.Backend) { b.Type = "logical replication worker" }), "no client's session but a logical replication worker"},
	} {
		reason, instead := Barred(c.b)
		if (reason == "") != (c.want == "") || !strings.Contains(reason, c.want) || (reason == "") != (instead == "") {
			t.Errorf("%+v: %q, instead %q", c.b, reason, instead)
		}
	}
}

// What each kind of maintenance leaves where it is ended.
func TestLeftBehind(t *testing.T) {
	s := &probes.Sample{
		Builds:   []probes.IndexBuild{{PID: 1, Command: "CREATE INDEX"}, {PID: 2, Command: "CREATE INDEX CONCURRENTLY"}, {PID: 3, Command: "REINDEX CONCURRENTLY"}},
		Progress: []probes.Progress{{PID: 4, Command: "VACUUM"}, {PID: 5, Command: "COPY FROM"}},
	}
	for pid, want := range map[int32]string{1: "that is undone", 2: "an INVALID index behind", 3: "_ccnew", 4: "it runs VACUUM: ended, it has to be started anew", 5: "", 6: ""} {
		if got := LeftBehind(s, pid); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("pid %d: %q", pid, got)
		}
	}
}
