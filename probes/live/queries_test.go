package live

import (
	"os"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// TestQueries prepares every query on the server, and checks its header and its tag.
func TestQueries(t *testing.T) {
	conn := connect(t, pgtest.Database(t), nil)
	files, err := os.ReadDir("sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".sql")
		text, err := os.ReadFile("sql/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		header, _, _ := strings.Cut(string(text), ownTag)
		for _, word := range []string{"Costs", "ersion", "-- "} {
			if !strings.Contains(header, word) {
				t.Errorf("%s: the header lacks %q", name, word)
			}
		}
		sql := query(name, "{schema}", "public", "{query_id}", "a.query_id", "{toplevel}", "s.toplevel", "{exec_time}", "s.total_exec_time")
		if !strings.HasPrefix(sql, "SELECT "+ownTag+name+" */ ") {
			t.Errorf("%s: the tag is not its name: %.40s", name, sql)
		}
		if _, err := conn.Prepare(t.Context(), name, sql); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCounterQueryOfOlderExtensions(t *testing.T) {
	tests := map[extension][]string{
		{"public", 1, 10}: {"s.toplevel", "s.total_exec_time"},
		{"public", 1, 8}:  {" true,", "s.total_exec_time"},
		{"public", 1, 7}:  {" true,", "s.total_time"},
	}
	for e, words := range tests {
		for _, word := range words {
			if !strings.Contains(e.counterQuery(), word) {
				t.Errorf("%v: no %s in %s", e, word, e.counterQuery())
			}
		}
	}
}
