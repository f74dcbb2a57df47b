package drill

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// wantFailure compares an error with the words that it must have; no words: there must be none.
func wantFailure(t *testing.T, err error, words string) {
	t.Helper()
	if (err == nil) != (words == "") || err != nil && !strings.Contains(err.Error(), words) {
		t.Errorf("error %v, want %q", err, words)
	}
}

func TestCheckRemedy(t *testing.T) {
	built := time.Date(2026, 11, 23, 16, 20, 0, 0, time.UTC)
	wantFailure(t, checkRemedy(built.Add(time.Second), built), "")
	wantFailure(t, checkRemedy(built.Add(-1500*time.Millisecond), built), "back 1.5 s before the index")
}

func TestCheckBack(t *testing.T) {
	base := probes.Baseline{Median: 12, N: probes.BaselineMinimum}
	wantFailure(t, checkBack(base, 23), "")
	wantFailure(t, checkBack(base, 24), "24 connections at the end are not the baseline of 12 again")
}

func TestCheckDraft(t *testing.T) {
	const begin, tag = "CREATE INDEX CONCURRENTLY idx_reports_a1b2 ON reports.reports ", " /* pgmedic:index-build */"
	for name, c := range map[string]struct{ sql, want string }{
		"as needed":        {begin + "(user_id, organization_id, created_at DESC) WHERE completed_at IS NULL" + tag, ""},
		"whole table":      {begin + "(user_id, organization_id)" + tag, "not one partial index"},
		"other rows":       {begin + "(user_id) WHERE completed_at IS NOT NULL" + tag, "not an index of the incomplete rows"},
		"begins elsewhere": {begin + "(created_at, user_id) WHERE completed_at IS NULL" + tag, "does not begin with a column"},
		"wide":             {begin + "(user_id, params) WHERE completed_at IS NULL" + tag, "holds params"},
		"other table":      {strings.Replace(begin, "reports.reports", "reports.users", 1) + "(user_id) WHERE completed_at IS NULL" + tag, "not one partial index"},
		"no index":         {"ANALYZE reports.reports", "not one partial index"},
	} {
		t.Run(name, func(t *testing.T) { wantFailure(t, checkDraft([]string{c.sql}), c.want) })
	}
	wantFailure(t, checkDraft(nil), "not one partial index")
}
