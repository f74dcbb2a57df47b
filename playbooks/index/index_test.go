package index

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// seeded is the seed's table, and what Diagnose would say of the seed's statement.
func seeded(t *testing.T) (dsn string, app *pgx.Conn, finding playbooks.Finding) {
	t.Helper()
	dsn, app, id := indextest.Seeded(t)
	return dsn, app, playbooks.Finding{
		Playbook: playbookName, Title: "one statement holds most connections",
		Statement: probes.StatementLoad{StatementKey: probes.StatementKey{QueryID: id, TopLevel: true}},
	}
}
