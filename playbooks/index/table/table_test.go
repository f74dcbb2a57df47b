package table

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestQueries(t *testing.T) {
	pgtest.Queries(t, sqlFiles, query, forVersion(pgtest.Version(t))...)
}

// begin opens a read-only transaction on a database, as the ask session does, after the statements have run.
func begin(t *testing.T, dsn string, statements ...string) pgx.Tx {
	t.Helper()
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, statements...)
	tx, err := conn.BeginTx(t.Context(), pgx.TxOptions{BeginQuery: "BEGIN READ ONLY; SET LOCAL search_path = pg_catalog"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx
}

// read reads a table that must be there.
func read(t *testing.T, tx pgx.Tx, schema, name string) *Table {
	t.Helper()
	made, err := Read(t.Context(), tx, schema, name)
	if err != nil {
		t.Fatal(err)
	}
	return made
}
