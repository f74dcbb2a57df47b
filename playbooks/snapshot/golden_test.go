package snapshot

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files of the server's major version")

// normalise gives what differs from run to run fixed values; everything else in a golden file is as the server told it.
func normalise(s *Snapshot, scene scene) {
	s.At = time.Date(2026, 11, 23, 16, 20, 5, 0, time.UTC)
	s.LookedForS, s.Samples, s.Statements.WindowS = 2, 3, ref(2.0)
	s.Server.Port, s.Server.Database, s.Server.SystemIdentifier, s.Server.StartedAt = 5432, "orders", ref("7300000000000000001"), s.At.Add(-time.Hour)
	s.Server.Version = fmt.Sprintf("%d.x", s.Server.VersionNum/10000)
	s.Server.VersionNum = s.Server.VersionNum / 10000 * 10000
	s.Cost.WaitedMS = 45.1
	pids := map[int32]int32{scene.blocker: 101, scene.waiters[0]: 102, scene.waiters[1]: 103}
	session := func(one *Session) {
		if pids[one.PID] == 0 {
			pids[one.PID] = 104 // the oldest of the three
		}
		one.PID, one.Database = pids[one.PID], "orders"
		one.InStateS, one.TxS = ref(7.1), ref(7.2)
	}
	for i := range s.Blocking.Roots {
		session(&s.Blocking.Roots[i].Session)
		for j := range s.Blocking.Roots[i].Waiters {
			session(&s.Blocking.Roots[i].Waiters[j].Session)
			s.Blocking.Roots[i].Waiters[j].WaitS = ref(6.9)
		}
	}
	for i := range s.Transactions {
		session(&s.Transactions[i].Session)
	}
	for i := range s.Statements.Top { // ids are made of the tables' oids
		s.Statements.Top[i].QueryID, s.Statements.Top[i].Database = fmt.Sprint(i+1), "orders"
	}
	s.Connections.ByDatabase[0].Name = "orders"
	s.Progress = []Progress{}                                                                                                 // autovacuum may come by
	s.Findings = slices.DeleteFunc(s.Findings, func(f Finding) bool { return f.Playbook != nil && *f.Playbook == "unblock" }) // there is one as soon as they have waited for long
	s.Headline = headline(s)
}

// TestScene looks at one scene in several ways: making it takes seconds.
func TestScene(t *testing.T) {
	scene := newScene(t)
	t.Run("golden", func(t *testing.T) { golden(t, scene) })
	t.Run("one sample", func(t *testing.T) { oneSample(t, scene) })
	t.Run("role with nothing", func(t *testing.T) { roleWithNothing(t, scene) })
	t.Run("stranger", func(t *testing.T) { stranger(t, scene) })
	t.Run("without the extension", func(t *testing.T) { withoutTheExtension(t, scene) })
}

func golden(t *testing.T, scene scene) {
	t.Helper()
	takeIt(t, scene.dsn, Options{For: time.Second}) // what pgmedic itself sends for the first time after a reset is not known as its own at once
	s := takeIt(t, scene.dsn, Options{For: 2 * time.Second})
	checkScene(t, s)
	major := s.Server.VersionNum / 10000
	normalise(s, scene)
	json, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join("testdata", fmt.Sprint(major))
	if _, err := os.Stat(folder); err != nil && !*update {
		return // no golden files of this version: the structure was checked
	}
	for name, text := range map[string]string{"text80.txt": s.Text(80, false), "text160.txt": s.Text(160, false), "chat.md": s.Markdown(), "snapshot.json": json} {
		compare(t, filepath.Join(folder, name), text)
	}
}

func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not as seen now (go test -update rewrites it):\n%s", path, got)
	}
}

// checkScene holds on every version.
func checkScene(t *testing.T, s *Snapshot) {
	t.Helper()
	if want := regexp.MustCompile(`^15 of 97 slots taken; 3 run one statement \(SELECT … FROM reports\.reports .*\); ` +
		`2 wait for a lock behind pid \d+ of billing, idle in transaction for [\d.]+ m?i?n?s?`); !want.MatchString(s.Headline) {
		t.Errorf("headline %q", s.Headline)
	}
	c := s.Connections
	if c.Clients != 14 || c.Pgmedic != 1 || c.StateHidden != 0 || stateWords(c) != "active 5, idle 8, idle in transaction 1; waiting for a lock 2" {
		t.Errorf("connections %+v: %s", c, stateWords(c))
	}
	if c.Limit == nil || c.Limit.Slots != 97 || c.Limit.Taken != 15 {
		t.Errorf("limit %+v", c.Limit)
	}
	if got := c.ByApplication[0]; got.Name != "orders-api" || got.Sessions != 6 || *got.Clients != 1 || *got.Least != 6 || *got.Most != 6 {
		t.Errorf("first application %+v", got)
	}
	if len(c.ByClient) != 1 || c.ByClient[0].Name != "client-1" {
		t.Errorf("clients %+v", c.ByClient)
	}
	first := s.Statements.Top[0]
	if first.Held == nil || *first.Held != 3 || !first.Lagging || first.MeanMS != nil || strings.Contains(*first.Text, "secret") {
		t.Errorf("first statement %+v", first)
	}
	if b := s.Blocking; b == nil || b.Waiting != 2 || len(b.Roots) != 1 || b.Roots[0].Application != "billing" || len(b.Roots[0].Waiters) != 2 {
		t.Errorf("blocking %+v", b)
	}
	if len(s.Transactions) != 3 || s.Transactions[0].Sessions != 3 || !s.Transactions[1].Wrote {
		t.Errorf("transactions %+v", s.Transactions)
	}
	if len(s.Blind) > 0 {
		t.Errorf("not known: %+v", s.Blind)
	}
	if s.Replicas == nil || s.Slots == nil || s.Standby != nil {
		t.Errorf("replicas %v, slots %v, standby %v: want none, and known", s.Replicas, s.Slots, s.Standby)
	}
	if s.LookedForS < 1.8 || s.LookedForS > 6 || s.Samples < 2 || s.Cost.WaitedMS <= 0 {
		t.Errorf("looked for %v s, %d samples, %v ms", s.LookedForS, s.Samples, s.Cost.WaitedMS)
	}
}
