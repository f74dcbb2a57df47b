package pgtest

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { Main(m) }

func TestDatabaseIsEmptyAndCountsStatements(t *testing.T) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var tables, statements int
	if err := conn.QueryRow(ctx, `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`).Scan(&tables); err != nil || tables != 0 {
		t.Errorf("tables in a new database: %d, %v; want none", tables, err)
	}
	if err := conn.QueryRow(ctx, `SELECT count(*) FROM pg_stat_statements`).Scan(&statements); err != nil || statements == 0 {
		t.Errorf("statements counted: %d, %v; want some", statements, err)
	}
}

func TestDatabasesAreSeparate(t *testing.T) {
	if a, b := Database(t), Database(t); a == b {
		t.Errorf("two databases have one DSN %s", a)
	}
}
