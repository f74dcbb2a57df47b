package storage

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Space is what takes disk space, as far as SQL can tell. Nothing in it says how much is free: see Free.
type Space struct {
	Databases   []Place
	Tablespaces []Place // what they hold is also in Databases
	Temp        []Place // by tablespace: temporary files of running statements
	WAL         Figure  // bytes in the folder pg_wal
	Slots       []SlotWAL

	MaxWALSize         int64 // bytes, max_wal_size: beyond it checkpoints are hurried; no hard limit
	WALKeepSize        int64 // bytes, wal_keep_size: WAL kept for standbys without a slot
	MaxSlotWALKeepSize int64 // bytes, max_slot_wal_keep_size; -1: slots may keep WAL until the disk is full
	TempFileLimit      int64 // bytes a session, temp_file_limit; -1: none

	DataDirectory string // empty where this role may not see it
}

// Place is a database or a tablespace.
type Place struct {
	Name     string
	Location string // folder of a tablespace; empty: in the data directory
	Size     Figure // bytes
}

// SlotWAL is the WAL that a replication slot keeps.
type SlotWAL struct {
	Name   string
	Active bool
	Status string // wal_status: reserved, extended, unreserved, lost
	Size   Figure // bytes
}

// Free says how to find out what SQL cannot: how much space is left.
func (s Space) Free() string {
	if s.DataDirectory == "" {
		return "SQL cannot see how much space is free: run df on the server, or see the provider's metrics"
	}
	return "SQL cannot see how much space is free: run df -h " + s.DataDirectory + " on the server, or see the provider's metrics"
}

// place is a Place before it is measured.
type place struct {
	oid     uint32
	name    string
	folder  string
	allowed bool // to be measured by this role
}

// sharedTablespace is pg_global, which holds no temporary files (pg_tablespace.dat).
const sharedTablespace = 1664

// DiskSpace says what takes disk space. Databases are measured one after the other, for some seconds at most; what this role may not see names the
// GRANT.
func DiskSpace(ctx context.Context, reader Reader) (Space, error) {
	var s Space
	err := reader.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		s, err = readSpace(ctx, tx)
		return err
	})
	if err != nil {
		return Space{}, fmt.Errorf("looking at the disk space: %w", err)
	}
	return s, nil
}

func readSpace(ctx context.Context, tx pgx.Tx) (Space, error) {
	var s Space
	var user string
	err := tx.QueryRow(ctx, query("space")).Scan(&user, &s.MaxWALSize, &s.WALKeepSize, &s.MaxSlotWALKeepSize, &s.TempFileLimit, &s.DataDirectory)
	if err != nil {
		return s, fmt.Errorf("reading the settings: %w", err)
	}
	s.DataDirectory = sqltext.CleanLine(s.DataDirectory)
	if s.Slots, err = readSlots(ctx, tx); err != nil {
		return s, fmt.Errorf("reading the replication slots: %w", err)
	}
	databases, err := readPlaces(ctx, tx, "databases")
	if err != nil {
		return s, fmt.Errorf("reading which databases there are: %w", err)
	}
	tablespaces, err := readPlaces(ctx, tx, "tablespaces")
	if err != nil {
		return s, fmt.Errorf("reading which tablespaces there are: %w", err)
	}
	return s, s.measure(ctx, tx, sqltext.CleanLine(sqltext.Ident(user)), databases, tablespaces)
}

func readPlaces(ctx context.Context, tx pgx.Tx, queryName string) ([]place, error) {
	rows, err := tx.Query(ctx, query(queryName))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (place, error) {
		var p place
		err := row.Scan(&p.oid, &p.name, &p.folder, &p.allowed)
		return p, err
	})
}

func readSlots(ctx context.Context, tx pgx.Tx) ([]SlotWAL, error) {
	rows, err := tx.Query(ctx, query("slots"))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (SlotWAL, error) {
		var s SlotWAL
		var size *int64
		err := row.Scan(&s.Name, &s.Active, &s.Status, &size)
		s.Name, s.Status = sqltext.CleanLine(s.Name), sqltext.CleanLine(s.Status)
		switch {
		case size != nil:
			s.Size = measured(max(*size, 0))
		case s.Status == "lost":
			s.Size = unknown("the slot is lost: the WAL it needs has been removed, and it keeps none")
		default:
			s.Size = unknown("the slot was never used and keeps no WAL yet")
		}
		return s, err
	})
}

// measure reads the sizes; user is quoted.
func (s *Space) measure(ctx context.Context, tx pgx.Tx, user string, databases, tablespaces []place) error {
	r, err := newCarefulReader(ctx, tx, spaceLimit, "this role may not read it: GRANT pg_monitor TO "+user)
	if err != nil {
		return err
	}
	stats := "this role may not measure it: GRANT pg_read_all_stats TO " + user
	var temp []place
	for _, t := range tablespaces {
		if t.oid != sharedTablespace {
			t.allowed = true // the server says so itself
			temp = append(temp, t)
		}
	}
	wal, err := r.sizes(ctx, "wal_sizes", []place{{name: "pg_wal", allowed: true}}, "")
	if err != nil {
		return fmt.Errorf("measuring pg_wal: %w", err)
	}
	s.WAL = wal[0].Size
	if s.Temp, err = r.temporary(ctx, temp, user); err != nil {
		return fmt.Errorf("measuring temporary files: %w", err)
	}
	if s.Databases, err = r.sizes(ctx, "database_sizes", databases, stats+", or CONNECT on the database"); err != nil {
		return fmt.Errorf("measuring the databases: %w", err)
	}
	if s.Tablespaces, err = r.sizes(ctx, "tablespace_sizes", tablespaces, stats); err != nil {
		return fmt.Errorf("measuring the tablespaces: %w", err)
	}
	return nil
}

// temporary measures the temporary files of the tablespaces. Those of parallel queries lie in folders, into which as a rule only a superuser may look:
// without them a figure is what there is at least.
func (r *carefulReader) temporary(ctx context.Context, tablespaces []place, user string) ([]Place, error) {
	files, err := r.sizes(ctx, "temp_sizes", tablespaces, "")
	if err != nil {
		return nil, err
	}
	before := r.denied
	defer func() { r.denied = before }()
	r.denied = "GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean), pg_stat_file(text, boolean) TO " + user
	folders, err := r.sizes(ctx, "temp_filesets", tablespaces, "")
	for i := range folders {
		size := &files[i].Size
		switch in := folders[i].Size; {
		case !size.Known():
		case in.Known():
			size.Value += in.Value
		default:
			*size = estimated(size.Value, "at least; those of parallel queries lie in folders that are not measured: "+in.Why)
		}
	}
	return files, err
}

// sizes measures the places with a query of oid and size.
func (r *carefulReader) sizes(ctx context.Context, queryName string, of []place, denied string) ([]Place, error) {
	clear(r.failed) // of another query
	var items []item
	for _, p := range of {
		if p.allowed {
			items = append(items, item{p.oid, p.oid})
		}
	}
	sizes := map[uint32]int64{}
	unread, err := r.read(ctx, queryName, items, func(row pgx.CollectableRow) error {
		var oid uint32
		var size *int64
		err := row.Scan(&oid, &size)
		if size != nil {
			sizes[oid] = *size
		}
		return err
	})
	places := make([]Place, len(of))
	for i, p := range of {
		places[i] = Place{Name: sqltext.CleanLine(p.name), Location: sqltext.CleanLine(p.folder)}
		size, read := sizes[p.oid]
		switch {
		case read:
			places[i].Size = measured(size)
		case !p.allowed:
			places[i].Size = unknown(denied)
		case unread[p.oid] != "":
			places[i].Size = unknown(unread[p.oid])
		default:
			places[i].Size = unknown(dropped)
		}
	}
	return places, err
}
