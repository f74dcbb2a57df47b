package brake

import (
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// Where the longest calls alone were reset, as 17 and later can, it is not said of the calls before that none took so long. Before 17 there is no such reset.
func TestLongestResetAlone(t *testing.T) {
	b := newBench(t)
	conn := b.session()
	pgtest.Execute(t, conn, "SELECT pg_sleep(0.3)", "SELECT pg_sleep(0.001)")
	hit := func() probes.Hit {
		h, err := readHistory(t.Context(), b.server.Ask(), b.role.oid)
		if err != nil || !h.known {
			t.Fatalf("%+v, %v", h, err)
		}
		return h.hit(200*time.Millisecond, probes.Part{DatabaseOID: b.database.oid}, func(int64) bool { return false })
	}
	if h := hit(); h.Surely != 1 || h.AtMost < 1 {
		t.Errorf("before: %+v", h)
	}
	canReset := pgtest.Value(t, b.dsn, "SELECT count(*)::text FROM pg_proc WHERE proname = 'pg_stat_statements_reset' AND pronargs = 4") != "0"
	if canReset {
		b.execute("SELECT pg_stat_statements_reset(0, 0, 0, true)")
	}
	if h := hit(); h.AtMost < 1 || canReset != (h.Surely == 0) {
		t.Errorf("longest reset alone %v: %+v", canReset, h)
	}
}
