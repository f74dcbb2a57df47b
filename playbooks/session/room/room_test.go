package room

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestQueries(t *testing.T) {
	pgtest.Queries(t, sqlFiles, func(name string, _ ...string) string { return query(name) })
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const dedup = "SELECT id, title FROM reports.reports WHERE user_id = $1 AND completed_at IS NULL"

// backends are n sessions of one state, which they have been in for so long; those that are active run statement 1.
func backends(n int, state string, since time.Duration) []probes.Backend {
	var all []probes.Backend
	for i := range n {
		at := noon.Add(-since - time.Duration(i)*time.Millisecond)
		b := probes.Backend{Type: "client backend", State: state, UserOID: 10, DatabaseOID: 5, User: "app", Database: "orders", Application: "worker",
			Client: fmt.Sprintf("10.0.0.%d", i%2+1), BackendStart: noon.Add(-time.Hour), StateChange: at, QueryStart: at}
		if state != "idle" {
			b.XactStart = at
		}
		if state == "active" {
			b.QueryID = 1
		}
		all = append(all, b)
	}
	return all
}

// windowOf has one sample of these sessions, with 97 slots, where statement 1 has ended so many times a second.
func windowOf(perSecond int64, groups ...[]probes.Backend) *probes.Window {
	s := &probes.Sample{At: noon, Server: probes.Server{Database: "orders"}, Ceiling: probes.Ceiling{MaxConnections: 100, SuperuserReserved: 3, DatabaseLimit: -1}}
	for _, g := range groups {
		s.Backends = append(s.Backends, g...)
	}
	for i := range s.Backends {
		s.Backends[i].PID = int32(i + 1)
	}
	key := probes.StatementKey{DatabaseOID: 5, UserOID: 10, QueryID: 1, TopLevel: true}
	s.Statements = probes.Statements{Known: true, Since: noon.Add(-time.Second), Texts: map[int64]string{1: dedup},
		Deltas: []probes.StatementDelta{{StatementKey: key, Calls: perSecond, ExecTime: time.Duration(perSecond) * time.Second}}}
	w := probes.NewWindow(time.Minute)
	w.Add(s, probes.Assessment{})
	return w
}

func TestDiagnose(t *testing.T) {
	limited := func(here int) *probes.Window { // 60 clients, so many of them in this database with a limit of 20
		w := windowOf(1, backends(60, "idle", time.Second))
		s := w.Last()
		s.Server.Database, s.Ceiling.DatabaseLimit = "here", 20
		for i := range here {
			s.Backends[i].Database = "here"
		}
		return w
	}
	byRole := windowOf(1, backends(60, "idle", time.Second)) // 17 of them of a role with a limit of 20, and 3 of pgmedic's as that role
	byRole.Last().Ceiling.RoleLimits = []probes.RoleLimit{{Role: "small", Slots: 20}}
	for i := range byRole.Last().Backends[:20] {
		byRole.Last().Backends[i].User, byRole.Last().Backends[i].Ours = "small", i < 3
	}
	for name, c := range map[string]struct {
		window   *probes.Window
		severity playbooks.Severity
		want     string
	}{
		"calm":         {windowOf(1, backends(70, "idle", time.Second)), 0, ""},
		"crowded":      {windowOf(1, backends(80, "idle", time.Second)), playbooks.Warning, "17 slots left (80 application + 0 pgmedic of 97)"},
		"full":         {windowOf(1, backends(95, "active", time.Second)), playbooks.Critical, "2 slots left (95 application + 0 pgmedic of 97)"},
		"own limit":    {limited(19), playbooks.Critical, "1 slot left in this database (19 application + 0 pgmedic of 20, its own limit)"},
		"role's limit": {byRole, playbooks.Critical, "0 slots left for role small (17 application + 3 pgmedic of 20, its own limit)"},
		"elsewhere":    {limited(5), 0, ""},
	} {
		found := New().Diagnose(c.window)
		switch {
		case c.want == "" && len(found) == 0:
		case len(found) != 1 || found[0].Title != c.want || found[0].Severity != c.severity || found[0].Action != "make room" || found[0].Playbook != "room":
			t.Errorf("%s: found %+v, want %q", name, found, c.want)
		case found[0].Seen == nil || found[0].Seen.Sample == nil:
			t.Errorf("%s: the finding does not say in what it was seen", name)
		}
	}
	empty := probes.NewWindow(time.Minute)
	if found := New().Diagnose(empty); found != nil {
		t.Error("found something before the first sample:", found)
	}
	if _, why := New().(playbooks.ByHand).ByHand(empty, probes.StatementLoad{}); why == "" {
		t.Error("it can be started by hand before anything was seen")
	}
}

// drafted drafts for what is seen in the window; the drafts in their order.
func drafted(t *testing.T, w *probes.Window) []*playbooks.Draft {
	t.Helper()
	found := New().Diagnose(w)
	if len(found) != 1 {
		t.Fatalf("found %+v", found)
	}
	d, err := New().Draft(t.Context(), nil, found[0])
	if err != nil {
		t.Fatal(err)
	}
	return append([]*playbooks.Draft{d}, d.Others...)
}

func kindsOf(drafts []*playbooks.Draft) string {
	var kinds []string
	for _, d := range drafts {
		kinds = append(kinds, fmt.Sprintf("%s %d", d.Kind, len(d.Rows)))
	}
	return strings.Join(kinds, ", ")
}

func TestGentlestFirst(t *testing.T) {
	locked := backends(4, "active", 3*time.Second)
	for i := range locked {
		locked[i].WaitType = "Lock"
	}
	drafts := drafted(t, windowOf(40, backends(60, "active", 2*time.Second), backends(5, "idle in transaction", time.Minute), backends(3, "idle", time.Minute),
		backends(20, "idle", time.Second), locked))
	if got := kindsOf(drafts); got != "terminate idle 3, terminate idle in transaction 5, hold the line 0, cancel waiting 4, cancel active 19" {
		t.Errorf("drafted %s", got)
	}
	long := drafted(t, windowOf(0, backends(90, "active", time.Minute)))
	if got := kindsOf(long); got != "cancel active 17, hold the line 0" {
		t.Errorf("of long calls: drafted %s", got)
	}
}

// What the picture says of each group: how many, what its removal frees and costs, who it is, and who is left out and why.
func TestPicture(t *testing.T) {
	boss := backends(2, "active", time.Second)
	for i := range boss {
		boss[i].User, boss[i].Superuser = "postgres", true
	}
	drafts := drafted(t, windowOf(40, backends(80, "active", 2*time.Second), backends(5, "idle", time.Minute), boss))
	var lines []string
	for _, r := range drafts[0].Reasons {
		lines = append(lines, r.Part+": "+r.Why)
	}
	text := strings.Join(lines, "\n")
	for _, want := range []string{
		"24 of 97 slots are to be free, 10 are: the 5 oldest of 5 that may be ended",
		"80 active on SELECT … FROM reports.reports",
		"cancelling fails 80 requests and frees their sessions for the next ones for about 2 s, since 40 calls a second arrive",
		"application worker · role app · from 10.0.0.1 40, 10.0.0.2 40 · oldest 2.1 s, median 2 s",
		"5 idle: ", "ending them frees 5 slots until their clients connect again, which is not known",
		"left out: 2: its role is a superuser",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the picture lacks %q:\n%s", want, text)
		}
	}
	price := drafts[0].Prices[0]
	if price.Name != "slots free" || price.Now != "10 of 97" || price.Value != "15 of 97" || drafts[0].Kind == "" {
		t.Errorf("price %+v of %s", price, drafts[0].Title)
	}
}

func TestAtMostSoMany(t *testing.T) {
	w := windowOf(0, backends(1950, "idle", time.Hour))
	w.Last().Ceiling.MaxConnections = 2003
	first := drafted(t, w)[0]
	if len(first.Rows) != mostAtOnce || first.Word != "terminate 100 idle" {
		t.Errorf("%d rows, word %q", len(first.Rows), first.Word)
	}
	if !strings.Contains(strings.Join(first.Warnings, "\n"), "it is not enough: 350 more are needed for 500 free slots") {
		t.Errorf("warnings %q", first.Warnings)
	}
}

func TestNothingToEnd(t *testing.T) {
	for name, c := range map[string]struct {
		window *probes.Window
		want   string
	}{
		"in use": {windowOf(0, backends(95, "idle", time.Second)), "95 are idle for less than 30 s, between two requests of their pools"},
		"hidden": {windowOf(0, backends(95, "", time.Second)), "left out: 95: what it does is not visible to this role"},
	} {
		_, err := New().Draft(t.Context(), nil, New().Diagnose(c.window)[0])
		var none *playbooks.NoDraft
		if !errors.As(err, &none) || !strings.Contains(none.Reason, c.want) || none.Instead == "" {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	f, why := New().(playbooks.ByHand).ByHand(windowOf(1, backends(5, "active", time.Second)), probes.StatementLoad{})
	_, err := New().Draft(t.Context(), nil, f)
	if why != "" || err == nil || !strings.Contains(err.Error(), "92 of 97 slots are free: there is room") {
		t.Errorf("by hand on a calm server: %q, %v", why, err)
	}
}

// A statement that a person chose is cancelled, or held back, although there is room.
func TestChosenByHand(t *testing.T) {
	w := windowOf(1, backends(5, "active", time.Minute))
	f, _ := New().(playbooks.ByHand).ByHand(w, w.Statements()[0])
	d, err := New().Draft(t.Context(), nil, f)
	if err != nil {
		t.Fatal(err)
	}
	if got := kindsOf(append([]*playbooks.Draft{d}, d.Others...)); got != "hold the line 0, cancel active 5" {
		t.Errorf("drafted %s", got)
	}
}
