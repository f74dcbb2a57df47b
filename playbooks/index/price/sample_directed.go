package price

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

const (
	directedRows    = 5000 // that are read through an index to count those of one value
	directedTimeout = 250 * time.Millisecond
	mostDirected    = 2
)

// directed is all rows of one value, counted through an index.
type directed struct {
	bit    int
	groups []combination
}

// directedSQL groups all rows of one value, read through an index that the table has; one more than are wanted tells that they are not all. See sampleSQL. Reads at most
// 5,000 rows, for 250 ms at most.
const directedSQL = "SELECT /* pgmedic:index-sample */ %s, %s, count(*) FROM (SELECT %s FROM ONLY %s AS %s WHERE %s LIMIT %d) AS %s GROUP BY 1, 2, 3"

// Direct counts all rows of values that are too rare for the sample and that an index of the table finds, so that what else they meet is known exactly.
func (s *Sample) Direct(ctx context.Context, tx pgx.Tx, t *table.Table, alias string, budget *Budget) error {
	if s.Whole || t.Kind == "p" {
		return nil
	}
	for i, k := range s.conditions {
		if len(s.directed) == mostDirected || budget.forRows() <= 0 {
			return nil
		}
		if k.dropped || k.condition.Kind != plan.Equality || k.sql != k.condition.Text || !leads(t, k.condition.Column) || s.met([]int{i})*t.Rows/s.Rows > directedRows {
			continue
		}
		if err := s.direct(ctx, tx, t, alias, i, budget); err != nil {
			return fmt.Errorf("counting the rows of one value of %s: %w", t, err)
		}
	}
	return nil
}

// leads says whether a whole index of the table begins with the column.
func leads(t *table.Table, column string) bool {
	return slices.ContainsFunc(t.Indexes, func(x table.Existing) bool {
		return x.Valid && x.Known && len(x.Shape.Where) == 0 && (x.Shape.Method == "" || x.Shape.Method == "btree") && x.Shape.Keys[0].Column == column
	})
}

func (s *Sample) direct(ctx context.Context, tx pgx.Tx, t *table.Table, alias string, bit int, budget *Budget) error {
	var columns []string
	for _, k := range s.conditions {
		for _, c := range columnsOf(k.condition) {
			if name := sqltext.Ident(alias, c); !slices.Contains(columns, name) {
				columns = append(columns, name)
			}
		}
	}
	sql := fmt.Sprintf(directedSQL, s.bits(alias), noLeaf, strings.Join(columns, ", "), sqltext.Ident(t.Schema, t.Name), sqltext.Ident(alias), s.conditions[bit].sql, directedRows+1,
		sqltext.Ident(alias))
	groups, err := s.ask(ctx, tx, sql, min(directedTimeout, budget.forRows()), budget, setting{"enable_seqscan", "off"})
	if err != nil {
		return unlessRefused(err)
	}
	var rows int64
	for _, g := range groups {
		rows += g.rows
	}
	if rows <= directedRows {
		s.directed = append(s.directed, directed{bit, groups})
	}
	return nil
}

// exactly is the number of rows where one of the conditions was counted through an index.
func (s *Sample) exactly(bits []int) (float64, bool) {
	for _, d := range s.directed {
		if contains(bits, d.bit) {
			return meeting(d.groups, bits), true
		}
	}
	return 0, false
}
