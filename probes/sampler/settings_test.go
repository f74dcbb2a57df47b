package sampler

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// again takes a sample for which every probe is due.
func again(t *testing.T, s *Sampler) *probes.Sample {
	t.Helper()
	for _, p := range s.probes {
		p.due = time.Time{}
	}
	sample, err := s.Take(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return sample
}

func samplerOf(t *testing.T, conn *pgx.Conn) *Sampler {
	t.Helper()
	s := New(conn, probes.Server{})
	err := conn.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int, current_database(), current_user").
		Scan(&s.server.Version, &s.server.Database, &s.server.User)
	if err != nil {
		t.Fatal(err)
	}
	s.begin()
	return s
}

func setting(sample *probes.Sample, name string) probes.Setting {
	for _, set := range sample.Settings {
		if set.Name == name {
			return set
		}
	}
	return probes.Setting{}
}

func TestSettingsAreToldFirstAndWhenTheyChange(t *testing.T) {
	dsn := pgtest.Database(t)
	other := pgtest.Connect(t, dsn, nil)
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "ALTER SYSTEM RESET log_line_prefix", "ALTER SYSTEM RESET max_locks_per_transaction", "SELECT pg_reload_conf()")
	})
	s := samplerOf(t, pgtest.Connect(t, dsn, map[string]string{"application_name": "pgmedic", "lock_timeout": "500"}))
	first := again(t, s)
	if set := setting(first, "shared_buffers"); set.Value == "" || set.Source == "" || set.PendingRestart {
		t.Errorf("shared_buffers %+v", set)
	}
	if set := setting(first, "pg_stat_statements.max"); set.Value == "" {
		t.Errorf("no setting of the extension among %d", len(first.Settings))
	}
	if set := setting(first, "lock_timeout"); set.Name == "" || set.Value != notTold || set.Source != ownSource {
		t.Errorf("pgmedic's own %+v passes for the server's", set)
	}
	if set := setting(first, "statement_timeout"); set.Value != "0" || set.Source != "default" {
		t.Errorf("what pgmedic did not set: %+v", set)
	}
	if set := setting(first, "max_wal_size"); set.Value != "1GB" || set.Source != "default" { // which initdb writes into the file
		t.Errorf("a default in the configuration file: %+v", set)
	}
	for _, name := range []string{"primary_conninfo", "archive_command", "restore_command", "ssl_passphrase_command", "log_directory"} {
		if slices.Contains(settingNames, name) || setting(first, name).Name != "" {
			t.Errorf("%s is read: it may hold a secret, or is nobody's business", name)
		}
	}
	if second := again(t, s); second.Settings != nil {
		t.Errorf("nothing changed, and %d settings are told", len(second.Settings))
	}
	pgtest.Execute(t, other, "ALTER SYSTEM SET log_line_prefix = E'\x1b]0;owned\x07%m '", "ALTER SYSTEM SET max_locks_per_transaction = 321", "SELECT pg_reload_conf()")
	changed := again(t, s)
	for deadline := time.Now().Add(time.Minute); !setting(changed, "max_locks_per_transaction").PendingRestart; changed = again(t, s) {
		if time.Now().After(deadline) {
			t.Fatalf("the change was not told; last %+v", changed.Settings)
		}
	}
	if set := setting(changed, "log_line_prefix"); !strings.Contains(set.Value, "%m") || strings.ContainsAny(set.Value, "\x1b\x07") || set.Source != "configuration file" {
		t.Errorf("log_line_prefix %+v", set)
	}
	if set := setting(changed, "max_locks_per_transaction"); set.Value != "64" {
		t.Errorf("max_locks_per_transaction %+v", set)
	}
}

// What is set for pgmedic's role says nothing of the application's.
func TestSettingsOfPgmedicsRoleAreMarked(t *testing.T) {
	dsn := pgtest.Database(t)
	database := pgtest.Value(t, dsn, "SELECT current_database()::text")
	role := asRole(t, dsn, "tuned", "")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "ALTER ROLE tuned SET work_mem = '7MB'", "ALTER DATABASE "+database+" SET lock_timeout = '5s'",
		"ALTER ROLE tuned IN DATABASE "+database+" SET jit = off")
	first := again(t, samplerOf(t, pgtest.Connect(t, role, nil)))
	for name, want := range map[string]probes.Setting{
		"work_mem": {Value: "7MB", Source: "set for role tuned alone"}, "jit": {Value: "off", Source: "set for role tuned alone"},
		"lock_timeout": {Value: "5s", Source: "database"},
	} {
		if set := setting(first, name); set.Value != want.Value || set.Source != want.Source {
			t.Errorf("%s: %+v", name, set)
		}
	}
}

// Every name is a setting of some version: at most those of other versions are absent.
func TestSettingNamesAreNoTypos(t *testing.T) {
	elsewhere := strings.Fields(`reserved_connections transaction_timeout idle_session_timeout autovacuum_worker_slots autovacuum_vacuum_max_threshold
		vacuum_buffer_usage_limit idle_replication_slot_timeout io_method io_workers track_cost_delay_timing log_lock_failures log_recovery_conflict_waits
		client_connection_check_interval track_wal_io_timing compute_query_id vacuum_failsafe_age`)
	conn := pgtest.Connect(t, pgtest.Database(t), nil)
	for _, name := range settingNames {
		var value *string
		if err := conn.QueryRow(t.Context(), "SELECT current_setting($1, true)", name).Scan(&value); err != nil {
			t.Fatal(err)
		}
		if value == nil && !slices.Contains(elsewhere, name) {
			t.Errorf("%s is no setting of this version", name)
		}
	}
}

// A plain role reads the limits of all roles; superusers are not held to theirs, and a role that cannot log in has no sessions.
func TestRoleLimits(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	t.Cleanup(func() {
		pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "DROP ROLE limited", "DROP ROLE limited_group", "DROP ROLE limited_super", "DROP ROLE unlimited")
	})
	pgtest.Execute(t, owner, "CREATE ROLE limited LOGIN PASSWORD 'p' CONNECTION LIMIT 2", "CREATE ROLE limited_group CONNECTION LIMIT 1",
		"CREATE ROLE limited_super LOGIN SUPERUSER PASSWORD 'p' CONNECTION LIMIT 0", "CREATE ROLE unlimited LOGIN PASSWORD 'p'")
	first := pgtest.Connect(t, pgtest.As(t, dsn, "limited", "p"), map[string]string{"application_name": "worker"})
	pgtest.Connect(t, pgtest.As(t, dsn, "limited", "p"), map[string]string{"application_name": "worker"})
	if refused, err := pgx.Connect(t.Context(), pgtest.As(t, dsn, "limited", "p")); err == nil {
		_ = refused.Close(t.Context())
		t.Error("the server let a third one in")
	}
	pgtest.Connect(t, pgtest.As(t, dsn, "limited_super", "p"), nil) // in spite of its limit

	for _, user := range []string{"", "unlimited"} {
		as := dsn
		if user != "" {
			as = pgtest.As(t, dsn, user, "p")
		}
		conn := pgtest.Connect(t, as, map[string]string{"application_name": "pgmedic"})
		sample := again(t, samplerOf(t, conn))
		if c := sample.Ceiling; len(c.RoleLimits) != 1 || c.RoleLimits[0] != (probes.RoleLimit{Role: "limited", Slots: 2}) {
			t.Errorf("as %q: ceiling %+v", user, c)
		}
		if l := sample.Ceiling.Tighter(sample); l.Bound != probes.BoundRole || l.Role != "limited" || l.Taken != 2 || !l.AtLeast(100) {
			t.Errorf("as %q: %+v", user, l)
		}
		_ = conn.Close(t.Context())
	}
	_ = first.Close(t.Context())
}
