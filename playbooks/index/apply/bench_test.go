package apply

import (
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// A draft and a preflight on a table of a thousand partitions: 1.1 s and 1.0 s on the 2-core machine that this was written on.
func BenchmarkThousandPartitions(b *testing.B) {
	dsn := pgtest.Database(b)
	app := pgtest.Connect(b, dsn, nil)
	pgtest.Execute(b, app, "CREATE TABLE wide (id bigint, part int, account int) PARTITION BY LIST (part)",
		"DO $$ BEGIN FOR i IN 1..1000 LOOP EXECUTE format('CREATE TABLE wide_%s PARTITION OF wide FOR VALUES IN (%s)', i, i); END LOOP; END $$")
	server, err := live.New(live.Config{DSN: dsn})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(server.Close)
	var oid uint32
	if err := app.QueryRow(b.Context(), "SELECT 'wide'::regclass::oid").Scan(&oid); err != nil {
		b.Fatal(err)
	}
	order := Order{Indexes: []Index{{Shape: shape.Index{Schema: "public", Table: "wide", Keys: []shape.Key{key("account")}}, Table: oid}}}
	var drafting, checking time.Duration
	for b.Loop() {
		began := time.Now()
		d, err := drafted(b.Context(), server.Ask(), order)
		if err != nil {
			b.Fatal(err)
		}
		drafting += time.Since(began)
		began = time.Now()
		if _, err := d.Work.Preflight(b.Context(), server.Ask()); err != nil {
			b.Fatal(err)
		}
		checking += time.Since(began)
	}
	b.ReportMetric(drafting.Seconds()/float64(b.N), "s/draft")
	b.ReportMetric(checking.Seconds()/float64(b.N), "s/preflight")
}
