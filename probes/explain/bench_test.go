package explain

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// BenchmarkHeavy is what the plan for the heavy hitter's values costs, all questions to the server included.
func BenchmarkHeavy(b *testing.B) {
	dsn := pgtest.Database(b)
	owner := pgtest.Connect(b, dsn, nil)
	for statement := range strings.SplitSeq(valueTables, ";\n") {
		pgtest.Execute(b, owner, statement)
	}
	conn := pgtest.Connect(b, dsn, nil)
	in := Context{Key: []byte("k"), Now: time.Now()}
	if err := conn.QueryRow(b.Context(), "SELECT current_setting('server_version_num')::int").Scan(&in.Server.Version); err != nil {
		b.Fatal(err)
	}
	q := Question{Statement: "SELECT * FROM orders WHERE customer = $1 AND status = $2 AND EXTRACT($3 FROM now()) > $4", Class: plan.Heavy}
	for b.Loop() {
		tx, err := conn.BeginTx(b.Context(), pgx.TxOptions{AccessMode: pgx.ReadOnly})
		if err != nil {
			b.Fatal(err)
		}
		in.Tx = tx
		if _, err := Explain(b.Context(), in, q); err != nil {
			b.Fatal(err)
		}
		Forget(conn)
		if err := tx.Rollback(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
