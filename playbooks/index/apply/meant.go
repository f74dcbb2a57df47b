package apply

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// The oids of the tables that an intent is about and of the indexes that it drops or builds anew, in its Data.
const (
	relationOID = "relation_oid"
	indexOID    = "index_oid"
)

// oidList words oids for the record, each once.
func oidList(oids []uint32) string {
	var words []string
	for _, oid := range oids {
		if word := strconv.FormatUint(uint64(oid), 10); !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return strings.Join(words, ",")
}

// oidsIn reads oidList's words back.
func oidsIn(words string) []uint32 {
	var oids []uint32
	for _, word := range strings.Split(words, ",") {
		if oid, err := strconv.ParseUint(word, 10, 32); err == nil {
			oids = append(oids, uint32(oid))
		}
	}
	return oids
}

// meant is what an intent on record makes and drops.
type meant struct {
	parts           []made
	tables, indexes []uint32 // oids on record, of what gets an index and of what is dropped; none: an older record
}

// made is an index that a statement of ours makes or drops.
type made struct {
	schema, table, name string // table is empty where the statement does not name it
	drop                bool
	again               bool // it was there before, and is built anew
}

func meantBy(intent record.Event) meant {
	return meant{madeBy(intent.SQL), oidsIn(intent.Data[relationOID]), oidsIn(intent.Data[indexOID])}
}

// is says whether the index that has the name is the one that was meant: somebody may have made another since, also with its table.
func (m meant) is(p made, s state) bool {
	switch {
	case s.oid == 0:
		return false
	case p.drop:
		return len(m.indexes) == 0 || slices.Contains(m.indexes, s.oid)
	case len(m.tables) > 0:
		return slices.Contains(m.tables, s.table)
	}
	return p.table == "" || s.tableName == p.table && s.tableSchema == p.schema
}

// has says whether an INVALID index is one that was meant.
func (m meant) has(x invalidIndex) bool {
	s := state{oid: x.oid, table: x.tableOID, tableSchema: x.tableSchema, tableName: x.table}
	return slices.ContainsFunc(m.parts, func(p made) bool { return p.schema == x.schema && p.name == x.name && m.is(p, s) })
}

// read returns the state of what has the names of the parts, by position.
func (m meant) read(ctx context.Context, tx pgx.Tx) ([]state, error) {
	var schemas, names []string
	for _, p := range m.parts {
		schemas, names = append(schemas, p.schema), append(names, p.name)
	}
	return readStates(ctx, tx, schemas, names)
}

// madeBy reads our own statements back: what the recorded SQL of an intent makes, builds anew and drops. A partition's index that is dropped to be made anew counts
// as made.
func madeBy(sql string) []made {
	var found []made
	names := sqltext.Names(sql)
	at := func(i int) string {
		if i < len(names) {
			return names[i].Name
		}
		return ""
	}
	for i := range names {
		verb, j := at(i), i+1
		if verb == "create" && at(j) == "unique" {
			j++
		}
		if !slices.Contains([]string{"create", "drop", "reindex"}, verb) || at(j) != "index" {
			continue
		}
		j++
		if at(j) == "concurrently" {
			j++
		}
		if verb != "create" {
			found = append(found, made{schema: at(j), name: at(j + 1), drop: verb == "drop", again: verb == "reindex"})
			continue
		}
		m := made{name: at(j)}
		j += 2 // the name and ON
		if at(j) == "only" {
			j++
		}
		m.schema, m.table = at(j), at(j+1)
		found = slices.DeleteFunc(found, func(d made) bool { return d.drop && d.schema == m.schema && d.name == m.name })
		found = append(found, m)
	}
	return found
}
