package table

import (
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// An extension that is not installed is one that can be, where the schema is that it would be installed in; one that is installed has its own.
func TestExtensions(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, "CREATE SCHEMA app", "CREATE TABLE app.t (a int)", "CREATE SCHEMA ext", "CREATE EXTENSION btree_gin SCHEMA ext")
	installable, known := read(t, begin(t, dsn), "app", "t").Extensions["pg_trgm"]
	if !known || installable != "" {
		t.Errorf("pg_trgm: %q, known %v", installable, known)
	}
	pgtest.Execute(t, conn, "ALTER SCHEMA public RENAME TO private")
	all := read(t, begin(t, dsn), "app", "t").Extensions
	if _, known := all["pg_trgm"]; known || all["btree_gin"] != "ext" {
		t.Errorf("without the schema public: %v", all)
	}
}
