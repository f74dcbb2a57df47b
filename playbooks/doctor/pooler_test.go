//go:build pooler

package doctor

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// Through a pooler by statement nothing can be read: that is one error, not a report. By transaction all is read, and the pooler told.
func TestThroughAPooler(t *testing.T) {
	dsn := pgtest.Database(t)
	_, err := Examine(t.Context(), pgtest.PgBouncer(t, dsn, "statement", ""))
	if err == nil || !strings.Contains(err.Error(), "could not be examined") || !strings.Contains(err.Error(), "statement mode") {
		t.Errorf("by statement: %v", err)
	}
	report := examine(t, pgtest.PgBouncer(t, dsn, "transaction", ""))
	if f := find(report, "connection.direct"); f.Severity != Warning || !strings.Contains(f.Read[0], "transaction mode") {
		t.Errorf("by transaction: %+v", f)
	}
	for _, b := range report.Readings.Blind {
		t.Errorf("by transaction, not read: %+v", b)
	}
}
