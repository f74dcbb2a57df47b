package unused

import (
	"context"
	"embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqlfile"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

//go:embed sql/*.sql
var files embed.FS

func query(name string, placeholders ...string) string {
	return sqlfile.Text(files, name, placeholders...)
}

// server is what decides over what the counts of scans mean.
type server struct {
	now       time.Time
	since     *time.Time // when counting began; nil: not known
	counts    bool       // track_counts
	standby   bool
	receivers int // that stream from here
	version   int

	timeline int        // above 1: it was promoted, or recovered from a backup; 0: not known
	promoted *time.Time // by when that was, of a timeline above 1; nil: not known
}

// index is one index; of a partitioned table the one of the whole, with the sums of all its parts.
type index struct {
	oid, tableOID       uint32
	schema, name        string
	tableSchema, table  string
	partitioned         bool
	parts               int // indexes that hold rows
	method              string
	unique, immediate   bool
	constraint          bool // a constraint stands on it, or a foreign key refers to it
	identity, clustered bool
	usable              bool // valid, ready, not being dropped; of all parts
	extension           bool // an extension's, or its table is
	owner               bool // this role may drop it
	ownerName           string

	scans                 int64 // since the statistics count, as the rest
	lastScan              *time.Time
	bytes                 float64 // as of the last VACUUM or ANALYZE
	inserts, updates, hot int64   // rows of the table

	keys                []int16 // table's columns, 0: an expression; first those of the key, then what is stored beside
	ofKey               int     // how many of them are of the key
	classes, collations []uint32
	order               []int16
	options             string // of its operator classes, and its own where they are part of its shape
	expressions, where  string // as trees
	nullsSame           bool

	needed string // the foreign key that nothing serves without it; empty: none
}

// String is the index's name with its schema, for a person.
func (x index) String() string { return sqltext.CleanLine(sqltext.Ident(x.schema, x.name)) }

// relation is the table's name with its schema, for a person.
func (x index) relation() string { return sqltext.CleanLine(sqltext.Ident(x.tableSchema, x.table)) }

// read reads the server's state and the indexes.
func read(ctx context.Context, ask *live.Asker) (s server, all []index, err error) {
	err = ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, query("unused_state")).Scan(&s.now, &s.since, &s.counts, &s.standby, &s.receivers, &s.version)
		if err != nil {
			return err
		}
		if all, err = readIndexes(ctx, tx, s.version); err != nil {
			return err
		}
		return readForeign(ctx, tx, all)
	})
	if err != nil {
		return s, nil, pgerr.Say("reading the indexes of this database: "+pgerr.Reason(err)+"; the catalogue is large, slow or locked: ask again when "+
			"the server is calm", err)
	}
	if err := s.readPromotion(ctx, ask); err != nil {
		return s, nil, fmt.Errorf("reading since when this server is the primary: %w", err)
	}
	return s, all, nil
}

// readPromotion reads on a primary its timeline, and where it had another one before, when that ended.
func (s *server) readPromotion(ctx context.Context, ask *live.Asker) error {
	whole, err := ask.Server(ctx)
	if err != nil {
		return err
	}
	if s.timeline = whole.Timeline; s.standby || s.timeline < 2 {
		return nil
	}
	err = ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, query("unused_promotion"), fmt.Sprintf("%08X.history", s.timeline)).Scan(&s.promoted)
	})
	if pgerr.State(err) != "" {
		return nil // the role may not, or it took too long: then it is not known
	}
	return err
}

func readIndexes(ctx context.Context, tx pgx.Tx, version int) ([]index, error) {
	lastScan, nulls := "NULL::timestamptz", "false"
	if version >= 160000 {
		lastScan = "pg_stat_get_lastscan(b.oid)"
	}
	if version >= 150000 {
		nulls = "i.indnullsnotdistinct"
	}
	rows, err := tx.Query(ctx, query("unused_indexes", "{last_scan}", lastScan, "{nulls_not_distinct}", nulls))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (index, error) {
		var x index
		err := row.Scan(&x.oid, &x.tableOID, &x.schema, &x.name, &x.tableSchema, &x.table, &x.partitioned, &x.parts,
			&x.method, &x.unique, &x.immediate, &x.constraint, &x.identity, &x.clustered, &x.usable, &x.extension, &x.owner, &x.ownerName,
			&x.scans, &x.lastScan, &x.bytes, &x.inserts, &x.updates, &x.hot,
			&x.keys, &x.ofKey, &x.classes, &x.collations, &x.order, &x.options, &x.expressions, &x.where, &x.nullsSame)
		return x, err
	})
}

// readForeign notes at an index the foreign key that nothing would serve without it.
func readForeign(ctx context.Context, tx pgx.Tx, all []index) error {
	rows, err := tx.Query(ctx, query("unused_foreign"))
	if err != nil {
		return err
	}
	byTable := map[uint32][]*index{}
	for i := range all {
		byTable[all[i].tableOID] = append(byTable[all[i].tableOID], &all[i])
	}
	var table uint32
	var name string
	var columns []int16
	_, err = pgx.ForEachRow(rows, []any{&table, &name, &columns}, func() error {
		var serving []*index
		for _, x := range byTable[table] {
			if x.serves(columns) {
				serving = append(serving, x)
			}
		}
		if x := mustStay(serving); x != nil {
			x.needed = name
		}
		return nil
	})
	return err
}

// definitions are the statements that make indexes again, by oid. Of a partitioned table it is the one for the whole.
func definitions(ctx context.Context, ask *live.Asker, oids []uint32) (map[uint32]string, error) {
	found := map[uint32]string{}
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query("unused_definitions"), oids)
		if err != nil {
			return err
		}
		var oid uint32
		var sql, only string
		_, err = pgx.ForEachRow(rows, []any{&oid, &sql, &only}, func() error {
			found[oid] = again(sql, only)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, pgerr.Say("reading the indexes' definitions: "+pgerr.Reason(err)+"; one of the tables may be locked against everybody: see who "+
			"blocks, then ask again", err)
	}
	return found, nil
}

// now says whether an index still is the one that was read, and how often it was scanned by now.
func (x index) now(ctx context.Context, ask *live.Asker) (same bool, scans int64, err error) {
	err = ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, query("unused_now"), x.oid, x.schema, x.name).Scan(&same, &scans)
	})
	if err != nil {
		return false, 0, fmt.Errorf("reading how often %s is used: %w", x, err)
	}
	return same, scans, nil
}
