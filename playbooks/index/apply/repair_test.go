package apply

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// What interrupted runs of REINDEX CONCURRENTLY leave behind is found whatever the server calls it: it cuts long names off and numbers them.
func TestRepairInterrupted(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"by_kind", strings.Repeat("ü", 31) + "x"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, pgtest.Database(t), append(events("500"), "CREATE INDEX "+name+" ON events (kind)",
				"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"+name+"'::regclass")...)
			repair := leftovers(t, b, nil)[0].Repair
			tx := b.writer(t, touch)
			var outcome playbooks.Outcome
			for range 2 {
				run := b.start(t, repair)
				await(t, run, inPhase(writersBefore))
				if err := run.Cancel(t.Context()); err != nil {
					t.Fatal(err)
				}
				outcome = finish(run)
			}
			rollback(t, tx)
			undo := outcome.Verification.Undo
			if outcome.State != playbooks.Canceled || undo == nil || len(undo.SQL) != 2 {
				t.Fatalf("outcome %+v; INVALID: %s", outcome, b.invalid(t))
			}
			if outcome := b.apply(t, undo); outcome.State != playbooks.Applied || strings.Trim(b.invalid(t), `"`) != name {
				t.Errorf("clean-up: %+v; INVALID: %s", outcome, b.invalid(t))
			}
			p := b.prepare(t, repair)
			pgtest.Execute(t, b.app, "REINDEX INDEX "+name)
			if _, err := p.Confirm(repair.Word); err == nil || !strings.Contains(err.Error(), "is valid now") {
				t.Error("confirmed, or refused with", err)
			}
		})
	}
}

// A unique index that fails for rows that are there twice says by what, and how to find them: before it is built anew, and after it failed. What it says finds just these.
func TestRepairOfUnique(t *testing.T) {
	t.Parallel()
	for index, keys := range map[string]string{
		"(email)": "(email)", "(lower(email), kind) WHERE id > 0": "(lower(email), kind)", `("Odd ""Name""")`: `("Odd ""Name""")`} {
		t.Run(index, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, pgtest.Database(t), `CREATE TABLE acct (id int, email text, kind int, "Odd ""Name""" int)`,
				"INSERT INTO acct SELECT i, 'u' || i || '@x.de', 1, i FROM generate_series(1, 100) AS i", "INSERT INTO acct VALUES (200, NULL), (201, NULL), (202, NULL)",
				"INSERT INTO acct SELECT 101, email, kind, 7 FROM acct WHERE id = 7")
			if _, err := b.app.Exec(t.Context(), "CREATE UNIQUE INDEX CONCURRENTLY acct_key ON acct "+index); pgerr.State(err) != uniqueViolation {
				t.Fatal(err)
			}
			repair := leftovers(t, b, nil)[0].Repair
			outcome := b.apply(t, repair)
			if outcome.State != playbooks.Failed || pgerr.State(outcome.Err) != uniqueViolation || !strings.Contains(outcome.Next, "rows are the same in "+keys) {
				t.Fatalf("outcome %+v", outcome)
			}
			query := outcome.Next[strings.Index(outcome.Next, "SELECT"):]
			query, _, _ = strings.Cut(query, ";")
			if !strings.Contains(strings.Join(repair.Warnings, "; "), query) {
				t.Errorf("it does not say beforehand %s, but %q", query, repair.Warnings)
			}
			if n := pgtest.Value(t, b.dsn, "SELECT string_agg(found::text, ' ') FROM ("+query+") AS found"); n == "" || strings.Contains(n, " ") || !strings.HasSuffix(n, ",2)") {
				t.Errorf("%s finds %s", query, n)
			}
			if outcome := b.apply(t, outcome.Verification.Undo); outcome.State != playbooks.Applied {
				t.Errorf("clean-up: %+v", outcome)
			}
			pgtest.Execute(t, b.app, "DELETE FROM acct WHERE id = 101")
			if outcome := b.apply(t, leftovers(t, b, nil)[0].Repair); outcome.State != playbooks.Applied || b.invalid(t) != "" {
				t.Errorf("outcome %+v", outcome)
			}
		})
	}
}
