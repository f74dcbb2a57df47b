package judge

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// NOT IN of a UNION becomes a join of it, which looks into none of its tables by an index: none is drafted. It is planned alone, as NOT IN takes minutes here.
func TestNotInOfAUnionIsRewrittenWithoutAnIndex(t *testing.T) {
	dsn := pgtest.Database(t)
	indextest.Script(t, pgtest.Connect(t, dsn, nil), `
CREATE TABLE seen (id int NOT NULL, note text);
INSERT INTO seen SELECT n, repeat('n', 60) FROM generate_series(1, 55000) AS n;
CREATE TABLE fresh (id int NOT NULL, note text);
INSERT INTO fresh SELECT n, 'f' FROM generate_series(49950, 53020) AS n;
ANALYZE seen, fresh;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 64', current_database()); END $$;
`)
	const statement = "SELECT count(*) FROM fresh WHERE id NOT IN (SELECT id FROM seen UNION ALL SELECT id FROM fresh WHERE note = 'g')"
	a, err := Statement(t.Context(), indextest.Watched(t, dsn).Ask(), Query{Statement: statement})
	if err != nil || a.Verdict != Rewritten || len(a.Drafts) > 0 || !a.Rewrite.Equivalent || !strings.Contains(a.Rewrite.SQL, "NOT EXISTS (SELECT 1 FROM (SELECT id FROM seen UNION") {
		t.Errorf("%s %s, drafts %v, rewrite %+v: %v", a.Verdict, a.Reason, a.Drafts, a.Rewrite, err)
	}
	if a.Wording.After > halving*a.Wording.Before {
		t.Errorf("cost %v", a.Wording)
	}
}
