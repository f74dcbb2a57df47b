package snapshot

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestAddressesInTexts(t *testing.T) {
	a := aliases{names: map[string]string{"10.9.8.7": "client-1", "2001:db8::7": "client-2"}, host: "192.0.2.1"}
	for text, want := range map[string]string{
		"app - 10.9.8.7:43":                       "app - client-1:43",
		"app - [2001:DB8:0::7]:43":                "app - [client-2]:43",
		"app - ::ffff:10.9.8.7":                   "app - client-1",
		"pool:2001:db8::7":                        "pool:client-2",
		"x10.9.8.7y, 10.9.8.7.":                   "xclient-1y, client-1.",
		"app@ip-10-9-8-7.internal":                "app@ip-client-1.internal",
		"at 192-0-2-1, 2026-11-23-16, 1-2-3":      "at 192-0-2-1, 2026-11-23-16, 1-2-3",
		"PostgreSQL 15.18-0+deb12u1, 16:20:05":    "PostgreSQL 15.18-0+deb12u1, 16:20:05",
		"SELECT $1::date, a::bytea, c::abc, '::'": "SELECT $1::date, a::bytea, c::abc, '::'",
		"Foo::Bar":                     "Foo::Bar",
		"connecting to 192.0.2.1:5432": "connecting to 192.0.2.1:5432",
	} {
		if got := a.in(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := a.in("10.9.8.6 and 10.9.8.6"); got != "client-3 and client-3" {
		t.Errorf("a new address: %q", got)
	}
}

// Nobody's address is in any form of the snapshot, wherever it stood.
func TestNoAddressLeaves(t *testing.T) {
	sample := evilSample()
	ago := sample.At.Add(-time.Hour)
	sample.Replicas = []probes.Replica{{PID: 60, Client: "10.9.8.5", State: "catchup", XminAge: 2e6}}
	sample.Slots[0].Name = "slot 10.9.8.4"
	sample.Failures = append(sample.Failures, probes.Failure{Probe: "x", Reason: "dial tcp [2001:db8::9]:5432"})
	for i := range sample.Backends {
		sample.Backends[i].Application = "app - 10.9.8.7:43"
		sample.Backends[i].Client = "10.9.8.7"
		sample.Backends[i].User = "10.9.8.3"
		sample.Backends[i].XactStart = ago
	}
	s, err := Take(t.Context(), tape{{Sample: sample}}, Options{Wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	data, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for format, text := range map[string]string{"text": s.Text(80, false), "markdown": s.Markdown(), "JSON": data} {
		if strings.Contains(text, "10.9.8") || strings.Contains(text, "2001:db8") {
			t.Errorf("the %s holds an address:\n%s", format, text)
		}
		if !strings.Contains(text, "client-1:43") && format != "markdown" { // which escapes
			t.Errorf("the %s lacks the application:\n%s", format, text)
		}
	}
	if !strings.Contains(s.Text(160, false), "replica client-") {
		t.Errorf("text:\n%s", s.Text(160, false))
	}
	if s.At != sample.At || sample.Backends[0].Application != "app - 10.9.8.7:43" {
		t.Error("more than the texts of the snapshot was changed")
	}
}

// PgBouncer puts the client's address into the name on request; and other sessions called pgmedic are no cost of this look.
func TestANameWithAnAddress(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Connect(t, dsn, map[string]string{"application_name": "app - 10.9.8.7:43"})
	for range 3 {
		pgtest.Connect(t, dsn, map[string]string{"application_name": probes.ApplicationName})
	}
	s := takeIt(t, dsn, Options{})
	if got := s.Connections.ByApplication[0].Name; got != "app - client-2:43" {
		t.Errorf("application %q", got)
	}
	if s.Connections.Pgmedic != 4 || s.Cost.Sessions != 1 {
		t.Errorf("%d sessions of pgmedic, %d of the look", s.Connections.Pgmedic, s.Cost.Sessions)
	}
	if got := takeIt(t, dsn, Options{Addresses: true}).Connections.ByApplication[0].Name; got != "app - 10.9.8.7:43" {
		t.Errorf("application %q with addresses", got)
	}
}

func TestFold(t *testing.T) {
	text := "PostgreSQL 15.18-0+deb12u1 " + strings.Repeat("x", 50) + " end"
	for _, line := range fold(text, 20) {
		if len(line) > 20 || strings.HasPrefix(line, "0+deb") {
			t.Errorf("%q", line)
		}
	}
	if got := strings.Join(fold(text, 20), " "); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(text, " ", "") {
		t.Errorf("%q", got)
	}
	s := evilSnapshot(t)
	s.Statements.Top[0].Text = ref(strings.Repeat("abc ", 100))
	if text := s.Text(80, true); strings.ContainsFunc(text, func(r rune) bool { return r > 0x7e }) {
		t.Errorf("not ASCII:\n%s", text)
	}
}
