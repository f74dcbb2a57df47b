// Package others says what an index does to the other statements of its table: who gains, and who pays.
package others

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sampler"
	"github.com/pgmedic/pgmedic/probes/sqlfile"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// Statement is one that mentions a table, with what it did since the statistics were reset (pg_stat_statements).
type Statement struct {
	QueryID int64
	UserOID uint32
	Text    string // as the server has it: neither shown nor stored
	Calls   int64
	Time    time.Duration // total_exec_time
	Rows    int64
}

// Statements are those of a table.
type Statements struct {
	List []Statement // by their time
	All  bool        // the texts of all roles' statements were read
	Why  string      // what is missing, and what mends that; empty: nothing
}

// The statements around a read that may fail. They cost nothing; all versions; any role.
const (
	savepoint = "SAVEPOINT " + probes.OwnTag + "others */ pgmedic_others"
	impatient = "SET " + probes.OwnTag + "others */ LOCAL statement_timeout = '500ms'"
	goBack    = "ROLLBACK " + probes.OwnTag + "others */ TO SAVEPOINT pgmedic_others"
)

// Read reads the statements that mention the table. Where the server has none to show, the answer says why.
func Read(ctx context.Context, tx pgx.Tx, t *table.Table) (Statements, error) {
	e, err := sampler.FindExtension(ctx, tx.Conn())
	if errors.Is(err, sampler.ErrNoExtension) || err == nil && !e.Counts() {
		return Statements{Why: "pg_stat_statements does not count here, so the table's other statements are not known"}, nil
	}
	if err != nil {
		return Statements{}, fmt.Errorf("looking for pg_stat_statements: %w", err)
	}
	var s Statements
	for _, sql := range []string{savepoint, impatient} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return Statements{}, err
		}
	}
	err = tx.QueryRow(ctx, sqlfile.Text(sqlFiles, "sees_all")).Scan(&s.All)
	if err == nil {
		s.List, err = listed(ctx, tx, e.Schema, t)
	}
	if _, backErr := tx.Exec(ctx, goBack); backErr != nil {
		return Statements{}, errors.Join(err, backErr)
	}
	switch {
	case pgerr.State(err) != "":
		return Statements{Why: "pg_stat_statements could not be read in time, so the table's other statements are not known"}, nil
	case err != nil:
		return Statements{}, fmt.Errorf("reading the statements of %s: %w", t, err)
	case !s.All:
		s.Why = "the statements of other roles are hidden from this one: GRANT pg_read_all_stats (or pg_monitor) TO it"
	}
	return s, nil
}

func listed(ctx context.Context, tx pgx.Tx, schema string, t *table.Table) ([]Statement, error) {
	var patterns []string
	for _, one := range append([]*table.Table{t}, t.Partitions...) {
		patterns = append(patterns, "%"+strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`, `"`, "%").Replace(one.Name)+"%")
	}
	rows, err := tx.Query(ctx, sqlfile.Text(sqlFiles, "statements", "{schema}", schema), patterns[:min(len(patterns), mostNames)])
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Statement, error) {
		var s Statement
		var milliseconds float64
		err := row.Scan(&s.QueryID, &s.UserOID, &s.Text, &s.Calls, &milliseconds, &s.Rows)
		s.Time = time.Duration(milliseconds * float64(time.Millisecond))
		return s, err
	})
	return slices.DeleteFunc(all, func(s Statement) bool { return !mentions(s.Text, t) }), err
}

// mostNames is how many partitions are looked for by their own names: whoever uses them as a rule names the whole.
const mostNames = 10

// mentions says whether the table or one of its partitions stands in a statement.
func mentions(text string, t *table.Table) bool {
	return !sqltext.IsUtility(text) && names(text, t)
}

func names(text string, t *table.Table) bool {
	return slices.ContainsFunc(sqltext.Names(text), func(n sqltext.Name) bool {
		is := func(one *table.Table) bool { return n.Name == one.Name && (n.Schema == "" || n.Schema == one.Schema) }
		return is(t) || slices.ContainsFunc(t.Partitions, is)
	})
}
