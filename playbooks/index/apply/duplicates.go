package apply

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// uniqueViolation is the SQLSTATE of rows that a unique index does not allow.
const uniqueViolation = "23505"

// distinct is by what a unique index tells rows apart.
type distinct struct {
	keys      []string // columns and expressions, as SQL
	where     string   // predicate; empty: none
	nullsSame bool     // NULLs are no different from each other
}

// readDistinct reads it of an index; nothing of one that is gone.
func readDistinct(ctx context.Context, tx pgx.Tx, oid uint32) (distinct, error) {
	var d distinct
	err := tx.QueryRow(ctx, query("build_keys"), oid).Scan(&d.keys, &d.where, &d.nullsSame)
	if errors.Is(err, pgx.ErrNoRows) {
		return distinct{}, nil
	}
	return d, err
}

// query finds the rows of a table that are there several times, for a person; empty where the keys are not known. It reads the whole table: that is why it is not run.
func (d distinct) query(relation string) string {
	if len(d.keys) == 0 {
		return ""
	}
	var conditions []string
	if d.where != "" {
		conditions = append(conditions, "("+sqltext.Bare(d.where)+")")
	}
	for _, key := range d.keys {
		if !d.nullsSame {
			conditions = append(conditions, key+" IS NOT NULL")
		}
	}
	sql := "SELECT " + strings.Join(d.keys, ", ") + ", count(*) FROM " + relation
	if len(conditions) > 0 {
		sql += " WHERE " + strings.Join(conditions, " AND ")
	}
	return sqltext.CleanLine(sql + " GROUP BY " + strings.Join(d.keys, ", ") + " HAVING count(*) > 1")
}

// forewarned says of a unique index what would end its build.
func (d distinct) forewarned(relation string) []string {
	sql := d.query(relation)
	if sql == "" {
		return nil
	}
	return []string{"rows that are the same in (" + sqltext.CleanLine(strings.Join(d.keys, ", ")) +
		") end it, as they may have ended the build before; this finds them, and reads the whole table: " + sql}
}

// afterwards says what to do where an index could not be built anew.
func (d distinct) afterwards(relation string, ended error) string {
	sql := d.query(relation)
	switch state := pgerr.State(ended); {
	case state == uniqueViolation && sql != "":
		return "rows are the same in (" + sqltext.CleanLine(strings.Join(d.keys, ", ")) +
			"): change or delete all but one of each, which this finds, then build it anew again: " + sql
	case state == queryCanceled:
		return "build it anew again when nothing speaks against it"
	}
	return "look for its cause, then build it anew again"
}
