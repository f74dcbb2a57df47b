package storage

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// Reader is the door for reading (live.Asker): Read runs fn in a read-only transaction with a statement_timeout and rolls it back.
type Reader interface {
	Read(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error
}

const (
	// lockLimit is how long one relation is waited for.
	lockLimit = "100" // ms
	// lockersLimit is how long the lock table may take to say who is in the way.
	lockersLimit = "300" // ms
	// tablesLimit bounds sizes and definitions together, spaceLimit the sizes of databases and folders; what is left then is not measured.
	tablesLimit = 1500 * time.Millisecond
	spaceLimit  = 4 * time.Second
)

// A failure ends what was done since the savepoint; the transaction goes on. Costs under 0.1 ms each. Versions 13 and later, every role may.
const (
	savepoint  = "SAVEPOINT /* pgmedic:savepoint */ pgmedic_figure"
	rollbackTo = "ROLLBACK /* pgmedic:savepoint */ TO SAVEPOINT pgmedic_figure"
)

// SQLSTATEs (PostgreSQL manual, appendix A).
const (
	lockNotAvailable = "55P03"
	queryCanceled    = "57014"
	notAllowed       = "42501"
)

// carefulReader reads, within one transaction, what can be locked, slow or denied: one such item does not cost the others their figures.
type carefulReader struct {
	tx     pgx.Tx
	until  time.Time         // local clock: when to stop
	failed map[uint32]string // what an item stands on (see item.on), and why that cannot be read
	denied string            // what to do where the role may not
}

func newCarefulReader(ctx context.Context, tx pgx.Tx, limit time.Duration, denied string) (*carefulReader, error) {
	if _, err := tx.Exec(ctx, query("lock_limit"), lockLimit); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, savepoint); err != nil {
		return nil, err
	}
	return &carefulReader{tx: tx, until: time.Now().Add(limit), failed: map[uint32]string{}, denied: denied}, nil
}

// item is something to read, and the relation that the server locks for it.
type item struct{ oid, on uint32 }

// take gets each row that a query sends.
type take func(row pgx.CollectableRow) error

// read runs the query for the items and calls take with each row. Those that were not read it returns with the reason. The query must send its rows
// in the order asked for: the first one missing is then the one that failed.
func (r *carefulReader) read(ctx context.Context, queryName string, items []item, take take) (map[uint32]string, error) {
	unread := map[uint32]string{}
	for {
		items = r.withoutFailed(items, unread)
		if len(items) == 0 {
			return unread, nil
		}
		if time.Now().After(r.until) {
			for _, item := range items {
				unread[item.oid] = "not measured, because others took too long"
			}
			return unread, nil
		}
		done, err := r.readOnce(ctx, queryName, items, take)
		if err == nil {
			return unread, nil
		}
		items = items[done:]
		if err := r.goOn(ctx, err, items); err != nil {
			return nil, err
		}
	}
}

// readOnce returns how many items were read before an error.
func (r *carefulReader) readOnce(ctx context.Context, queryName string, items []item, take take) (int, error) {
	oids := make([]uint32, len(items))
	for i, item := range items {
		oids[i] = item.oid
	}
	rows, err := r.tx.Query(ctx, query(queryName), oids)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	done := 0
	for rows.Next() {
		if err := take(rows); err != nil {
			return done, err
		}
		done++
	}
	return done, rows.Err()
}

// goOn gets the transaction going again after an error, and notes why the first item failed. An error that is not about the item is returned.
func (r *carefulReader) goOn(ctx context.Context, err error, items []item) error {
	state := pgerr.State(err)
	if state == "" || len(items) == 0 || ctx.Err() != nil {
		return err
	}
	if _, rollBackErr := r.tx.Exec(ctx, rollbackTo); rollBackErr != nil {
		return err
	}
	first := items[0].on
	switch state {
	case lockNotAvailable:
		if err := r.findLockers(ctx, items); err != nil {
			return err
		}
		if r.failed[first] == "" {
			r.failed[first] = "locked by another session"
		}
	case queryCanceled:
		r.failed[first] = "the server took too long to measure it"
	case notAllowed:
		r.failed[first] = r.denied
	default:
		r.failed[first] = pgerr.Reason(err)
	}
	return nil
}

func (r *carefulReader) withoutFailed(items []item, unread map[uint32]string) []item {
	var left []item
	for _, item := range items {
		if reason, failed := r.failed[item.on]; failed {
			unread[item.oid] = reason
		} else {
			left = append(left, item)
		}
	}
	return left
}
