package live

import (
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

func TestHeavyValue(t *testing.T) {
	tests := []struct {
		name  string
		stats statistics
		kind  plan.Kind
		value string
		from  plan.ValueFrom
	}{
		{"many distinct values", statistics{5000, []string{"whale", "next"}, nil}, plan.Equality, "whale", plan.FromHeavy},
		{"share of the rows", statistics{-0.4, []string{"whale", "next"}, nil}, plan.Equality, "whale", plan.FromHeavy},
		{"few distinct values", statistics{3, []string{"done", "failed", "open"}, nil}, plan.Equality, "open", plan.FromRare},
		{"range", statistics{-1, []string{"5"}, []string{"1", "4", "9"}}, plan.Range, "4", plan.FromHistogram},
		{"unique", statistics{-1, nil, []string{"1", "4", "9"}}, plan.Equality, "4", plan.FromHistogram},
		{"no statistics", statistics{}, plan.Equality, "", plan.FromNone},
	}
	for _, test := range tests {
		if value, from := test.stats.heavy(test.kind); value != test.value || from != test.from {
			t.Errorf("%s: %q %q", test.name, value, from)
		}
	}
}

// TestPlaceholders plans and runs a statement with a placeholder of every type, so that each is known to be a value of it.
func TestPlaceholders(t *testing.T) {
	ask := newServer(t, Config{DSN: pgtest.Database(t)}).Ask()
	types := []string{
		"smallint", "integer", "bigint", "numeric", "real", "double precision", "money", "oid", "text", "varchar", "char(3)", "name", "bytea", "boolean",
		"date", "timestamp", "timestamptz", "time", "timetz", "interval", "json", "jsonb", "uuid", "int[]", "text[]", "inet", "point",
	}
	for _, typeName := range types {
		statement := "SELECT $1::" + typeName + " FROM generate_series(1, $2) LIMIT $3 OFFSET $4"
		p := explain(t, ask, Question{Statement: statement, Class: plan.Heavy, Analyze: true})
		if p.Origin.Parameters[0].From != plan.FromNeutral {
			t.Errorf("%s: %+v", typeName, p.Origin.Parameters[0])
		}
	}
	// A field, a unit and a zone are no free texts.
	explain(t, ask, Question{
		Statement: "SELECT EXTRACT($1 FROM now()), date_trunc($2, now()), now() AT TIME ZONE $3, date_part($4, now())", Class: plan.Heavy, Analyze: true,
	})
}

func TestArrayParameterTakesTheColumnsValue(t *testing.T) {
	dsn := pgtest.Database(t)
	execute(t, connect(t, dsn, nil),
		`CREATE TABLE words AS SELECT CASE WHEN g % 2 = 0 THEN 'a "quoted", \one' ELSE g::text END AS word FROM generate_series(1, 1000) g`,
		"ANALYZE words")
	ask := newServer(t, Config{DSN: dsn}).Ask()
	p := explain(t, ask, Question{Statement: "SELECT * FROM words WHERE word = ANY ($1::text[])", Class: plan.Heavy})
	if o := p.Origin.Parameters[0]; o.From != plan.FromHeavy || o.Column != "word" || *o.Value != `{"a \"quoted\", \\one"}` || p.Root.PlanRows != 500 {
		t.Errorf("parameter %+v %s, rows %v", o, *o.Value, p.Root.PlanRows)
	}
}
