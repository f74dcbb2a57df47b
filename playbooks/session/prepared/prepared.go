// Package prepared drafts the rolling back of one prepared transaction, which holds its locks and its snapshot without a session. The playbooks that
// meet one share it.
package prepared

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/sqlfile"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

func query(name string, placeholders ...string) string {
	return sqlfile.Text(sqlFiles, name, placeholders...)
}

// Draft makes the draft that rolls a prepared transaction back. The caller adds what that frees.
func Draft(ctx context.Context, ask *live.Asker, playbook string, f playbooks.Finding, x probes.PreparedTransaction) (*playbooks.Draft, error) {
	now, there, err := read(ctx, ask, x.XID, x.PreparedAt)
	switch {
	case err != nil:
		return nil, err
	case !there:
		return nil, &playbooks.NoDraft{
			Reason: "prepared transaction " + x.GID + " has been committed or rolled back since it was listed", Instead: "look again",
		}
	}
	w := &work{shown: now, row: playbooks.Row{Name: "prepared transaction " + now.name(), What: now.words()}}
	return &playbooks.Draft{
		Playbook: playbook, Finding: f, Title: "roll back prepared transaction " + now.name(),
		SQL: []string{live.RollbackPreparedSQL(now.GID)}, Word: now.name(), Target: now.target(), Rows: []playbooks.Row{w.row}, Work: w,
		Kind: "roll back", For: "ends prepared transaction " + now.name() + ": its locks go, and what it wrote is lost",
		Reasons: []playbooks.Reason{
			{Part: "prepared transaction", Why: now.words() + "; it has no session that could be ended, and outlives a restart of the server"},
		},
		Warnings: []string{
			"a transaction coordinator may have decided to commit it: ask there first; if it did, COMMIT PREPARED " + sqltext.Clean(sqltext.Literal(now.GID)) +
				" is what is missing, which pgmedic never sends",
			"a coordinator that comes back for it finds that it does not exist (42704)",
		},
		NoWayBack: "what a rolled back transaction wrote is lost",
		Lost:      "what was sent stays sent", Stopped: "what was sent stays sent",
	}, nil
}

// transaction is one prepared transaction as the server has it.
type transaction struct {
	live.TwoPhase
	owner, database string // harmless
	age             int64  // in transactions
	since           time.Duration
	mine, here      bool   // this role may end it; it is of this database
	me              string // the role that asks, harmless
}

// read returns how it is now, and whether it is there.
func read(ctx context.Context, ask *live.Asker, xid uint32, preparedAt time.Time) (transaction, bool, error) {
	t := transaction{TwoPhase: live.TwoPhase{XID: xid, PreparedAt: preparedAt}}
	seconds := 0.0
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, query("transaction"), xid, preparedAt).
			Scan(&t.GID, &t.Owner, &t.owner, &t.database, &t.age, &seconds, &t.mine, &t.here, &t.me)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return t, false, nil
	}
	if err != nil {
		return t, false, fmt.Errorf("reading prepared transaction %d: %w", xid, err)
	}
	t.owner, t.database, t.me = sqltext.CleanLine(t.owner), sqltext.CleanLine(t.database), sqltext.CleanLine(t.me)
	t.since = time.Duration(max(seconds, 0) * float64(time.Second))
	return t, true, nil
}

// name is its identifier, harmless; its number where nothing of that is left.
func (t transaction) name() string { return cmp.Or(sqltext.CleanLine(t.GID), t.number()) }

// number names it by its transaction id.
func (t transaction) number() string { return "transaction " + strconv.FormatUint(uint64(t.XID), 10) }

func (t transaction) words() string {
	return fmt.Sprintf("%s of role %s in database %s, prepared %s ago, %s back", t.number(), t.owner, t.database, probes.Span(t.since),
		probes.Counted(int(t.age), "transaction", "transactions"))
}

// target is Data of the intent.
func (t transaction) target() map[string]string {
	return map[string]string{
		"gid": t.name(), "transaction": strconv.FormatUint(uint64(t.XID), 10), "owner": t.owner, "database": t.database,
		"prepared": t.PreparedAt.UTC().Format(time.RFC3339Nano),
	}
}
