package brake

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/record"
)

// A brake that is in force is told of until it is taken back.
func TestReminder(t *testing.T) {
	b := newBench(t)
	if found := b.leftovers(b.rec.events...); len(found) != 0 {
		t.Errorf("found %+v before anything was done", found)
	}
	b.applied(b.timeout(5 * time.Second))
	found := b.leftovers(b.rec.events...)
	since := b.rec.events[0].At.UTC().Format("15:04 UTC")
	want := "statement_timeout = 5 s is in force for role " + b.role.name + " in database " + b.database.name + " since " + since
	if len(found) != 1 || found[0].Title != want || found[0].Action != "take it back" || found[0].Playbook != playbookName ||
		found[0].Leftover.End != nil {
		t.Fatalf("found %+v, want %s", found, want)
	}
	b.applied(found[0].Leftover.Draft)
	if found := b.leftovers(b.rec.events...); len(found) != 0 || b.limits() != "-1 -1 " {
		t.Errorf("found %+v, and there is %s", found, b.limits())
	}
}

// One that somebody else took back is told of once.
func TestGone(t *testing.T) {
	b := newBench(t)
	b.applied(b.roleLimit(3))
	b.execute("ALTER ROLE " + b.role.quoted() + " CONNECTION LIMIT 50")
	found := b.leftovers(b.rec.events...)
	if len(found) != 1 || found[0].Leftover.Draft != nil || found[0].Playbook != "" || !strings.HasPrefix(found[0].Title,
		"no longer in force: CONNECTION LIMIT = 3 for role ") {
		t.Fatalf("found %+v", found)
	}
	end := found[0].Leftover.End(time.Now())
	if end.Kind != record.Acted || end.Data["ended"] != b.rec.events[0].ID || end.Data["state"] != "" || end.Server != b.rec.events[0].Server {
		t.Errorf("closed by %+v", end)
	}
	if found := b.leftovers(append(slices.Clone(b.rec.events), end)...); len(found) != 0 {
		t.Errorf("found again: %+v", found)
	}
}

// An intent whose outcome is not on record is closed by what is there.
func TestOutcomeLost(t *testing.T) {
	b := newBench(t)
	d := b.timeout(5 * time.Second)
	b.applied(d)
	lost := b.rec.events[:1]
	found := b.leftovers(lost...)
	if len(found) != 1 || found[0].Leftover.Draft == nil || found[0].Leftover.End == nil {
		t.Fatalf("found %+v", found)
	}
	end := found[0].Leftover.End(time.Now())
	if end.Data["state"] != string(playbooks.Applied) || end.Data["intent"] != lost[0].ID || end.Data["found"] == "" {
		t.Errorf("closed by %+v", end)
	}
	if found := b.leftovers(lost[0], end); len(found) != 1 || found[0].Leftover.End != nil || found[0].Leftover.Draft == nil {
		t.Errorf("found then %+v", found)
	}
	b.applied(found[0].Leftover.Draft)
	found = b.leftovers(lost...)
	if len(found) != 1 || found[0].Leftover.Draft != nil {
		t.Fatalf("found %+v", found)
	}
	if end := found[0].Leftover.End(time.Now()); end.Data["state"] != string(playbooks.Failed) || len(b.leftovers(lost[0], end)) != 0 {
		t.Errorf("closed by %+v", end)
	}
}

// A brake upon a brake: the newest is told of, and after it was taken back the one below.
func TestBrakeUponBrake(t *testing.T) {
	b := newBench(t)
	b.applied(b.timeout(10 * time.Second))
	b.applied(b.timeout(2 * time.Second))
	b.applied(b.idle(time.Minute))
	title := func(found []playbooks.Finding) string {
		var titles []string
		for _, f := range found {
			name, _, _ := strings.Cut(f.Title, " is in force")
			titles = append(titles, name)
		}
		return strings.Join(titles, ", ")
	}
	found := b.leftovers(b.rec.events...)
	if got := title(found); got != "statement_timeout = 2 s, idle_in_transaction_session_timeout = 60 s" {
		t.Fatal(got)
	}
	b.applied(found[0].Leftover.Draft)
	found = b.leftovers(b.rec.events...)
	if got := title(found); got != "statement_timeout = 10 s, idle_in_transaction_session_timeout = 60 s" {
		t.Fatal(got)
	}
	b.applied(found[0].Leftover.Draft)
	b.applied(found[1].Leftover.Draft)
	if found := b.leftovers(b.rec.events...); len(found) != 0 || b.limits() != "-1 -1 " {
		t.Errorf("found %+v, and there is %s", found, b.limits())
	}
}

// What is on a record that somebody else wrote is no SQL.
func TestForeignRecord(t *testing.T) {
	for _, data := range []map[string]string{
		{dataLimits: connectionLimit, dataRoleOID: "10", dataFrom: "-1; DROP ROLE x", dataTo: "3"},
		{dataLimits: "search_path", dataRoleOID: "10", dataFrom: "", dataTo: "x"},
		{dataLimits: statementTimeout, dataRoleOID: "ten"},
		{},
	} {
		if c, ok := recorded(data); ok {
			t.Errorf("%v was taken for %+v", data, c)
		}
	}
	c, ok := recorded(map[string]string{dataLimits: statementTimeout, dataRoleOID: "10", dataRole: "r", dataFrom: "1'; DROP ROLE x", dataTo: "5s"})
	if !ok || c.inverse().statement() != "ALTER ROLE r SET statement_timeout = '1''; DROP ROLE x'"+tag {
		t.Error(c.inverse().statement())
	}
}
