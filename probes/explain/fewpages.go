package explain

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// isEmpty says whether no value is known.
func (s *statistics) isEmpty() bool { return len(s.mostCommon)+len(s.histogram)+len(s.elements) == 0 }

// search looks elsewhere for values that a search can be made of, where s has none: a word to search the texts of an expression for is one of the column's own; of
// types without statistics a few values are read.
func (r *statisticsReader) search(ctx context.Context, m meeting, s *statistics) (*statistics, error) {
	if m.Expression != "" && m.Op == "@@" {
		m.Expression = ""
		found, err := r.column(ctx, m.schema, m.relation, m.Column)
		if err != nil || found != nil && !found.isEmpty() {
			return found, err
		}
	}
	if m.Expression != "" {
		return s, nil
	}
	return r.sample(ctx, m, s)
}

// sampledMost is how many values are read from a few pages.
const sampledMost = 100

// sample reads some of a column's values from some eight pages of the table, the same ones every time, where s knows none.
// Costs under 1 ms where the pages are in memory. Versions 13 and later. Needs SELECT on the column.
func (r *statisticsReader) sample(ctx context.Context, m meeting, s *statistics) (*statistics, error) {
	var percent float64
	err := r.Tx.QueryRow(ctx, query("sampled_column"), m.schema, m.relation, m.Column).Scan(&percent)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	column := sqltext.Ident(m.Column)
	sql := fmt.Sprintf("SELECT %sfew_pages */ %s::pg_catalog.text FROM %s TABLESAMPLE SYSTEM (%g) REPEATABLE (0) WHERE %s IS NOT NULL LIMIT %d",
		probes.OwnTag, column, sqltext.Ident(m.schema, m.relation), percent, column, sampledMost)
	found := &statistics{}
	err = r.attempt(ctx, func() error {
		rows, err := r.Tx.Query(ctx, sql)
		if err != nil {
			return err
		}
		found.sampled, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil { // such as a column that cannot be sampled
		return s, nil
	}
	return found, nil
}
