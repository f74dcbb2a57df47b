package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// TwoPhase names a prepared transaction as it was shown (pg_prepared_xacts).
type TwoPhase struct {
	XID        uint32
	GID        string // as the server has it, not made harmless
	Owner      uint32 // oid of its role
	PreparedAt time.Time
}

// rollbackPrepared rolls a prepared transaction back; %s is its identifier as a literal. Costs as much as any rollback: under 1 ms, and the reading
// of its two-phase file. Versions 13 and later. Needs its owner or a superuser, in its database.
const rollbackPrepared = "ROLLBACK " + probes.OwnTag + "rollback_prepared */ PREPARED %s"

// RollbackPreparedSQL is the statement that RollbackPrepared sends.
func RollbackPreparedSQL(gid string) string {
	return fmt.Sprintf(rollbackPrepared, sqltext.Literal(gid))
}

// RollbackPrepared rolls a prepared transaction back if it is still there as it was shown, looked up just before in the same session. It runs in no
// transaction, so the two cannot be one statement. Where the error is ErrNotSent, the server got nothing of it.
func (s *ActSession) RollbackPrepared(shown TwoPhase) (Answer, error) {
	var answer Answer
	looking := true
	err := s.send(func(ctx context.Context, conn *pgx.Conn) error {
		same := false
		err := conn.QueryRow(ctx, query("two_phase"), shown.XID, shown.GID, shown.Owner, shown.PreparedAt).Scan(&same)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			answer.Change = "it has been committed or rolled back"
			return nil
		case err != nil:
			return err
		case !same:
			answer.Change = fmt.Sprintf("transaction %d is another prepared transaction now", shown.XID)
			return nil
		}
		looking = false
		_, err = conn.PgConn().ExecParams(ctx, RollbackPreparedSQL(shown.GID), nil, nil, nil, nil).Close() // this protocol refuses a second statement
		answer.Sent = err == nil
		return err
	})
	if err == nil {
		return answer, nil
	}
	if looking && !errors.Is(err, ErrNotSent) {
		err = fmt.Errorf("%w: %w", ErrNotSent, err)
	}
	return Answer{}, fmt.Errorf("rolling back prepared transaction %s: %w", sqltext.CleanLine(shown.GID), err)
}
