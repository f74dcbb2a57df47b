package pgtest

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes"
)

// Queries prepares every query of a package's sql folder on the server, filled with the placeholders, with the search_path of pgmedic's sessions, and checks its header and
// its tag.
func Queries(t *testing.T, files fs.FS, query func(name string, placeholders ...string) string, placeholders ...string) {
	t.Helper()
	conn := Connect(t, Database(t), map[string]string{"search_path": "pg_catalog"})
	names, err := fs.Glob(files, "sql/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("no queries: %v", err)
	}
	for _, file := range names {
		name := strings.TrimSuffix(strings.TrimPrefix(file, "sql/"), ".sql")
		text, err := fs.ReadFile(files, file)
		if err != nil {
			t.Fatal(err)
		}
		header, _, _ := strings.Cut(string(text), probes.OwnTag)
		for _, word := range []string{"Costs", "ersion", "-- "} {
			if !strings.Contains(header, word) {
				t.Errorf("%s: the header lacks %q", name, word)
			}
		}
		sql := query(name, placeholders...)
		if !strings.HasPrefix(sql, "SELECT "+probes.OwnTag+name+" */ ") {
			t.Errorf("%s: the tag is not its name: %.40s", name, sql)
		}
		if _, err := conn.Prepare(t.Context(), name, sql); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
