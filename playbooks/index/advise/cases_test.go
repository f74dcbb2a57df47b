package advise

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks/index/judge"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// want is what is to be said of a case's statement.
type want struct {
	Verdict   judge.Verdict
	Reason    string   // a part of it
	DDL       []string // of each index from ON on, and each ANALYZE, in order; alternatives are parted by " or "
	Existing  []string // nil: whatever
	Redundant []string
	Rewrite   string // what stands in the rewritten statement
	Proof     string // "": the new indexes are used by the statement; "trigger": by what it fires; "guess": the server cannot know the cost before it is built
	Params    *want  // where it is another answer for the statement as $n; nil: the same
}

// Each folder of testdata/cases holds a schema, a statement, and what is to be said of it: with its literals, and as the text with $n that pg_stat_statements has. What
// is recommended is then built, and must keep what was promised.
func TestCases(t *testing.T) {
	paths, err := filepath.Glob("testdata/cases/*")
	if err != nil || len(paths) < 45 {
		t.Fatal(len(paths), "cases:", err)
	}
	ratios := &table{}
	slots := make(chan struct{}, 3) // what samples a table may take is bounded by the clock: few cases at a time
	t.Cleanup(func() { t.Log(ratios.String()) })
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			slots <- struct{}{}
			defer func() { <-slots }()
			runCase(t, path, ratios)
		})
	}
}

func runCase(t *testing.T, path string, ratios *table) {
	var literal want
	if err := json.Unmarshal([]byte(file(t, filepath.Join(path, "want.json"))), &literal); err != nil {
		t.Fatal(err)
	}
	params := literal
	if literal.Params != nil {
		params = *literal.Params
	}
	dsn := pgtest.Database(t)
	schema := file(t, filepath.Join(path, "schema.sql"))
	script(t, dsn, schema)
	if strings.Contains(schema, "VACUUM") {
		settle(t, dsn)
	}
	statement := strings.TrimSpace(file(t, filepath.Join(path, "statement.sql")))
	parameters := sqltext.Normalise(statement)
	if text, err := os.ReadFile(filepath.Join(path, "parameters.sql")); err == nil {
		parameters = strings.TrimSpace(string(text)) // as pg_stat_statements has it: it takes true and false out too
	}
	source, err := live.New(live.Config{DSN: dsn, LookOnly: true, Analyze: "the test only plans"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	for _, form := range []struct {
		name, text string
		want       want
	}{{"literals", statement, literal}, {"$n", parameters, params}} {
		answer := Judge(t.Context(), source.Ask(), judge.Query{Statement: form.text})
		if !check(t, form.name, answer, form.want) {
			continue
		}
		if answer.Verdict == judge.Recommended || answer.Verdict == judge.Rewritten {
			p := proof{T: t, dsn: dsn, form: form.name, answer: answer, want: form.want}
			ratios.add(p.run(form.text))
		}
	}
}

// check compares the JSON with what is wanted.
func check(t *testing.T, form string, a Answer, w want) bool {
	t.Helper()
	text, err := a.JSON(true)
	if err != nil {
		t.Fatal(err)
	}
	var got jsonAnswer
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	var ddl []string
	for _, d := range got.Drafts {
		if d.For == "" {
			t.Errorf("%s: %s is not said to be for anything", form, d.DDL)
		}
	}
	if len(got.Drafts) > 0 {
		ddl = shapes(got.Drafts[0].DDL)
	}
	rewritten := ""
	if got.Rewrite != nil {
		rewritten = got.Rewrite.To + " " + got.Rewrite.SQL
	}
	ok := got.Verdict == w.Verdict && sameShapes(ddl, w.DDL) && (w.Existing == nil || slices.Equal(got.Existing, w.Existing)) && slices.Equal(got.Redundant, listed(w.Redundant)) &&
		strings.Contains(got.Reason, w.Reason) && strings.Contains(rewritten, w.Rewrite) && (w.Rewrite != "" || w.Verdict != judge.Rewritten)
	if !ok {
		t.Errorf("%s: %q\ngot  %s %q, existing %q, redundant %q, rewrite %q\nwant %s %q, existing %q, redundant %q, rewrite %q, reason %q", form, got.Reason,
			got.Verdict, ddl, got.Existing, got.Redundant, rewritten, w.Verdict, w.DDL, w.Existing, w.Redundant, w.Rewrite, w.Reason)
	}
	return ok
}

// shapes are the statements without what is not the case's matter: the indexes' names, attaching, settings.
func shapes(ddl []string) []string {
	var all []string
	for _, sql := range ddl {
		words := strings.Fields(sql)
		switch {
		case words[0] == "ANALYZE":
			all = append(all, sql)
		case words[0] == "CREATE":
			all = append(all, sql[strings.Index(sql, " ON ")+1:])
		}
	}
	return all
}

func sameShapes(got, want []string) bool {
	return slices.EqualFunc(got, want, func(one, alternatives string) bool { return slices.Contains(strings.Split(alternatives, " or "), one) })
}

// script sends several statements, each in a transaction of its own where it needs that (VACUUM).
func script(t *testing.T, dsn, sql string) {
	t.Helper()
	conn := pgtest.Connect(t, dsn, nil)
	for _, statement := range strings.SplitAfter(sql, ";\n") {
		if strings.TrimSpace(statement) != "" {
			pgtest.Execute(t, conn, statement)
		}
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// settle waits until every row of the case is visible to all: a session that logs in anywhere on the server meanwhile keeps VACUUM from noting it.
func settle(t *testing.T, dsn string) {
	t.Helper()
	conn := pgtest.Connect(t, dsn, nil)
	for deadline := time.Now().Add(soon); ; {
		var names []string
		err := conn.QueryRow(t.Context(), `SELECT array_agg(quote_ident(n.nspname) || '.' || quote_ident(c.relname)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND c.relallvisible < c.relpages`).Scan(&names)
		if err != nil {
			t.Fatal(err)
		}
		if len(names) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("VACUUM cannot note that all rows of %v are visible", names)
		}
		pgtest.Execute(t, conn, "VACUUM "+strings.Join(names, ", "))
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func file(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
