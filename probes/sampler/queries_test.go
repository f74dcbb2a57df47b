package sampler

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestQueries(t *testing.T) {
	pgtest.Queries(t, sqlFiles, query, "{schema}", "public", "{query_id}", "a.query_id", "{toplevel}", "s.toplevel", "{exec_time}", "s.total_exec_time")
}

func TestCounterQueryOfOlderExtensions(t *testing.T) {
	tests := map[Extension][]string{
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
