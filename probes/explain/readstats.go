package explain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// statisticsReader reads statistics and remembers them: the same column may meet many parameters.
type statisticsReader struct {
	*explainer
	columns map[meetingKey]*statistics // nil: there are none
	stats   map[columnKey]*statistics  // of columns, read ahead; nil: there is no row
}

type columnKey struct{ schema, relation, column string }

type meetingKey struct{ schema, relation, column, expression string }

func (m meeting) key() meetingKey { return meetingKey{m.schema, m.relation, m.Column, m.Expression} }

// meetingsMost is of how many columns that a parameter meets the statistics are read: a partitioned table has one a partition.
const meetingsMost = 8

// worst returns, of the columns that a parameter meets, the one whose most common value is the most frequent, and what is known of it.
func (r *statisticsReader) worst(ctx context.Context, met []meeting) (worst meeting, stats *statistics, err error) {
	for i, m := range met[:min(len(met), meetingsMost)] {
		s, err := r.of(ctx, m)
		if err != nil {
			return worst, nil, err
		}
		if i == 0 || s != nil && (stats == nil || s.mostFrequent() > stats.mostFrequent()) {
			worst, stats = m, s
		}
	}
	return worst, stats, nil
}

// of returns what is known of the values that a parameter meets; nil where nothing is.
func (r *statisticsReader) of(ctx context.Context, m meeting) (*statistics, error) {
	if m.Column == "" {
		return nil, nil
	}
	key := m.key()
	if s, ok := r.columns[key]; ok {
		return s, nil
	}
	s, err := r.read(ctx, m)
	if err == nil && isSearch(m.Meeting) && (s == nil || s.isEmpty()) {
		s, err = r.search(ctx, m, s)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the statistics of %s: %w", sqltext.CleanLine(sqltext.Ident(m.schema, m.relation, m.Column)), err)
	}
	r.columns[key] = s
	return s, nil
}

func (r *statisticsReader) read(ctx context.Context, m meeting) (*statistics, error) {
	if m.Expression == "" {
		return r.column(ctx, m.schema, m.relation, m.Column)
	}
	for _, read := range []func(context.Context, meeting) (*statistics, error){r.indexed, r.extended, r.computed} {
		if s, err := read(ctx, m); s != nil || err != nil {
			return s, err
		}
	}
	return nil, nil
}

// readAhead reads pg_stats for all columns that parameters meet, in one round trip: a busy server takes as long for each as for all.
func (r *statisticsReader) readAhead(ctx context.Context, met map[int][]meeting) error {
	batch := &pgx.Batch{}
	for _, all := range met {
		for _, m := range all[:min(len(all), meetingsMost)] {
			key := columnKey{m.schema, m.relation, m.Column}
			if _, asked := r.stats[key]; asked || m.Column == "" || m.Expression != "" {
				continue
			}
			r.stats[key] = nil
			batch.Queue(query("column_values"), m.schema, m.relation, m.Column).QueryRow(func(row pgx.Row) error {
				found, err := scanColumn(row)
				r.stats[key] = found
				return err
			})
		}
	}
	if err := r.Tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("reading the statistics of the columns that its parameters meet: %w", err)
	}
	return nil
}

// column reads pg_stats, or takes what was read ahead.
func (r *statisticsReader) column(ctx context.Context, schema, relation, column string) (*statistics, error) {
	key := columnKey{schema, relation, column}
	found, known := r.stats[key]
	if !known {
		var err error
		if found, err = scanColumn(r.Tx.QueryRow(ctx, query("column_values"), schema, relation, column)); err != nil {
			return nil, err
		}
		r.stats[key] = found
	}
	if found == nil {
		return nil, r.noteUnreadable(ctx, schema, relation, column)
	}
	return found, nil
}

// scanColumn reads a row of column_values.sql; nil: there is none.
func scanColumn(row pgx.Row) (*statistics, error) {
	var s statistics
	var elements []string
	var shares []float64
	err := row.Scan(&s.distinct, &s.nulls, &s.mostCommon, &s.frequencies, &s.histogram, &elements, &shares)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	for i := range elements[:min(len(elements), len(shares))] {
		s.elements = append(s.elements, element{elements[i], shares[i]})
	}
	slices.SortStableFunc(s.elements, func(a, b element) int { return cmp.Compare(b.share, a.share) })
	return &s, err
}

// noteUnreadable says what the role lacks, where that is why there are no statistics.
func (r *statisticsReader) noteUnreadable(ctx context.Context, schema, relation, column string) error {
	var ungranted, guarded bool
	err := r.Tx.QueryRow(ctx, query("unreadable"), schema, relation, column).Scan(&ungranted, &guarded)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	name, role := sqltext.CleanLine(sqltext.Ident(schema, relation)), sqltext.CleanLine(sqltext.Ident(r.Server.User))
	lack := ""
	switch {
	case ungranted:
		lack = fmt.Sprintf("GRANT SELECT ON %s TO %s (or pg_read_all_data, 14+)", name, role)
	case guarded:
		lack = fmt.Sprintf("%s has row security: ALTER ROLE %s BYPASSRLS", name, role)
	default:
		return nil // there are none: never analysed
	}
	if !slices.Contains(r.unreadable, lack) {
		r.unreadable = append(r.unreadable, lack)
	}
	return nil
}

// indexed reads the statistics that an index on the same expression brings.
func (r *statisticsReader) indexed(ctx context.Context, m meeting) (*statistics, error) {
	rows, err := r.Tx.Query(ctx, query("expression_indexes"), m.schema, m.relation)
	if err != nil {
		return nil, err
	}
	type indexed struct{ Expression, Schema, Index, Column string }
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[indexed])
	if err != nil {
		return nil, err
	}
	for _, x := range found {
		if sameExpression(x.Expression, m.Expression) {
			return r.column(ctx, x.Schema, x.Index, x.Column)
		}
	}
	return nil, nil
}

// extendedSince is the version that brought statistics on expressions.
const extendedSince = 140000

// extended reads the statistics that CREATE STATISTICS keeps of the same expression.
func (r *statisticsReader) extended(ctx context.Context, m meeting) (*statistics, error) {
	if r.Server.Version < extendedSince {
		return nil, nil
	}
	rows, err := r.Tx.Query(ctx, query("extended_values"), m.schema, m.relation)
	if err != nil {
		return nil, err
	}
	var found *statistics
	var expression string
	var s statistics
	_, err = pgx.ForEachRow(rows, []any{&expression, &s.distinct, &s.nulls, &s.mostCommon, &s.frequencies, &s.histogram}, func() error {
		if sameExpression(expression, m.Expression) {
			kept := s
			found = &kept
		}
		s = statistics{} // slices of its own for the next row
		return nil
	})
	return found, err
}

// sameExpression compares two expressions as the server prints them, whatever parentheses stand around them.
func sameExpression(a, b string) bool { return sqltext.Bare(a) == sqltext.Bare(b) }

// computed makes statistics of the column's own: the expression of its values. They are computed only where the server's own functions do that and nothing
// else. The frequencies are those of the column's values: what the expression makes equal is not added up.
func (r *statisticsReader) computed(ctx context.Context, m meeting) (*statistics, error) {
	if !plan.Simple(m.Expression) {
		return nil, nil
	}
	s, err := r.column(ctx, m.schema, m.relation, m.Column)
	if s == nil || err != nil {
		return nil, err
	}
	var typeName string
	err = r.Tx.QueryRow(ctx, query("column_type"), m.schema, m.relation, m.Column).Scan(&typeName)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil // a type of somebody's
	}
	if err != nil {
		return nil, err
	}
	common, err := r.compute(ctx, m, castType(typeName), s.mostCommon)
	if err != nil {
		return nil, nil // such as a name that is not the server's own
	}
	bounds, err := r.compute(ctx, m, castType(typeName), s.histogram)
	if err != nil {
		return nil, nil
	}
	of := *s
	of.mostCommon, of.histogram = common, bounds
	return &of, nil
}

// compute computes the expression of each value, in their order. Its text is the server's own, checked by plan.Simple; search_path is pg_catalog alone.
// Costs under 1 ms for the 100 values that statistics hold as a rule. Versions 13 and later. Every role may.
func (r *statisticsReader) compute(ctx context.Context, m meeting, typeName string, values []string) ([]string, error) {
	var computed []string
	sql := fmt.Sprintf("SELECT %scomputed */ COALESCE(pg_catalog.array_agg((%s)::pg_catalog.text ORDER BY pgmedic_n), '{}') "+
		"FROM (SELECT v::%s AS %s, n AS pgmedic_n FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY AS x (v, n)) AS y WHERE (%s) IS NOT NULL",
		probes.OwnTag, m.Expression, typeName, sqltext.Ident(m.Column), m.Expression)
	err := r.attempt(ctx, func() error { return r.Tx.QueryRow(ctx, sql, values).Scan(&computed) })
	return computed, err
}
