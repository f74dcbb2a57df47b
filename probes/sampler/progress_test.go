package sampler

import (
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// phaseCase finds the CASE that names the phases in one view's definition or in one part of progress.sql.
var (
	phaseCase = regexp.MustCompile(`(?s)CASE (?:s\.)?(param\d+)\s+WHEN 0 THEN(.*?)END`)
	phaseName = regexp.MustCompile(`WHEN (\d+) THEN '([^']*)'`)
)

// phases returns the parameter that tells the phase, and the phases by number.
func phases(sql string) (parameter string, names map[string]string) {
	found := phaseCase.FindStringSubmatch(sql)
	if found == nil {
		return "", nil
	}
	names = map[string]string{}
	for _, pair := range phaseName.FindAllStringSubmatch("WHEN 0 THEN"+found[2], -1) {
		names[pair[1]] = pair[2]
	}
	return found[1], names
}

// TestProgressIsTheServersViews compares progress.sql with the definitions of the running server's views: the phases, and which parameter is which
// column.
func TestProgressIsTheServersViews(t *testing.T) {
	dsn := pgtest.Database(t)
	version := lookAt(t, dsn).server.Version
	parts := strings.Split(query("progress", progressPlaceholders(version)...), "UNION ALL")
	columns := map[string]map[string]string{ // of the view: by parameter
		"vacuum":  {"heap_blks_total": "param2", "heap_blks_scanned": "param3", "heap_blks_vacuumed": "param4"},
		"analyze": {"sample_blks_total": "param2", "sample_blks_scanned": "param3"},
		"cluster": {"heap_tuples_scanned": "param4", "heap_tuples_written": "param5", "heap_blks_total": "param6", "heap_blks_scanned": "param7",
			"index_rebuild_count": "param8"},
		"copy":       {"bytes_processed": "param1", "bytes_total": "param2"},
		"basebackup": {"backup_total": "param2", "backup_streamed": "param3"},
	}
	if version >= 170000 {
		maps.Copy(columns["vacuum"], map[string]string{"indexes_total": "param9", "indexes_processed": "param10"})
	}
	if version < 140000 {
		delete(columns, "copy")
	}
	for view, expected := range columns {
		definition := pgtest.Value(t, dsn, "SELECT pg_get_viewdef(('pg_stat_progress_' || $1)::regclass)", view)
		command := map[string]string{"cluster": "CLUSTER", "basebackup": "BASEBACKUP"}[view]
		if command == "" {
			command = strings.ToUpper(view)
		}
		var own string
		for _, part := range parts {
			if strings.Contains(part, "pg_stat_get_progress_info('"+command+"')") {
				own = part
			}
		}
		parameter, names := phases(own)
		servers, serversNames := phases(definition)
		if parameter != servers || !maps.Equal(names, serversNames) || own == "" {
			t.Errorf("%s: phases by %s %v, the server's by %s %v", view, parameter, names, servers, serversNames)
		}
		for column, parameter := range expected {
			if !regexp.MustCompile(`(?s)\b`+parameter+`\b\D*? AS `+column+`\b`).MatchString(definition) || !strings.Contains(own, "s."+parameter) {
				t.Errorf("%s: %s is not %s: %s", view, column, parameter, definition)
			}
		}
	}
}

// progressOf waits until the sampler sees a command in a phase.
func progressOf(t *testing.T, s *Sampler, pid int32, phase string) probes.Progress {
	t.Helper()
	var last []probes.Progress
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		sample, err := readOne(t, s, s.readProgress)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range sample.Progress {
			if p.PID == pid && p.Phase == phase {
				return p
			}
		}
		last = sample.Progress
	}
	t.Fatalf("session %d is not seen %q: %+v", pid, phase, last)
	return probes.Progress{}
}

// slowly makes VACUUM and ANALYZE rest for long after each page.
var slowly = map[string]string{"vacuum_cost_delay": "100", "vacuum_cost_limit": "1"}

func TestProgressOfMaintenance(t *testing.T) {
	dsn := pgtest.Database(t)
	setup := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, setup, "CREATE TABLE wide AS SELECT n, repeat('x', 500) AS filler FROM generate_series(1, 5000) AS n")
	database := pgtest.Value(t, dsn, "SELECT current_database()::text")
	blocks := pgtest.Eventually(t, dsn, "SELECT pg_relation_size('wide') / current_setting('block_size')::bigint")
	s := lookAt(t, dsn)

	vacuum := pgtest.Connect(t, dsn, slowly)
	p := progressOf(t, s, pgtest.InBackground(t, vacuum, "VACUUM wide"), "scanning heap")
	if p.Command != "VACUUM" || p.Database != database || p.Relation != "public.wide" ||
		p.Total != blocks || p.Done < 0 || p.Done > blocks || p.Unit != "blocks" {
		t.Errorf("vacuum of %d blocks: %+v", blocks, p)
	}
	pgtest.Execute(t, setup, fmt.Sprintf("SELECT pg_cancel_backend(%d)", pidOf(vacuum)))
	analyze := pgtest.Connect(t, dsn, slowly)
	pid := pgtest.InBackground(t, analyze, "ANALYZE wide")
	until(t, "the number of blocks to sample", func() bool { // it is told after the phase
		p = progressOf(t, s, pid, "acquiring sample rows")
		return p.Total > 0
	})
	if p.Command != "ANALYZE" || p.Relation != "public.wide" || p.Total != blocks || p.Done > blocks || p.Unit != "blocks" {
		t.Errorf("analyze of %d blocks: %+v", blocks, p)
	}
	pgtest.Execute(t, setup, fmt.Sprintf("SELECT pg_cancel_backend(%d)", pidOf(analyze)))
}

// TestProgressOfVacuumFull lets the rebuilding of an index wait for a lock.
func TestProgressOfVacuumFull(t *testing.T) {
	dsn := pgtest.Database(t)
	setup := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, setup, "CREATE TABLE rebuilt AS SELECT n FROM generate_series(1, 10) AS n",
		"CREATE FUNCTION gate(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN n; END'",
		"CREATE INDEX ON rebuilt (public.gate(n))", "SELECT pg_advisory_lock(7)")
	full := pgtest.InBackground(t, pgtest.Connect(t, dsn, nil), "VACUUM FULL rebuilt")
	p := progressOf(t, lookAt(t, dsn), full, "rebuilding index")
	if p.Command != "VACUUM FULL" || p.Relation != "public.rebuilt" || p.Unit != "indexes" || p.Total != 0 {
		t.Errorf("%+v", p)
	}
	pgtest.Execute(t, setup, "SELECT pg_advisory_unlock(7)")
}

func TestProgressOfCopy(t *testing.T) {
	dsn := pgtest.Database(t)
	s := lookAt(t, dsn)
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, "CREATE TABLE loaded (n int)")
	reader, writer := io.Pipe()
	done := make(chan error)
	go func() {
		_, err := conn.PgConn().CopyFrom(context.Background(), reader, "COPY loaded FROM STDIN")
		done <- err
	}()
	if _, err := writer.Write([]byte(strings.Repeat("1\n", 50_000))); err != nil {
		t.Fatal(err)
	}
	if s.server.Version >= 140000 {
		var p probes.Progress
		until(t, "the progress of a COPY that has taken in 10 kB", func() bool {
			p = progressOf(t, s, pidOf(conn), "")
			return p.Done > 10_000
		})
		if p.Command != "COPY FROM" || p.Relation != "public.loaded" || p.Done > 100_000 || p.Total != 0 || p.Unit != "bytes" {
			t.Errorf("%+v", p)
		}
	} else if sample, err := readOne(t, s, s.readProgress); err != nil || len(sample.Progress) > 0 {
		t.Errorf("%v, %+v", err, sample.Progress)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// TestProgressOfABaseBackup takes a backup that nobody reads.
func TestProgressOfABaseBackup(t *testing.T) {
	dsn := pgtest.Database(t)
	s := lookAt(t, dsn)
	backup := pgtest.Connect(t, dsn, map[string]string{"replication": "true"})
	sql := "BASE_BACKUP (CHECKPOINT 'fast', PROGRESS)"
	if s.server.Version < 150000 {
		sql = "BASE_BACKUP FAST PROGRESS"
	}
	hijacked, err := backup.PgConn().Hijack()
	if err != nil {
		t.Fatal(err)
	}
	defer hijacked.Conn.Close()
	hijacked.Frontend.Send(&pgproto3.Query{String: sql})
	if err := hijacked.Frontend.Flush(); err != nil {
		t.Fatal(err)
	}
	p := progressOf(t, s, int32(hijacked.PID), "streaming database files")
	if p.Command != "BASE BACKUP" || p.Relation != "" || p.Database != "" || p.Total < 1_000_000 || p.Done > p.Total || p.Unit != "bytes" {
		t.Errorf("%+v", p)
	}
}

func TestProgressByRole(t *testing.T) {
	dsn := pgtest.Database(t)
	setup := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, setup, "CREATE TABLE wide AS SELECT n, repeat('x', 500) AS filler FROM generate_series(1, 5000) AS n")
	vacuum := pgtest.InBackground(t, pgtest.Connect(t, dsn, slowly), "VACUUM wide")
	progressOf(t, lookAt(t, dsn), vacuum, "scanning heap")
	for role, grant := range map[string]string{"monitoring": "pg_monitor", "stats": "pg_read_all_stats", "nobody": ""} {
		t.Run(role, func(t *testing.T) {
			s := lookAt(t, asRole(t, dsn, role, grant))
			if role == "nobody" {
				sample, err := readOne(t, s, s.readProgress)
				if err != nil || !strings.Contains(failureOf(sample, "progress"), "GRANT pg_read_all_stats TO nobody") || len(sample.Progress) > 0 {
					t.Errorf("%v, %+v", err, sample.Progress)
				}
				return
			}
			if p := progressOf(t, s, vacuum, "scanning heap"); p.Relation != "public.wide" {
				t.Errorf("%+v", p)
			}
		})
	}
	pgtest.Execute(t, setup, fmt.Sprintf("SELECT pg_cancel_backend(%d)", vacuum))
}

// BenchmarkProgress reads progress with many sessions, none of which reports any.
func BenchmarkProgress(b *testing.B) {
	server := pgtest.Server(b, map[string]string{"max_connections": "950"})
	s := lookAt(b, server.DSN("postgres"))
	var conns []*pgx.Conn
	for range 900 {
		conns = append(conns, pgtest.Connect(b, server.DSN("postgres"), nil))
	}
	for b.Loop() {
		sample := &probes.Sample{Server: s.server}
		if err := s.readProgress(b.Context(), sample); err != nil || len(sample.Progress) > 0 {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(leastTime(b, s.conn, query("progress", progressPlaceholders(s.server.Version)...)), "server-ms/op")
	b.ReportMetric(float64(len(conns)), "sessions")
}

// TestOwnBuildBesideHiddenOnes: what another role builds is hidden, and hides nothing of one's own build.
func TestOwnBuildBesideHiddenOnes(t *testing.T) {
	dsn := pgtest.Database(t)
	own := asRole(t, dsn, "nobody", "")
	t.Cleanup(func() { pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP OWNED BY nobody") })
	writer := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, writer, "CREATE TABLE theirs (n int)", "CREATE TABLE ours (n int)", "ALTER TABLE ours OWNER TO nobody",
		"GRANT CREATE ON SCHEMA public TO nobody", "BEGIN", "INSERT INTO theirs VALUES (1)", "INSERT INTO ours VALUES (1)") // both builds wait for it
	builders := []*pgx.Conn{pgtest.Connect(t, dsn, nil), pgtest.Connect(t, own, nil)}
	pgtest.InBackground(t, builders[0], "CREATE INDEX CONCURRENTLY ON theirs (n)")
	build := pgtest.InBackground(t, builders[1], "CREATE INDEX CONCURRENTLY ON ours (n)")
	pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_stat_progress_create_index HAVING count(*) = 2 AND bool_and(phase = 'waiting for writers before build')")
	s := lookAt(t, own)
	sample, err := readOne(t, s, s.readBuilds)
	if err != nil || len(sample.Builds) != 1 || sample.Builds[0].PID != build || sample.Builds[0].Relation != "public.ours" {
		t.Errorf("%v, %+v", err, sample.Builds)
	}
	if why := failureOf(sample, "builds"); !strings.Contains(why, "how far 1 index build of other roles got is hidden") ||
		!strings.Contains(why, "GRANT pg_read_all_stats TO nobody") {
		t.Errorf("%q", why)
	}
	pgtest.Execute(t, writer, "ROLLBACK")
	for _, c := range builders {
		pgtest.Eventually(t, dsn, "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE pid = $1)", pidOf(c))
	}
}
