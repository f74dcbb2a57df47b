package price

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// One question for the planner's rows, each a new one.
func BenchmarkRows(b *testing.B) {
	dsn := pgtest.Database(b)
	app := pgtest.Connect(b, dsn, nil)
	pgtest.Execute(b, app, "CREATE TABLE t AS SELECT n AS a, n % 10 AS c FROM generate_series(1, 50000) AS n", "ANALYZE t")
	err := pgx.BeginTxFunc(b.Context(), app, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		of, err := table.Read(b.Context(), tx, "public", "t")
		if err != nil {
			return err
		}
		rows := NewRows(tx, needAs(of, "t"), "public", nil)
		for i := 0; b.Loop(); i++ {
			if _, err := rows.Count(b.Context(), plan.Conjuncts(fmt.Sprintf("((t.a < %d) AND (t.c = 3))", i))...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
