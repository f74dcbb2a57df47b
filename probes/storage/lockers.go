package storage

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// findLockers notes who locks any of the items against everybody. Where the server does not say, or not in time, that stays unknown.
func (r *carefulReader) findLockers(ctx context.Context, items []item) error {
	if err := r.readLockers(ctx, items); err != nil && pgerr.State(err) == "" {
		return err
	}
	_, err := r.tx.Exec(ctx, rollbackTo) // takes the statement's limit back, too
	return err
}

func (r *carefulReader) readLockers(ctx context.Context, items []item) error {
	if _, err := r.tx.Exec(ctx, query("statement_limit"), lockersLimit); err != nil {
		return err
	}
	relations := make([]uint32, len(items))
	for i, item := range items {
		relations[i] = item.on
	}
	rows, err := r.tx.Query(ctx, query("lockers"), relations)
	if err != nil {
		return err
	}
	var relation uint32
	var pid int32
	var granted bool
	var application, state string
	_, err = pgx.ForEachRow(rows, []any{&relation, &pid, &granted, &application, &state}, func() error {
		if r.failed[relation] == "" {
			r.failed[relation] = lockedBy(pid, granted, application, state)
		}
		return nil
	})
	return err
}

// lockedBy says who is in the way; pid 0 is a prepared transaction.
func lockedBy(pid int32, granted bool, application, state string) string {
	if pid == 0 {
		return "locked by a prepared transaction (see pg_prepared_xacts)"
	}
	who := fmt.Sprintf("session %d", pid)
	var known []string
	for _, word := range []string{sqltext.CleanLine(application), sqltext.CleanLine(state)} {
		if word != "" {
			known = append(known, word)
		}
	}
	if len(known) > 0 {
		who += " (" + strings.Join(known, ", ") + ")"
	}
	if granted {
		return "locked by " + who
	}
	return who + " waits to lock it"
}
