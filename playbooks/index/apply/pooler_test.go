//go:build pooler

package apply

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// Through a pooler by transaction nothing is built, and it is said how to connect.
func TestThroughPooler(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Database(t)
	direct := newBench(t, dsn, events("500")...)
	d := direct.draft(t, direct.index(t, "events", key("account")))
	pooled := watched(t, pgtest.PgBouncer(t, dsn, "transaction", ""))
	checks, err := d.Work.Preflight(t.Context(), pooled.Ask())
	if err != nil {
		t.Fatal(err)
	}
	if c := check(t, checks, "connection"); c.Verdict != playbooks.Refuse || !strings.Contains(c.Saw, "through a pooler") {
		t.Errorf("%+v", c)
	}
	p, err := playbooks.NewEngine(pooled, &timeline{}, nil).Prepare(t.Context(), d)
	if err != nil || !strings.Contains(p.Refused(), "through a pooler") {
		t.Errorf("refused %v, %v", p, err)
	}
}
