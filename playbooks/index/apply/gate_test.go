package apply

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// A gate holds a build in the middle of a scan: the index's expression waits for an advisory lock where a row's account is negative. The row -1 stands in the table
// before the build, so that the first scan stops at it; -2 comes while the first scan waits, so that the validation stops at it.
const gateFunction = `CREATE FUNCTION gate(account int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF account < 0 THEN PERFORM pg_catalog.pg_advisory_xact_lock_shared(account); END IF;
	RETURN account;
END $$`

const (
	beforeBuild = -1
	whileBuilt  = -2
)

// gated is a table with a row at which the first scan of the gate's index stops.
func gated() []string {
	return []string{gateFunction, "CREATE TABLE gated (id serial PRIMARY KEY, account int)",
		"INSERT INTO gated (account) SELECT i FROM generate_series(1, 2000) AS i", "INSERT INTO gated (account) VALUES (-1)", "ANALYZE gated"}
}

func (b *bench) gateIndex(t *testing.T) Index {
	return b.index(t, "gated", shape.Key{Expression: "public.gate(account)", Columns: []string{"account"}})
}

// gate is a session that keeps gates closed.
type gate struct{ conn *pgx.Conn }

func (b *bench) close(t *testing.T, accounts ...int) gate {
	t.Helper()
	g := gate{pgtest.Connect(t, b.dsn, nil)}
	for _, account := range accounts {
		if _, err := g.conn.Exec(t.Context(), "SELECT pg_advisory_lock($1)", account); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

// open lets the build go on.
func (g gate) open(t *testing.T, account int) {
	t.Helper()
	if _, err := g.conn.Exec(t.Context(), "SELECT pg_advisory_unlock($1)", account); err != nil {
		t.Fatal(err)
	}
}
