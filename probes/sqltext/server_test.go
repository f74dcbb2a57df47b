package sqltext_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// What the tests ask the server.
const (
	// quoteIdent and quoteLiteral are the server's own ways to quote.
	quoteIdent   = `SELECT quote_ident($1)`
	parseIdent   = `SELECT parse_ident($1)`
	keywordNames = `SELECT word FROM pg_get_keywords()`
	versionNum   = `SELECT current_setting('server_version_num')::int`
	// statementText reads what pg_stat_statements made of the statement with this mark in an alias.
	statementText = `SELECT query FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query ~ $1`
	makeTable     = `CREATE TABLE t (a int, ts timestamptz, tz timetz, d date, v varchar, n numeric, j jsonb, tags text[])`
)

func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// one returns the first column of the only row.
func one[T any](t rapid.TB, conn *pgx.Conn, sql string, args ...any) T {
	t.Helper()
	var value T
	if err := conn.QueryRow(context.Background(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s %q: %v", sql, args, err)
	}
	return value
}

// text draws what an identifier or a constant can hold: anything in UTF-8 but zero bytes, quotes and backslashes more often than by chance.
func text() *rapid.Generator[string] {
	char := rapid.OneOf(rapid.SampledFrom([]rune(`'"\.$ _azAZ09é`)), rapid.Rune())
	return rapid.Map(rapid.SliceOf(char), func(runes []rune) string { return strings.ReplaceAll(string(runes), "\x00", "") })
}

func TestIdentComesBackFromTheServer(t *testing.T) {
	conn := connect(t)
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(text().Filter(func(s string) bool { return s != "" }), 1, 3).Draw(t, "parts")
		if got := one[[]string](t, conn, parseIdent, sqltext.Ident(parts...)); !slices.Equal(got, parts) {
			t.Errorf("Ident(%q) = %s, which the server reads as %q", parts, sqltext.Ident(parts...), got)
		}
		if got := one[string](t, conn, quoteIdent, parts[0]); got != sqltext.Ident(parts[0]) {
			t.Errorf("Ident(%q) = %s, the server writes %s", parts[0], sqltext.Ident(parts[0]), got)
		}
	})
}

func TestIdentQuotesKeywordsAsTheServerDoes(t *testing.T) {
	conn := connect(t)
	rows, err := conn.Query(context.Background(), keywordNames)
	if err != nil {
		t.Fatal(err)
	}
	words, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range words {
		if server := one[string](t, conn, quoteIdent, word); server != word && sqltext.Ident(word) == word {
			t.Errorf("Ident(%q) has no quotes, the server writes %s", word, server)
		}
	}
	if sqltext.Ident("status") != "status" || sqltext.Ident("reports", "user id") != `reports."user id"` {
		t.Error("a plain name is quoted, or another one is not")
	}
}

func TestLiteralComesBackFromTheServer(t *testing.T) {
	conn := connect(t)
	for _, setting := range []string{"on", "off"} {
		if _, err := conn.Exec(context.Background(), "SET standard_conforming_strings = "+setting); err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(t *rapid.T) {
			value := text().Draw(t, "value")
			if got := one[string](t, conn, "SELECT "+sqltext.Literal(value), pgx.QueryExecModeExec); got != value {
				t.Errorf("with standard_conforming_strings %s Literal(%q) = %s is %q", setting, value, sqltext.Literal(value), got)
			}
		})
	}
}

// brokenCases are statements with constants that pg_stat_statements breaks when it takes them out, each with a mark in an alias, and whether its text then
// still parses.
var brokenCases = []struct {
	mark, statement string
	broken          bool
}{
	{"plain", `SELECT a AS plain FROM t WHERE a = 5 AND v IN ('x', 'y', 'z') AND tags = ARRAY['a', 'b'] LIMIT 3 OFFSET 1`, false},
	{"dedup", `SELECT a AS dedup FROM t WHERE EXTRACT(EPOCH FROM current_timestamp-ts)/60 < 1440 AND j = '{}' ORDER BY ts DESC LIMIT 10`, true},
	{"nested", `SELECT extract('year' from (SELECT max(ts) FROM t)) AS nested`, true},
	{"spans", `SELECT a AS spans FROM t WHERE ts > now() - interval '1 day' * 2 AND ts < now() + interval '1' day - interval(3) '1 s'`, true},
	{"dates", `SELECT a AS dates FROM t WHERE d = date '2024-01-01' OR d = date'2024-01-02' OR d = pg_catalog.date '2024-01-03'`, true},
	{"stamps", `SELECT a AS stamps FROM t WHERE ts > timestamp '2024-01-01' AND ts > timestamptz '2024-01-01' AND ts > timestamp with time zone '2024-01-01'`,
		true},
	{"times", `SELECT a AS times FROM t WHERE tz > time with time zone '10:00+00' OR tz > timetz '10:00+00' OR ts::time > time '10:00'`, true},
	{"numbers", `SELECT a AS numbers FROM t WHERE n > numeric '5' AND n > double precision '5' AND a = int '7' AND j @> jsonb '{}' AND bool 't'`, true},
	{"frames", `SELECT sum(a) OVER (ORDER BY ts RANGE BETWEEN INTERVAL '1 day' PRECEDING AND CURRENT ROW) AS frames FROM t`, true},
	{"calls", `SELECT substring(v FROM 1 FOR 2) AS calls, trim(both 'x' FROM v), position('y' IN v), overlay(v PLACING 'z' FROM 1),
		date_trunc('day', ts AT TIME ZONE 'UTC') FROM t WHERE v LIKE 'a!%' ESCAPE '!' FETCH FIRST 5 ROWS ONLY`, false},
}

func TestRepairOfWhatPgStatStatementsBroke(t *testing.T) {
	ctx, conn := context.Background(), connect(t)
	if _, err := conn.Exec(ctx, makeTable); err != nil {
		t.Fatal(err)
	}
	version := one[int](t, conn, versionNum)
	for _, c := range brokenCases {
		if _, err := conn.Exec(ctx, c.statement); err != nil {
			t.Fatalf("%s: %v", c.mark, err)
		}
		text := one[string](t, conn, statementText, `(?i)^SELECT.* AS `+c.mark+`\y`)
		if strings.Contains(text, "'") {
			t.Fatalf("%s: pg_stat_statements kept a constant in %s", c.mark, text)
		}
		if _, err := conn.Prepare(ctx, "broken_"+c.mark, text); (err != nil) != c.broken {
			t.Errorf("%s: the text as it is gives %v: %s", c.mark, err, text)
		}
		repaired := sqltext.Repair(text, version)
		if _, err := conn.Prepare(ctx, "repaired_"+c.mark, repaired); err != nil {
			t.Errorf("%s: %v: %s", c.mark, err, repaired)
		}
		if squashed := strings.Contains(text, "/*, ... */"); !c.broken && repaired != text && !squashed { // version 18 squashes lists
			t.Errorf("%s: sound text was changed to %s", c.mark, repaired)
		}
	}
}

// A text learned from a session must read like the one that pg_stat_statements makes of the same statement.
func TestNormaliseTakesOutWhatPgStatStatementsDoes(t *testing.T) {
	ctx, conn := context.Background(), connect(t)
	if _, err := conn.Exec(ctx, makeTable); err != nil {
		t.Fatal(err)
	}
	statement := `SELECT a AS learned, "a" || ' x ' FROM t WHERE v = E'it\'s' AND a = 5 AND n > 1.5e3 AND v <> $q$'$q$ AND n::numeric(10,2) > '7'::numeric(5,1) LIMIT 3`
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
	if text := one[string](t, conn, statementText, ` AS learned\y`); sqltext.Normalise(statement) != text {
		t.Errorf("Normalise:          %s\npg_stat_statements: %s", sqltext.Normalise(statement), text)
	}
}
