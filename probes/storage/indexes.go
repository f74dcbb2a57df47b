package storage

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

func (c *catalogue) readIndexes(ctx context.Context, tx pgx.Tx) error {
	oids := make([]uint32, len(c.tables))
	for i, t := range c.tables {
		oids[i] = t.OID
	}
	rows, err := tx.Query(ctx, query("indexes", "{last_scan}", lastScan(c.version, "i.indexrelid")), oids)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := c.addIndex(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// addIndex reads one row of indexes.sql.
func (c *catalogue) addIndex(row pgx.CollectableRow) error {
	var i Index
	var of uint32
	var keys int
	var last *time.Time
	err := row.Scan(&of, &i.OID, &i.Name, &i.Method, &i.Constraint, &i.Valid, &i.Ready, &i.Live, &i.Unique, &i.Primary, &i.Exclusion,
		&i.Partial, &keys, &i.Columns, &i.Scans, &i.RowsRead, &i.RowsFetched, &last)
	if err != nil {
		return err
	}
	i.Name, i.Method, i.Constraint = sqltext.CleanLine(i.Name), sqltext.CleanLine(i.Method), sqltext.CleanLine(i.Constraint)
	for n, column := range i.Columns {
		i.Columns[n] = sqltext.CleanLine(column)
	}
	i.Columns, i.Included = i.Columns[:keys], i.Columns[keys:]
	i.LastScan = known(last)
	t := c.byOID[of]
	t.Indexes = append(t.Indexes, i)
	t.Usage.IndexScans += i.Scans
	t.Usage.LastIndexUse = later(t.Usage.LastIndexUse, i.LastScan)
	return nil
}

// readDefinitions reads what the server says the indexes are.
func (c *catalogue) readDefinitions(ctx context.Context, r *carefulReader) error {
	var items []item
	byOID := map[uint32]*Index{}
	for _, t := range c.tables {
		for n := range t.Indexes {
			i := &t.Indexes[n]
			byOID[i.OID] = i
			items = append(items, item{oid: i.OID, on: t.OID})
		}
	}
	unread, err := r.read(ctx, "definitions", items, func(row pgx.CollectableRow) error {
		var oid uint32
		var definition, predicate *string
		if err := row.Scan(&oid, &definition, &predicate); err != nil {
			return err
		}
		if definition != nil {
			byOID[oid].Definition = sqltext.CleanLine(*definition)
		}
		if predicate != nil {
			byOID[oid].Predicate = sqltext.CleanLine(*predicate)
		}
		return nil
	})
	for oid, i := range byOID {
		if i.Definition == "" {
			i.describe(unread[oid])
		}
	}
	return err
}

// describe stands in for a definition that could not be read.
func (i *Index) describe(reason string) {
	if reason == "" {
		reason = dropped
	}
	i.Definition = i.Method + " (" + columnList(i.Columns) + ")"
	if len(i.Included) > 0 {
		i.Definition += " INCLUDE (" + columnList(i.Included) + ")"
	}
	if i.Partial {
		i.Definition += " WHERE …"
	}
	i.DefinitionWhy = reason + ": from the catalogue, without expressions, order and predicate"
}

func columnList(columns []string) string {
	words := make([]string, len(columns))
	for n, column := range columns {
		words[n] = "(expression)"
		if column != "" {
			words[n] = sqltext.Ident(column)
		}
	}
	return strings.Join(words, ", ")
}
