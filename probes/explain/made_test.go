package explain

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

const searchTables = `
CREATE TABLE things (id int, at timestamptz, code text, tags text[], doc jsonb, words tsvector, body text, during tstzrange, spot point, ip inet, few int);
INSERT INTO things SELECT g, timestamptz '2026-01-01 00:00+00' + g * interval '1 minute', 'P' || lpad((g * 7919 % 20000)::text, 6, '0'),
  ARRAY['t' || g % 500, 'u' || g % 13, 'all'], jsonb_build_object('kind', 'k' || g % 7, 'ref', g % 3000, 'in', jsonb_build_array('x', g % 5)),
  to_tsvector('simple', 'all term' || g % 17 || ' word' || g % 900), 'the body of ' || translate(g::text, '0123456789', 'klmnopqrst') || 'xyz',
  tstzrange('2026-01-01 00:00+00'::timestamptz + g * interval '1 hour', '2026-01-01 00:00+00'::timestamptz + (g + 3) * interval '1 hour'),
  point(g % 200, g / 200), ('10.' || g % 40 || '.' || g / 256 % 256 || '.' || g % 256)::inet, g % 9 FROM generate_series(1, 20000) g;
ANALYZE things`

func searchAsker(t *testing.T) (*asker, string) {
	t.Helper()
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	for statement := range strings.SplitSeq(searchTables, ";\n") {
		pgtest.Execute(t, owner, statement)
	}
	return newAsker(t, dsn), dsn
}

// Each value that is made up finds rows, and leaves most of them out, for every class.
func TestMadeUpValuesFindSomething(t *testing.T) {
	ask, dsn := searchAsker(t)
	conn := pgtest.Connect(t, dsn, nil)
	for _, condition := range []string{
		"code LIKE $1", "code ILIKE $1", "code LIKE $1 || '%'", "code LIKE $1 || $2", "code LIKE $1 || $2 || $3", "code ~ $1", "code ^@ $1", "code SIMILAR TO $1",
		"lower(code) LIKE $1", "body LIKE $1", "tags @> $1", "tags && $1", "$1 = ANY (tags)", "tags @> ARRAY[$1]", "tags @> ARRAY[$1, $2]::text[]", "$1 <@ tags",
		"doc @> $1", "doc @> $1::jsonb", "doc @@ $1", "doc @? $1", "doc -> 'in' @> $1",
		"words @@ $1", "words @@ to_tsquery($1, $2)", "words @@ plainto_tsquery($1)", "words @@ websearch_to_tsquery('simple', $1)", "words @@ to_tsquery($1)",
		"to_tsvector('simple', body) @@ to_tsquery('simple', $1)", "to_tsvector('english', coalesce(body, '') || ' ' || code) @@ plainto_tsquery('english', $1)",
		"code LIKE ANY ($1)", "$1 % 5 = id % 5",
		"during && $1", "during @> $1::timestamptz", "during && tstzrange($1, $2)", "during && tstzrange($1, $2, $3)", "during <@ $1", "during = $1",
		"spot <@ $1::box", "spot <@ $1::circle", "spot <@ $1::polygon", "spot <@ box($1, $2)", "ip <<= $1", "ip << $1", "ip && $1",
		"at >= $1 AND at < $2", "at BETWEEN $1 AND $2", "$1 <= id AND $2 > id", "(at >= $1 AND at < $2 OR at >= $3 AND at < $4)", "few >= $1 AND few <= $2",
	} {
		for _, class := range []plan.Class{plan.Heavy, plan.Typical} {
			p := ask.explained(t, Question{Statement: "SELECT * FROM things WHERE " + condition, Class: class})
			if condition == "during = $1" {
				continue // of a type without statistics: no search
			}
			values := make([]any, len(p.Origin.Parameters))
			for i, one := range p.Origin.Parameters {
				if one.Value == nil {
					t.Errorf("%s %s: $%d has no value", class, condition, one.N)
					continue
				}
				values[i] = *one.Value
			}
			result := conn.PgConn().ExecParams(t.Context(), "SELECT count(*)::text FROM things WHERE "+condition, raw(p.Origin.Parameters), nil, nil, nil).Read()
			if result.Err != nil {
				t.Errorf("%s %s with %q: %v", class, condition, values, result.Err)
				continue
			}
			found := number(t, string(result.Rows[0][0]))
			if found < 1 || found > 5000 {
				t.Errorf("%s %s with %q finds %v rows", class, condition, values, found)
			}
			if p.Origin.Parameters[0].From == plan.FromMade && !strings.Contains(p.Origin.Note, "made up") {
				t.Errorf("%s %s: note %q", class, condition, p.Origin.Note)
			}
		}
	}
}

// A time that lies so far back is one that finds a part of the rows, and is said to be made up.
func TestTimesAgo(t *testing.T) {
	dsn := pgtest.Database(t)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, `CREATE TABLE log AS SELECT g AS id, now() - g * interval '10 minutes' AS at, localtimestamp - g * interval '10 seconds' AS local, current_date - g / 10 AS day
		FROM generate_series(1, 20000) AS g`, "ANALYZE log")
	ask := newAsker(t, dsn)
	for _, condition := range []string{
		"at > now() - $1::interval", "at + $1 > now()", "now() - at < $1", "at < CURRENT_TIMESTAMP - $1::interval", "local >= now() - $1::interval",
		"local > localtimestamp - $1::interval", "day > CURRENT_DATE - $1::integer", "CURRENT_DATE - day > $1", "at BETWEEN now() - $1::interval AND now() - $2::interval",
	} {
		for class, most := range map[plan.Class]float64{plan.Heavy: 11000, plan.Typical: 2500} {
			p := ask.explained(t, Question{Statement: "SELECT * FROM log WHERE " + condition, Class: class})
			result := conn.PgConn().ExecParams(t.Context(), "SELECT count(*)::text FROM log WHERE "+condition, raw(p.Origin.Parameters), nil, nil, nil).Read()
			if result.Err != nil {
				t.Fatalf("%s: %v", condition, result.Err)
			}
			if found := number(t, string(result.Rows[0][0])); found < 100 || found > most {
				t.Errorf("%s %s with %s finds %v rows", class, condition, *p.Origin.Parameters[0].Value, found)
			}
			if p.Origin.Parameters[0].From != plan.FromMade || !strings.Contains(p.Origin.Note, "made up") {
				t.Errorf("%s %s: %+v, note %q", class, condition, p.Origin.Parameters[0], p.Origin.Note)
			}
		}
	}
}

func raw(parameters []plan.Parameter) [][]byte {
	values := make([][]byte, len(parameters))
	for i, p := range parameters {
		if p.Value != nil {
			values[i] = []byte(*p.Value)
		}
	}
	return values
}

// Keys of documents, and values where nothing was analysed.
func TestMadeUpValuesOfRareKinds(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil),
		"CREATE TABLE notes AS SELECT jsonb_build_object('id', g) || CASE WHEN g % 50 = 0 THEN '{\"rare <&>\": {\"deep\": [1]}}' ELSE '{}' END::jsonb AS doc FROM generate_series(1, 5000) g",
		"ANALYZE notes", "CREATE TABLE fresh AS SELECT ARRAY[g] AS list FROM generate_series(1, 1000) g", "VACUUM fresh", "CREATE TABLE nobody (list int[])")
	ask := newAsker(t, dsn)
	for statement, want := range map[string]string{
		"SELECT * FROM notes WHERE doc ? $1":       "rare <&>",
		"SELECT * FROM notes WHERE doc ?| $1":      `{"rare <&>"}`,
		"SELECT * FROM fresh WHERE list @> $1":     "{", // an array that the table has
		"SELECT * FROM nobody WHERE list @> $1":    "{}",
		"SELECT * FROM notes WHERE doc -> $1 = $2": "", // of a key that stands in an expression nothing is made up
	} {
		p := ask.explained(t, Question{Statement: statement, Class: plan.Typical})
		one := p.Origin.Parameters[0]
		if one.Value == nil || !strings.HasPrefix(*one.Value, want) || (one.From == plan.FromMade) != (want != "" && want != "{}") {
			t.Errorf("%s: %+v", statement, one)
		}
	}
}

// Of a table with policies nothing is read: they could call anybody's function.
func TestNoPagesAreReadUnderPolicies(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE TABLE guarded AS SELECT point(g, g) AS spot FROM generate_series(1, 1000) g",
		"CREATE TABLE open AS SELECT * FROM guarded", "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY", "CREATE POLICY all_rows ON guarded USING (true)", "ANALYZE",
		"CREATE ROLE reads_points LOGIN PASSWORD 'p'", "GRANT SELECT ON guarded, open TO reads_points")
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY reads_points", "DROP ROLE reads_points")
	})
	ask := newAsker(t, pgtest.As(t, dsn, "reads_points", "p"))
	for name, want := range map[string]plan.ValueFrom{"guarded": plan.FromNone, "open": plan.FromMade} {
		p := ask.explained(t, Question{Statement: "SELECT * FROM " + name + " WHERE spot <@ $1::box", Class: plan.Heavy})
		if got := p.Origin.Parameters[0]; got.From != want {
			t.Errorf("%s: %+v, want %q", name, got, want)
		}
	}
	_ = ask.conn.Close(t.Context())
}

func TestBoundsOfOneColumn(t *testing.T) {
	ask, _ := searchAsker(t)
	for class, want := range map[plan.Class]float64{plan.Heavy: 2000, plan.Typical: 200} {
		p := ask.explained(t, Question{Statement: "SELECT * FROM things WHERE at >= $1 AND at < $2", Class: class})
		if rows := scan(t, p, "things").PlanRows; rows < want/2 || rows > want*2 {
			t.Errorf("%s: %v rows expected, want about %v", class, rows, want)
		}
	}
	given := Values(map[int]string{1: "5000"})
	p := ask.explained(t, Question{Statement: "SELECT * FROM things WHERE id >= $1 AND id < $2", Class: plan.Heavy, Values: given})
	if from := p.Origin.Parameters[1].From; from != plan.FromHistogram {
		t.Errorf("the other bound is from %q", from)
	}
}
