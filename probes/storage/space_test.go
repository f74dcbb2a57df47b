package storage_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/storage"
)

func space(t testing.TB, reader storage.Reader) storage.Space {
	t.Helper()
	s, err := storage.DiskSpace(t.Context(), reader)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func find(t testing.TB, places []storage.Place, name string) storage.Place {
	t.Helper()
	for _, p := range places {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no %s in %+v", name, places)
	return storage.Place{}
}

func TestDiskSpace(t *testing.T) {
	dsn := shop(t)
	name := pgtest.Value(t, dsn, `SELECT current_database()::text`)
	s := space(t, asker(t, dsn))
	if own := find(t, s.Databases, name); own.Size.Status != storage.Measured || own.Size.Value < 1<<20 {
		t.Errorf("%+v", own)
	}
	if d := find(t, s.Tablespaces, "pg_default"); d.Size.Value < find(t, s.Databases, name).Size.Value {
		t.Errorf("%+v", d)
	}
	if s.WAL.Status != storage.Measured || s.WAL.Value < 16<<20 || len(s.Temp) != 1 || s.Temp[0].Size.Status != storage.Measured {
		t.Errorf("WAL %+v, temporary files %+v", s.WAL, s.Temp)
	}
	if s.MaxWALSize <= 0 || s.TempFileLimit != -1 || s.MaxSlotWALKeepSize != -1 || s.WALKeepSize != 0 {
		t.Errorf("%+v", s)
	}
	if s.DataDirectory == "" || !strings.Contains(s.Free(), "df -h "+s.DataDirectory) {
		t.Errorf("%s", s.Free())
	}
}

func TestDiskSpaceNamesTheGrants(t *testing.T) {
	dsn := shop(t)
	owner := pgtest.Connect(t, dsn, nil)
	closed := pgtest.Value(t, pgtest.Database(t), `SELECT current_database()::text`)
	pgtest.Execute(t, owner, `REVOKE CONNECT ON DATABASE `+closed+` FROM PUBLIC`,
		`CREATE ROLE "no body" LOGIN PASSWORD 'p'`, `CREATE ROLE onlooker LOGIN PASSWORD 'p' IN ROLE pg_monitor`)
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), `DROP ROLE "no body", onlooker`) })

	s := space(t, asker(t, pgtest.As(t, dsn, "no body", "p")))
	if d := find(t, s.Databases, closed); d.Size.Known() || !strings.Contains(d.Size.Why, `GRANT pg_read_all_stats TO "no body"`) {
		t.Errorf("%+v", d)
	}
	if d := find(t, s.Databases, "postgres"); d.Size.Status != storage.Measured {
		t.Errorf("%+v", d)
	}
	if g := find(t, s.Tablespaces, "pg_global"); g.Size.Known() || !strings.Contains(g.Size.Why, "GRANT") {
		t.Errorf("%+v", g)
	}
	for _, f := range []storage.Figure{s.WAL, s.Temp[0].Size} {
		if f.Known() || !strings.Contains(f.Why, `GRANT pg_monitor TO "no body"`) {
			t.Errorf("%+v", f)
		}
	}
	if s.DataDirectory != "" || !strings.Contains(s.Free(), "df") {
		t.Errorf("%s in %q", s.Free(), s.DataDirectory)
	}

	s = space(t, asker(t, pgtest.As(t, dsn, "onlooker", "p")))
	for _, f := range []storage.Figure{find(t, s.Databases, closed).Size, find(t, s.Tablespaces, "pg_global").Size, s.WAL} {
		if f.Status != storage.Measured {
			t.Errorf("pg_monitor: %+v", f)
		}
	}
	if f := s.Temp[0].Size; f.Status != storage.Estimated || !strings.Contains(f.Why, "GRANT EXECUTE ON FUNCTION pg_ls_dir(text, boolean, boolean), pg_stat_file") {
		t.Errorf("temporary files, for pg_monitor: %+v", f)
	}
}

// TestDiskSpaceFindsWhatParallelQueriesSpill has a parallel hash join that goes on, with its temporary files in the default and in another tablespace.
func TestDiskSpaceFindsWhatParallelQueriesSpill(t *testing.T) {
	server := pgtest.Server(t, nil)
	dsn := server.DSN("postgres")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE TABLE wide AS SELECT n, repeat('x', 200) AS filler FROM generate_series(1, 60000) AS n", "ANALYZE wide",
		"SET allow_in_place_tablespaces = on", "CREATE TABLESPACE spilled LOCATION ''")
	for _, tablespace := range []string{"pg_default", "spilled"} {
		conn := pgtest.Connect(t, dsn, map[string]string{
			"temp_tablespaces": tablespace, "work_mem": "64kB", "hash_mem_multiplier": "1", "parallel_setup_cost": "0", "parallel_tuple_cost": "0",
			"min_parallel_table_scan_size": "0", "enable_mergejoin": "off", "enable_nestloop": "off",
		})
		pgtest.InBackground(t, conn, `SELECT count(*) FROM wide AS a JOIN wide AS b ON a.n = b.n AND length(a.filler || b.filler || pg_sleep(0.01)) >= 0`)
		var size storage.Figure
		for deadline := time.Now().Add(patience); size.Value < 10<<20; {
			if size = find(t, space(t, asker(t, dsn)).Temp, tablespace).Size; time.Now().After(deadline) {
				t.Fatalf("%s: %+v", tablespace, size)
			}
		}
		if size.Status != storage.Measured || size.Value > 100<<20 {
			t.Errorf("%s: %+v", tablespace, size)
		}
	}
}

// TestDiskSpaceKnowsWhatSlotsKeep has a server of its own: a slot keeps the others' WAL.
func TestDiskSpaceKnowsWhatSlotsKeep(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, nil)
	dsn := server.DSN("postgres")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), `SELECT pg_create_physical_replication_slot('kept', true)`,
		`SELECT pg_create_physical_replication_slot('never_used')`, `CREATE TABLE filler AS SELECT n FROM generate_series(1, 10000) AS n`)
	s := space(t, asker(t, dsn))
	if len(s.Slots) != 2 || s.Slots[0].Name != "kept" || s.Slots[0].Active || s.Slots[0].Size.Value < 100_000 || s.Slots[0].Status != "reserved" {
		t.Errorf("%+v", s.Slots)
	}
	if unused := s.Slots[1].Size; unused.Known() || unused.Why == "" {
		t.Errorf("%+v", unused)
	}
}

// TestStandby: all of it can be read there, too.
func TestStandby(t *testing.T) {
	t.Parallel()
	primary := pgtest.Server(t, nil)
	pgtest.Execute(t, pgtest.Connect(t, primary.DSN("postgres"), nil), schema...)
	standby, err := pgserver.Standby(t.Context(), primary, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = standby.Stop() })
	ask := asker(t, standby.DSN("postgres"))
	if s := space(t, ask); s.WAL.Status != storage.Measured || find(t, s.Databases, "postgres").Size.Status != storage.Measured {
		t.Errorf("%+v", s)
	}
	orders := tables(t, ask, "orders")["orders"]
	if orders.Total().Status != storage.Measured || len(orders.Indexes) != 4 || index(t, orders, "open_orders").DefinitionWhy != "" {
		t.Errorf("%+v", orders)
	}
}
