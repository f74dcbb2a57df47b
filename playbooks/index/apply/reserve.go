package apply

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// reserveKey is the high half of the advisory locks' keys: "pgmd" in ASCII, so that they are no application's.
const reserveKey int64 = 'p'<<24 | 'g'<<16 | 'm'<<8 | 'd'

// nothingSent is the position of who waits for leave to begin, or was refused it.
const nothingSent = -1

// A session that was closed keeps its locks until the server has ended it, a few milliseconds. So one that has a lock is waited for for a moment.
const (
	reservePatience = 2 * time.Second
	reserveAgain    = 50 * time.Millisecond
)

// reserve keeps other pgmedics off the tables of the steps until the session ends: two that confirm at the same moment both pass their checks, and would wait for each
// other. It refuses where another is at work on one of them.
func reserve(ctx context.Context, session sender, steps []Step) error {
	var tables []uint32
	for _, s := range steps {
		if s.table != 0 {
			tables = append(tables, s.table)
		}
	}
	for until := time.Now().Add(reservePatience); ; time.Sleep(reserveAgain) {
		by, err := tryReserve(ctx, session, tables)
		if err != nil || by == "" {
			return err
		}
		if time.Now().After(until) {
			return &pgconn.PgError{Severity: "ERROR", Code: lockNotAvailable,
				Message: "nothing was sent: another pgmedic is at work on the indexes of this table: " + by + "; wait until it has ended, then draft again"}
		}
	}
}

// tryReserve says who has one of the tables; empty: nobody else.
func tryReserve(ctx context.Context, session sender, tables []uint32) (by string, err error) {
	err = readFirst(ctx, session, nothingWasSent, func(ctx context.Context, tx pgx.Tx) error {
		taken, err := reserveTables(ctx, tx, tables)
		if err != nil || taken == 0 {
			return err
		}
		var who scanned
		err = tx.QueryRow(ctx, query("build_reserved"), taken, reserveKey).Scan(who.into()...)
		by = who.done().String()
		if errors.Is(err, pgx.ErrNoRows) {
			by, err = "its session has just ended", nil
		}
		return err
	})
	return by, err
}

// reserveTables takes the locks, and returns a table of which another session has it; 0: there is none.
func reserveTables(ctx context.Context, tx pgx.Tx, tables []uint32) (taken uint32, err error) {
	rows, err := tx.Query(ctx, query("build_reserve"), tables, reserveKey)
	if err != nil {
		return 0, err
	}
	var oid uint32
	var got bool
	_, err = pgx.ForEachRow(rows, []any{&oid, &got}, func() error {
		if !got {
			taken = oid
		}
		return nil
	})
	return taken, err
}
