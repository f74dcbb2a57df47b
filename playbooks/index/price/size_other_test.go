package price

import (
	"context"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// othersSQL are values whose keys are spread unevenly, or that come in an order or in none.
var othersSQL = []string{
	`CREATE TABLE others AS SELECT n AS id, repeat('w', 60) AS filling,
		jsonb_build_object('kind', 'k' || n % 7, 'ref', n % 5000, 'tags', jsonb_build_array('a', n % 11)) AS doc,
		to_tsvector('simple', 'word' || n % 3000 || ' term' || n % 17 || ' all') AS words,
		tstzrange(timestamptz '2026-01-01' + n * 7919 % 40000 * interval '1 hour', timestamptz '2026-01-01' + (3 + n * 7919 % 40000) * interval '1 hour') AS mixed,
		tstzrange(timestamptz '2026-01-01' + n * interval '1 hour', timestamptz '2026-01-01' + (n + 3) * interval '1 hour') AS ordered,
		int4range(n * 7919 % 40000, n * 7919 % 40000 + 3) AS numbers,
		point(n * 7919 % 40000, n * 7907 % 39989) AS spot,
		('10.' || n % 256 || '.' || n * 7919 % 256 || '.' || n * 31 % 256)::inet AS address
	FROM generate_series(1, 40000) AS n`,
	"CREATE INDEX i1 ON others USING gin (doc jsonb_path_ops)", "CREATE INDEX i2 ON others USING gin (doc)", "CREATE INDEX i3 ON others USING gin (words)",
	"CREATE INDEX i4 ON others USING gist (mixed)", "CREATE INDEX i5 ON others USING gist (ordered)", "CREATE INDEX i6 ON others USING gist (numbers)",
	"CREATE INDEX i7 ON others USING gist (spot)", "CREATE INDEX i8 ON others USING gist (address inet_ops)", "CREATE INDEX i9 ON others USING spgist (mixed)",
	"CREATE INDEX i10 ON others USING spgist (spot)", "CREATE INDEX i11 ON others USING hash (id)", "VACUUM ANALYZE others",
}

// The size of what is not a b-tree is within a factor of 1.3 too.
func TestSizeOfOtherMethods(t *testing.T) {
	conn := pgtest.Connect(t, pgtest.Database(t), nil)
	pgtest.Execute(t, conn, othersSQL...)
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	of, err := table.Read(t.Context(), tx, "public", "others")
	if err != nil {
		t.Fatal(err)
	}
	if len(of.Indexes) != 11 {
		t.Fatalf("%d indexes", len(of.Indexes))
	}
	for _, x := range of.Indexes {
		if err := ReadValues(t.Context(), tx, of, NewBudget(), x.Shape); err != nil {
			t.Fatal(err)
		}
		said := extentOf(x.Shape, of, of.Rows, float64(of.Pages), of.Rows).pages
		t.Logf("%-45s %4.0f pages said, %4d is: %.2f", x.Shape.Definition(), said, x.Pages, said/float64(x.Pages))
		if off(said/float64(x.Pages)) > 1.3 {
			t.Errorf("%s: %.0f pages said, %d is", x.Shape.Definition(), said, x.Pages)
		}
	}
}
