package apply

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// definition is what makes an index again.
type definition struct {
	sql          string // as pg_get_indexdef has it
	name, within string // quoted; within: the index that it is a part of, empty: none
}

// definitions are the statements that make the indexes again: those of a partitioned table in the order of a build.
func (d *drop) definitions(ctx context.Context, ask *live.Asker) ([]string, error) {
	var oids []uint32
	for _, t := range d.targets {
		oids = append(oids, t.oid)
	}
	var found []definition
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		found, err = readDefinitions(ctx, tx, oids)
		return err
	})
	if err != nil {
		return nil, pgerr.Say("saving the definitions before dropping: "+pgerr.Reason(err), err)
	}
	return wayBack(found), nil
}

func readDefinitions(ctx context.Context, tx pgx.Tx, oids []uint32) ([]definition, error) {
	rows, err := tx.Query(ctx, query("build_definitions"), oids)
	if err != nil {
		return nil, err
	}
	var found []definition
	var sql *string
	var schema, name, withinSchema, within string
	_, err = pgx.ForEachRow(rows, []any{&sql, &schema, &name, &withinSchema, &within}, func() error {
		if sql == nil { // dropped this moment
			return nil
		}
		one := definition{sql: *sql, name: sqltext.Ident(schema, name)}
		if within != "" {
			one.within = sqltext.Ident(withinSchema, within)
		}
		found = append(found, one)
		return nil
	})
	return found, err
}

// wayBack puts the statements in order: those of partitioned tables, which are above their parts in what is given, those that hold rows, and then what attaches them, the
// lowest first.
func wayBack(found []definition) []string {
	var whole, rest, attach []string
	for _, one := range found {
		if onOnly(one.sql) {
			whole = append(whole, one.sql)
		} else {
			rest = append(rest, concurrently(one.sql))
		}
	}
	for _, one := range slices.Backward(found) {
		if one.within != "" {
			attach = append(attach, "ALTER INDEX "+one.within+" ATTACH PARTITION "+one.name)
		}
	}
	return slices.Concat(whole, rest, attach)
}

// onOnly says whether the statement of pg_get_indexdef makes the index of a partitioned table alone: its name, which may hold any words in quotes, comes before ON.
func onOnly(sql string) bool {
	quoted := false
	for i, c := range sql {
		if c == '"' {
			quoted = !quoted
		}
		if !quoted && strings.HasPrefix(sql[i:], " ON ") {
			return strings.HasPrefix(sql[i:], " ON ONLY ")
		}
	}
	return false
}

// concurrently makes the statement of pg_get_indexdef one that does not block writes.
func concurrently(sql string) string {
	for _, head := range []string{"CREATE UNIQUE INDEX ", "CREATE INDEX "} {
		if rest, ok := strings.CutPrefix(sql, head); ok {
			return head + "CONCURRENTLY " + rest
		}
	}
	return sql
}
