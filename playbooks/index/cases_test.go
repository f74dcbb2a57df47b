package index

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// Each folder of testdata/cases holds a schema, a statement, and the shape of the index that is drafted for it, or a part of the refusal.
func TestCases(t *testing.T) {
	paths, err := filepath.Glob("testdata/cases/*")
	if err != nil || len(paths) == 0 {
		t.Fatal("no cases:", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) { runCase(t, path) })
	}
}

func runCase(t *testing.T, path string) {
	dsn := pgtest.Database(t)
	app := connect(t, dsn)
	script(t, app, file(t, filepath.Join(path, "schema.sql")))
	statement := strings.TrimSpace(file(t, filepath.Join(path, "statement.sql")))
	verb, rest, _ := strings.Cut(statement, " ")
	script(t, app, verb+" /* the case */ "+rest)

	draft, err := New().Draft(t.Context(), watched(t, dsn).Ask(), findingFor(t, app, "%/* the case */%"))
	if got, want := answer(err, draft), strings.TrimSpace(file(t, filepath.Join(path, "want.txt"))); !matches(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// answer is what the playbook said, in the words of the cases.
func answer(err error, draft *playbooks.Draft) string {
	var no *playbooks.NoDraft
	switch {
	case errors.As(err, &no):
		return "refused: " + no.Error()
	case err != nil:
		return "error: " + err.Error()
	}
	_, shape, _ := strings.Cut(strings.TrimSuffix(draft.SQL[0], " /* pgmedic:index-build */"), " ON ")
	return "ON " + shape
}

func matches(got, want string) bool {
	if part, refused := strings.CutPrefix(want, "refused: "); refused {
		return strings.HasPrefix(got, "refused: ") && strings.Contains(got, part)
	}
	return got == want
}
