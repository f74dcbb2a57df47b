package sampler

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestQueries(t *testing.T) {
	pgtest.Queries(t, sqlFiles, query, "{schema}", "public", "{query_id}", "a.query_id", "{toplevel}", "s.toplevel", "{exec_time}", "s.total_exec_time",
		"{stats_since}", "NULL::timestamptz", "{query}", "s.query",
		"{sessions}", "-1::bigint, -1::bigint, -1::bigint, -1::bigint", "{checkpoints}", "1::bigint", "{waitstart}", "NULL::timestamptz",
		"{copy}", "NULL", "{indexes_done}", "0", "{indexes_total}", "0")
}

func TestCounterQueryOfOlderExtensions(t *testing.T) {
	tests := map[Extension][]string{
		{major: 1, minor: 12}: {"s.toplevel", "s.total_exec_time", "s.stats_since"},
		{major: 1, minor: 10}: {"s.toplevel", "s.total_exec_time", " NULL::timestamptz,"},
		{major: 1, minor: 8}:  {" true,", "s.total_exec_time", " NULL::timestamptz,"},
		{major: 1, minor: 7}:  {" true,", "s.total_time", " NULL::timestamptz,"},
	}
	for e, words := range tests {
		for _, word := range words {
			if !strings.Contains(e.counterQuery(), word) {
				t.Errorf("%v: no %s in %s", e, word, e.counterQuery())
			}
		}
	}
}
