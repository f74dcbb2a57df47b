package apply

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// What is not an ordinary table is built on where the server does that, and refused in words where it does not.
func TestKindsOfTables(t *testing.T) {
	t.Parallel()
	b := newBench(t, pgtest.Database(t), append(events("500"), "CREATE MATERIALIZED VIEW summary AS SELECT account, count(*) FROM events GROUP BY account",
		"CREATE UNLOGGED TABLE cache (account int)", "CREATE FOREIGN DATA WRAPPER nowhere", "CREATE SERVER far FOREIGN DATA WRAPPER nowhere",
		"CREATE FOREIGN TABLE away (account int) SERVER far", "CREATE VIEW seen AS SELECT account FROM events", "CREATE TEMP TABLE mine (account int)")...)
	for _, relation := range []string{"summary", "cache"} {
		if outcome := b.apply(t, b.draft(t, b.index(t, relation, key("account")))); outcome.State != playbooks.Applied {
			t.Errorf("%s: %+v", relation, outcome)
		}
	}
	if _, err := drafted(t.Context(), b.server.Ask(), Order{Indexes: []Index{b.index(t, "away", key("account"))}}); err == nil || !strings.Contains(err.Error(), "foreign table") {
		t.Error("a foreign table:", err)
	}
	for relation, refused := range map[string]string{"seen": "is not a table", "mine": "temporary table of a session"} {
		x := b.index(t, relation, key("account"))
		p, err := b.engine.Prepare(t.Context(), b.draft(t, x))
		if err != nil || !strings.Contains(p.Refused(), refused) && !strings.Contains(p.Refused(), "is not public.mine") {
			t.Errorf("%s: refused %q, %v", relation, p.Refused(), err)
		}
	}
	catalogue := b.index(t, "pg_class", key("reltuples"))
	catalogue.Shape.Schema = "pg_catalog"
	if p, err := b.engine.Prepare(t.Context(), b.draft(t, catalogue)); err != nil || !strings.Contains(p.Refused(), "server's own") {
		t.Errorf("refused %q, %v", p.Refused(), err)
	}
}

// A slot that nobody reads keeps the WAL of the build: it is said beforehand, with figures.
func TestForgottenSlot(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, nil)
	b := newBench(t, server.DSN("postgres"), append(events("500"), "SELECT pg_create_physical_replication_slot('forgotten', true)")...)
	x := b.index(t, "events", key("account"))
	x.Bytes = 10e6
	c := check(t, b.prepare(t, b.draft(t, x)).Checks, "replication")
	if c.Verdict != playbooks.Caution || !strings.Contains(c.Saw, "nobody reads slot forgotten") || !strings.Contains(c.Saw, "8.58 MB more") {
		t.Errorf("%+v", c)
	}
}

// A receiver whose lag cannot be read is said to be unknown, and not to keep up.
func TestUnknownLag(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, nil)
	dsn := server.DSN("postgres")
	admin := newBench(t, dsn, append(events("500"), "CREATE ROLE blind LOGIN PASSWORD 'blind'", "GRANT CREATE ON SCHEMA public TO blind", "ALTER TABLE events OWNER TO blind")...)
	pgtest.Connect(t, dsn, map[string]string{"replication": "true", "application_name": "standby"})
	blind := newBench(t, pgtest.As(t, dsn, "blind", "blind"))
	for want, b := range map[string]*bench{"how far receiver standby is behind is not visible": blind, "how far receiver standby is behind is not known": admin} {
		c := check(t, b.prepare(t, b.draft(t, admin.index(t, "events", key("account")))).Checks, "replication")
		if c.Verdict != playbooks.Caution || !strings.Contains(c.Saw, want) || c.Do == "" {
			t.Errorf("%+v", c)
		}
	}
}

func TestCorruptingVersions(t *testing.T) {
	for version, want := range map[int]bool{130023: false, 140000: true, 140003: true, 140004: false, 150000: false} {
		if got := (serverState{version: version}).corrupts(); got != want {
			t.Errorf("%d: %v", version, got)
		}
	}
}
