package price

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// What stands outside of its row is as wide as it is there, not as the pointer to it. Of a partitioned table the largest leaf tells.
func TestWidthsOutsideOfRows(t *testing.T) {
	wide := `(SELECT string_agg(md5((n + i)::text), '') FROM generate_series(1, 95) AS i)`
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), `CREATE TABLE wide (id int, short text, long text, one_in_ten varchar, packed text, part text[])`,
		`ALTER TABLE wide ALTER long SET STORAGE EXTERNAL`,
		`INSERT INTO wide SELECT n, 'short' || n, `+wide+`, CASE WHEN n % 10 = 0 THEN `+wide+` ELSE 'x' END, repeat('packed', 2000), ARRAY[`+wide+`] FROM generate_series(1, 2000) AS n`,
		`CREATE TABLE months (id int, short text, long text, one_in_ten varchar, packed text, part text[]) PARTITION BY RANGE (id)`,
		`CREATE TABLE january PARTITION OF months FOR VALUES FROM (0) TO (10000)`, `CREATE TABLE february PARTITION OF months FOR VALUES FROM (10000) TO (20000)`,
		`INSERT INTO months SELECT * FROM wide`, `CREATE TABLE narrow AS SELECT id, short FROM wide`, `ANALYZE wide, months, narrow, january, february`)
	for _, name := range []string{"wide", "months"} {
		reading(t, dsn, "public", name, func(tx pgx.Tx, made *table.Table) {
			if err := ReadWidths(t.Context(), tx, made, NewBudget()); err != nil {
				t.Fatal(err)
			}
			checkWidths(t, name, made.Columns)
			for _, leaf := range made.Partitions {
				checkWidths(t, leaf.Name, leaf.Columns)
			}
		})
	}
	reading(t, dsn, "public", "narrow", func(tx pgx.Tx, made *table.Table) {
		if err := ReadWidths(t.Context(), tx, made, NewBudget()); err != nil || made.Columns["short"].Widest != 0 {
			t.Errorf("without a value outside of its row nothing is read: %+v, %v", made.Columns["short"], err)
		}
	})
}

func checkWidths(t *testing.T, name string, columns map[string]table.Column) {
	t.Helper()
	for column, want := range map[string]struct{ least, most, widest int }{
		"long":       {3000, 3100, 3100},
		"one_in_ten": {200, 500, 3100},
		"packed":     {50, 500, 500},
		"short":      {5, 12, 12},
	} {
		if c := columns[column]; c.Width < want.least || c.Width > want.most || c.Widest < want.least || c.Widest > want.widest || want.widest > 3000 && c.Widest < 3000 {
			t.Errorf("%s: %s is %d bytes wide, %d at most; want %+v", name, column, c.Width, c.Widest, want)
		}
	}
}

// An index overflows where the server refuses to build it.
func TestOverflows(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, `CREATE TABLE wide (id int, half text, other text, long text, parts text[], words text[])`,
		`INSERT INTO wide SELECT n, h, reverse(h), l, ARRAY[l], string_to_array(left(l, 400), '0')
			FROM generate_series(1, 1000) AS n, LATERAL (SELECT string_agg(md5((n + i)::text), '') FROM generate_series(1, 95) AS i) AS w (l), LATERAL (SELECT left(l, 1500)) AS x (h)`,
		`ANALYZE wide`)
	expression := func(text string, columns ...string) shape.Key { return shape.Key{Expression: text, Columns: columns} }
	for _, x := range []shape.Index{
		{Keys: columns("id", "half")},
		{Keys: columns("half", "other")},
		{Keys: columns("long")},
		{Method: "hash", Keys: columns("long")},
		{Keys: columns("id"), Include: []string{"long"}},
		{Keys: []shape.Key{expression("lower(long)", "long")}},
		{Keys: []shape.Key{expression("md5(long)", "long")}},
		{Method: "gin", Keys: columns("parts")},
		{Method: "gin", Keys: columns("words")},
	} {
		x.Schema, x.Table = "public", "wide"
		overflows := false
		reading(t, dsn, "public", "wide", func(tx pgx.Tx, made *table.Table) {
			if err := errors.Join(ReadWidths(t.Context(), tx, made, NewBudget()), ReadValues(t.Context(), tx, made, NewBudget(), x)); err != nil {
				t.Fatal(err)
			}
			overflows = Overflows(made, x)
		})
		_, err := conn.Exec(t.Context(), "CREATE INDEX tried "+x.Definition())
		if refused := pgerr.State(err) == "54000"; refused != overflows || err != nil && !refused {
			t.Errorf("%s: overflows %v, and the server says %v", x.Definition(), overflows, err)
		}
		pgtest.Execute(t, conn, "DROP INDEX IF EXISTS tried")
	}
}
