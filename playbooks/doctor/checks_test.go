package doctor

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// quiet is a server on which nothing needs mending: each case changes one thing of it.
func quiet() *Readings {
	r := &Readings{
		Target: "pgmedic@db.example:5432/shop",
		Server: probes.Server{Host: "db.example", Port: 5432, Database: "shop", User: "pgmedic", Version: 160099, VersionText: "16.99", TLS: true},
		Session: &Session{
			Now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), BackendPID: 7, ProtocolPID: 7, Port: 5432, TLS: true, TLSVersion: "TLSv1.3",
		},
		Doubt:    time.Millisecond,
		Role:     &Role{Name: "pgmedic", ConnLimit: -1, Has: []string{"pg_read_all_stats", "pg_read_all_settings", "pg_signal_backend", reservedRole}},
		Settings: map[string]Setting{}, Plain: map[string]Setting{},
		OfRoles: []RoleSetting{}, BadLines: []BadLine{},
		Sessions: &Sessions{Clients: 10}, Pools: []Pool{{"app", "shop", "web", 1, 10}}, Limits: []Limit{},
		Extensions:     map[string]Extension{statementsName: {statementsName, "1.10", "1.10", "public", true}, "hypopg": {"hypopg", "1.4", "1.4", "public", true}},
		Statements:     &Statements{Entries: 100},
		StatementsInfo: &StatementsInfo{Since: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)},
		Owners: []Owner{{
			Owner: "app", MayAct: true, Tables: 3, Readable: 3, Schemas: []string{"public"}, Largest: "public.orders", Owners: 1, AllTables: 3, AllReadable: 3,
		}},
		Databases: []Database{{"shop", 1000, 10, 0}}, Collation: &Collation{"1", "1"},
		Tables: []Table{}, Indexes: []Index{}, Prepared: []Prepared{}, Slots: []Slot{}, Replicas: []Replica{}, Archiver: &Archiver{Set: new(true)},
	}
	for name := range settingSince {
		r.put(name, "", "sighup")
	}
	for _, s := range []string{
		"max_connections=100", "superuser_reserved_connections=3", "reserved_connections=2", "shared_preload_libraries=pg_stat_statements",
		"pg_stat_statements.max=5000", "pg_stat_statements.track=top", "pg_stat_statements.track_planning=off", "pg_stat_statements.save=on",
		"track_activity_query_size=4096", "autovacuum_max_workers=3", "max_prepared_transactions=0", "data_checksums=on", "logging_collector=on",
	} {
		name, value, _ := strings.Cut(s, "=")
		r.put(name, value, "postmaster")
	}
	for _, s := range []string{
		"compute_query_id=auto", "track_activities=on", "track_counts=on", "track_io_timing=on", "track_wal_io_timing=on", "track_functions=pl",
		"log_lock_waits=on", "log_min_duration_statement=1000", "log_checkpoints=on", "log_temp_files=0", "log_connections=on", "log_disconnections=on",
		"log_line_prefix=%m [%p] %q%u@%d/%a ", "log_destination=stderr", "log_statement=none", "log_autovacuum_min_duration=600000",
		"auto_explain.log_min_duration=5000", "auto_explain.log_analyze=off",
		"statement_timeout=0", "lock_timeout=0", "idle_in_transaction_session_timeout=300000", "idle_session_timeout=0", "client_connection_check_interval=10000",
		"tcp_keepalives_idle=60", "autovacuum=on", "autovacuum_freeze_max_age=200000000", "max_slot_wal_keep_size=1000", "fsync=on", "full_page_writes=on",
		"synchronous_commit=on", "zero_damaged_pages=off", "archive_mode=on", "maintenance_work_mem=524288", "ssl=on",
	} {
		name, value, _ := strings.Cut(s, "=")
		r.put(name, value, "sighup")
	}
	return r
}

// put sets a setting.
func (r *Readings) put(name, value, context string) {
	s := Setting{Name: name, Shown: value, Raw: value, Context: context, Source: "configuration file", File: "/etc/postgresql.conf", Line: 1}
	if isOwn(name) {
		r.Plain[name] = s
	}
	r.Settings[name] = s
}

// with changes a setting.
func with(name, value string) func(*Readings) {
	return func(r *Readings) { r.put(name, value, r.Settings[name].Context) }
}

func TestAQuietServerHasNothingToMend(t *testing.T) {
	report := Report{Readings: quiet(), Findings: judge(quiet())}
	for _, f := range report.Findings {
		if f.Severity == Critical || f.Severity == Warning {
			t.Errorf("%s %s: %s", f.Severity, f.Check, f.Title)
		}
	}
	if report.ExitCode() != 0 || !strings.HasPrefix(report.Verdict(), "Ready for an incident") {
		t.Errorf("exit code %d, %s", report.ExitCode(), report.Verdict())
	}
}

// Nothing read is nothing known: no check may call anything fine, or bad, on that ground.
func TestNothingReadIsNothingKnown(t *testing.T) {
	for _, f := range judge(&Readings{}) {
		t.Errorf("%s %s: %s %v", f.Severity, f.Check, f.Title, f.Read)
	}
}

func TestChecks(t *testing.T) {
	hour := 3600.0
	tests := []struct {
		check    string
		do       func(*Readings)
		severity Severity
		words    string // in the title, what was read or the mend
	}{
		{"access.sessions", func(r *Readings) { r.Role.Has = nil }, Critical, "GRANT pg_monitor TO pgmedic;"},
		{"access.superuser", func(r *Readings) { r.Role.Superuser = true }, Warning, "--grants"},
		{"access.explain", func(r *Readings) { r.Owners[0].AllReadable = 1 }, Warning, "GRANT pg_read_all_data TO pgmedic;"},
		{"access.explain", func(r *Readings) { r.Owners[0].AllReadable, r.Server.Version = 1, 130022 }, Warning, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO pgmedic;"},
		{"access.explain", func(r *Readings) { r.Owners = []Owner{} }, Note, "no tables"},
		{"access.build", func(r *Readings) { r.Owners[0].MayAct, r.Owners[0].AllOthers = false, 3 }, Note, "GRANT app TO pgmedic;"},
		{"access.build", func(r *Readings) { r.Owners[0].MayAct, r.Owners[0].AllOthers, r.Owners[0].Superuser = false, 3, true }, Note, "ALTER TABLE ... OWNER TO"},
		{"access.signal", func(r *Readings) { r.Role.Has = []string{"pg_read_all_stats"} }, Note, "GRANT pg_signal_backend"},
		{"access.full", func(r *Readings) { r.Role.Has = r.Role.Has[:3] }, Warning, "GRANT pg_use_reserved_connections"},
		{"access.full", with("reserved_connections", "0"), Warning, "ALTER SYSTEM SET reserved_connections = 4;"},
		{"access.full", with("reserved_connections", "0"), Warning, "lowers the applications' ceiling"},
		{"access.full", func(r *Readings) { r.Server.Version, r.Role.Has = 150018, r.Role.Has[:3] }, Note, "superuser's login"},
		{"access.full", func(r *Readings) { r.Role.Superuser = true; with("superuser_reserved_connections", "0")(r) }, Critical, "nobody gets in"},
		{"access.limit", func(r *Readings) { r.Role.ConnLimit = 2 }, Warning, "CONNECTION LIMIT 12"},
		{"access.settings", func(r *Readings) { delete(r.Settings, "shared_preload_libraries"); r.Role.Has = nil }, Note, "GRANT pg_read_all_settings"},
		{"access.blind", func(r *Readings) { r.Blind = []Blind{{What: "replication slots", Reason: "denied"}} }, Warning, "Not read: replication slots"},
		{"access.blind", func(r *Readings) { r.Blind = []Blind{{"the indexes", "cut", nil}, {"the databases", "cut", nil}} }, Warning, "Not read: the indexes, the databases"},
		{"connections.ceiling", func(r *Readings) { r.Sessions.Clients = 79 }, Warning, "80 of 95"},
		{"connections.ceiling", func(r *Readings) { r.Sessions.Clients = 94 }, Critical, "95 of 95"},
		{"connections.ceiling", func(r *Readings) { r.Sessions.Clients = 97 }, Critical, "All 95 connections for ordinary roles are taken now: there are 98"},
		{"connections.ceiling", func(r *Readings) { r.Sessions.Hidden, r.Sessions.Backends = 4, 40 }, Fine, "at most 40"},
		{"connections.ceiling", func(r *Readings) { r.Sessions.Hidden, r.Sessions.Backends = 4, 95 }, Note, "Up to 95 of 95"},
		{"connections.alerts", func(*Readings) {}, Note, "at 76 and 90"},
		{"connections.alerts", func(r *Readings) {
			with("reserved_connections", "0")(r)
			r.put("rds.rds_superuser_reserved_connections", "2", "")
		}, Note, "real ceiling 95"},
		{"connections.limits", func(r *Readings) { r.Limits = []Limit{{"role", "app", 12, 10}, {"role", "pgmedic", 10, 8}} }, Warning, "role app is nearly reached: 10 of 12"},
		{"connections.limits", func(r *Readings) { r.Limits = []Limit{{"database", "other", 12, 0}} }, Note, "0 taken"},
		{"connections.pools", func(r *Readings) { r.Pools = []Pool{{"app", "shop", "web", 10, 10}} }, Warning,
			"would be 100 if every one of the 10 addresses opened as many as the busiest of its application; the server's ceiling is 95"},
		{"connections.pools", func(r *Readings) {
			r.Pools = []Pool{{"app", "shop", "web", 2, 10}, {"app", "other", "web", 3, 10}}
			r.Limits = []Limit{{"database", "shop", 30, 20}}
		}, Note, "ceiling of 95"},
		{"connections.pools", func(r *Readings) {
			r.Pools = []Pool{{"app", "shop", "web", 4, 10}, {"app", "other", "web", 3, 10}}
			r.Limits = []Limit{{"database", "shop", 30, 20}}
		}, Warning, "would be 40 if every one of the 4 addresses opened as many as the busiest of its application; this database's limit is 30"},
		{"connections.many", with("max_connections", "600"), Note, "600"},
		{"connections.many", with("max_connections", "2000"), Warning, "2000"},
		{"connections.names", func(r *Readings) { r.Sessions.Nameless = 3 }, Note, "3 of 10"},
		{"connection.direct", func(r *Readings) { r.Session.ProtocolPID = 99 }, Warning, "protocol gave pid 99"},
		{"connection.direct", func(r *Readings) { r.Server.Pooler = probes.PoolTransaction }, Warning, "transaction mode"},
		{"connection.direct", func(r *Readings) { r.Session, r.Server.Pooler = nil, probes.PoolStatement }, Warning, "statement mode"},
		{"connection.direct", func(r *Readings) { r.Session.Port = 5433 }, Note, "forwards"},
		{"connection.tls", func(r *Readings) { r.Session.TLS = false }, Warning, "clear text"},
		{"connection.tls", func(r *Readings) { r.Session.TLS, r.Server.Host = false, "127.0.0.1" }, Fine, "does not leave"},
		{"connection.clock", func(r *Readings) { r.Offset = -90 * time.Second }, Warning, "1m30s behind"},
		{"server.standby", func(r *Readings) { r.Server.InRecovery = true }, Note, "standby"},
		{"statements.loaded", func(r *Readings) {
			delete(r.Settings, "pg_stat_statements.max")
			with("shared_preload_libraries", "pg_cron")(r)
		}, Critical,
			"ALTER SYSTEM SET shared_preload_libraries = 'pg_cron', 'pg_stat_statements';"},
		{"statements.loaded", with("pg_stat_statements.track", "none"), Critical, "counts nothing"},
		{"statements.created", func(r *Readings) { r.Extensions[statementsName] = Extension{Name: statementsName, Offered: "1.10"} }, Warning, "CREATE EXTENSION"},
		{"statements.version", func(r *Readings) {
			r.Extensions[statementsName] = Extension{statementsName, "1.10", "1.9", "public", true}
		}, Warning, "UPDATE"},
		{"statements.room", func(r *Readings) { r.StatementsInfo.Dealloc = 10 * 31 * 24 }, Warning, "pg_stat_statements.max = 10000"},
		{"statements.texts", func(r *Readings) { r.Statements.Hidden = 40 }, Warning, "40 of 100 statements are"},
		{"statements.query_id", with("compute_query_id", "off"), Warning, "SET compute_query_id = on"},
		{"statements.query_id", func(r *Readings) { r.Server.Version = 130022 }, Note, "Version 13"},
		{"statements.hypopg", func(r *Readings) { delete(r.Extensions, "hypopg") }, Note, "not installed"},
		{"statements.planning", with("pg_stat_statements.track_planning", "on"), Note, "planning"},
		{"activity.size", with("track_activity_query_size", "1024"), Note, "1024 bytes"},
		{"activity.size", func(r *Readings) { r.Sessions.Clipped = 4 }, Warning, "SET track_activity_query_size = 8192"},
		{"activity.sessions", with("track_activities", "off"), Critical, "track_activities = on"},
		{"activity.counts", with("track_counts", "off"), Critical, "track_counts = on"},
		{"activity.io", with("track_io_timing", "off"), Note, "pg_test_timing"},
		{"activity.functions", with("track_functions", "none"), Note, "'pl'"},
		{"activity.wal", with("track_wal_io_timing", "off"), Note, "WAL"},
		{"logging.lock_waits", with("log_lock_waits", "off"), Warning, "SET log_lock_waits = on"},
		{"logging.slow_calls", func(r *Readings) {
			with("log_min_duration_statement", "-1")(r)
			delete(r.Settings, "auto_explain.log_min_duration")
		}, Warning, "'1s'"},
		{"logging.slow_calls", with("log_min_duration_statement", "-1"), Fine, "auto_explain"},
		{"logging.slow_calls", with("log_min_duration_statement", "0"), Warning, "Every statement"},
		{"logging.auto_explain", func(r *Readings) { delete(r.Settings, "auto_explain.log_min_duration") }, Note, "session_preload_libraries = 'auto_explain'"},
		{"logging.auto_explain", func(r *Readings) { delete(r.Settings, "auto_explain.log_min_duration") }, Note, "LOAD 'auto_explain';"},
		{"logging.auto_explain", func(r *Readings) {
			with("auto_explain.log_analyze", "on")(r)
			r.put("auto_explain.log_timing", "on", "superuser")
		}, Warning, "log_timing"},
		{"logging.prefix", with("log_line_prefix", "%t %-5u "), Warning, "session, database, application"},
		{"logging.checkpoints", with("log_checkpoints", "off"), Note, "on"},
		{"logging.temp_files", with("log_temp_files", "-1"), Note, "'10MB'"},
		{"logging.connections", with("log_connections", ""), Note, "on"},
		{"logging.everything", with("log_statement", "all"), Warning, "'ddl'"},
		{"logging.destination", with("logging_collector", "off"), Note, "standard error"},
		{"timeouts.lock", with("lock_timeout", "50"), Warning, "CREATE INDEX CONCURRENTLY"},
		{"timeouts.lock", func(r *Readings) {
			s := r.Plain["lock_timeout"]
			s.Raw, s.Shown, s.Source, s.File = "50", "50ms", "user", ""
			r.Plain["lock_timeout"] = s
		}, Warning,
			"ALTER ROLE pgmedic SET lock_timeout = 0;"},
		{"timeouts.statement", func(*Readings) {}, Note, "No statement_timeout"},
		{"timeouts.statement", with("statement_timeout", "5000"), Warning, "for everybody"},
		{"timeouts.idle_in_transaction", with("idle_in_transaction_session_timeout", "0"), Warning, "'5min'"},
		{"timeouts.idle_session", with("idle_session_timeout", "1000"), Note, "Idle sessions are ended"},
		{"timeouts.client_gone", with("client_connection_check_interval", "0"), Note, "'10s'"},
		{"timeouts.keepalives", with("tcp_keepalives_idle", "7200"), Note, "tcp_keepalives_count = 6"},
		{"timeouts.roles", func(r *Readings) { r.OfRoles = []RoleSetting{{"app", "", "statement_timeout", "5s"}} }, Note, "role app: statement_timeout = 5s"},
		{"timeouts.roles", func(r *Readings) { r.OfRoles = []RoleSetting{{"", "shop", "lock_timeout", "1s"}} }, Warning, "database shop"},
		{"vacuum.autovacuum", with("autovacuum", "off"), Critical, "autovacuum = on"},
		{"vacuum.wraparound", func(r *Readings) { r.Databases[0].XidAge = 1_200_000_000 }, Warning, "56 %"},
		{"vacuum.wraparound", func(r *Readings) { r.Databases[0].MultixactAge = 1_900_000_000 }, Critical, "88 %"},
		{"vacuum.statistics", func(r *Readings) { r.Tables = []Table{{Schema: "S", Name: "t", Live: 5000}} }, Warning, `ANALYZE "S".t;`},
		{"vacuum.statistics", func(r *Readings) { r.Tables = slices.Repeat([]Table{{Schema: "s", Name: "t", Live: 5000}}, tablesMost) }, Warning, "1000 or more tables"},
		{"vacuum.dead_rows", func(r *Readings) { r.Tables = []Table{{Schema: "s", Name: "t", Live: 5000, Dead: 20000}} }, Warning, "VACUUM (ANALYZE) s.t;"},
		{"vacuum.tables_off", func(r *Readings) { r.Tables = []Table{{Schema: "s", Name: "t", AutovacuumOff: true}} }, Warning, "RESET (autovacuum_enabled)"},
		{"vacuum.workers", func(r *Readings) { r.Sessions.VacuumWorkers = 3 }, Warning, "3 are busy"},
		{"vacuum.old_transactions", func(r *Readings) { r.Sessions.OldestXactAge = 5 * hour }, Warning, "5 hours"},
		{"replication.slots", func(r *Readings) { r.Slots = []Slot{{Name: "o'ld", Retained: 20 << 30}} }, Warning, "pg_drop_replication_slot('o''ld')"},
		{"replication.slots", func(r *Readings) { r.Slots = []Slot{{Name: "s", Retained: 1 << 20}} }, Warning, "keeps 1.0 MB of WAL, and all"},
		{"replication.slots", func(r *Readings) { r.Slots = []Slot{{Name: "s", Retained: -1}} }, Note, "keeps no WAL yet"},
		{"replication.slots", func(r *Readings) { r.Slots = []Slot{{Name: "s", Status: "lost"}} }, Critical, "lost WAL"},
		{"replication.slots", func(r *Readings) { r.Slots = []Slot{{Name: "s", Active: true, XidAge: 20_000_000}} }, Warning, "holds vacuum back"},
		{"replication.slots", func(r *Readings) { r.Slots = []Slot{{Name: "s", Active: true}} }, Fine, "1 replication slot"},
		{"replication.slot_limit", func(r *Readings) {
			with("max_slot_wal_keep_size", "-1")(r)
			r.Slots = []Slot{{Name: "s", Active: true}}
		}, Warning, "'50GB'"},
		{"replication.feedback", func(r *Readings) { r.Replicas = []Replica{{"east", "streaming", 30_000_000, 0}} }, Warning, "east"},
		{"replication.feedback", func(r *Readings) { r.Replicas = []Replica{{"east", "backup", 30_000_000, -1}} }, Warning, "how much is not replayed is not known"},
		{"replication.lag", func(r *Readings) { r.Replicas = []Replica{{"east", "catchup", 0, 3 << 30}} }, Warning, "3.0 GB"},
		{"replication.lag", func(r *Readings) {
			r.Replicas = []Replica{{"east", "streaming", 0, 100}, {"pg_basebackup", "backup", 0, -1}}
		}, Fine, "1 standby follows"},
		{"replication.feedback", func(r *Readings) { r.Server.InRecovery = true; with("hot_standby_feedback", "on")(r) }, Note, "on the primary"},
		{"replication.prepared", func(r *Readings) { r.Prepared = []Prepared{{"g'1", "app", "shop", 60, 5}} }, Warning, "ROLLBACK PREPARED 'g''1';"},
		{"replication.prepared", func(r *Readings) { r.Prepared = []Prepared{{"g", "app", "shop", 2 * hour, 5}} }, Critical, "2 hours ago"},
		{"replication.archive", func(r *Readings) { r.Archiver.Failing = true }, Critical, "the last attempt failed"},
		{"replication.archive", func(r *Readings) { r.Archiver.Set = new(false) }, Critical, "nothing is set"},
		{"replication.archive", func(r *Readings) { r.Archiver.ArchivedAge = -1 }, Warning, "never archived"},
		{"replication.archive", func(r *Readings) { r.Archiver.Set = nil }, Fine, "is set is not known"},
		{"durability.fsync", with("fsync", "off"), Critical, "fsync = on"},
		{"durability.full_page_writes", with("full_page_writes", "off"), Critical, "torn"},
		{"durability.checksums", with("data_checksums", "off"), Note, "pg_checksums"},
		{"durability.checksum_failures", func(r *Readings) { r.Databases[0].ChecksumFailures = 2 }, Critical, "2 pages"},
		{"durability.collation", func(r *Readings) { r.Collation.Actual = "2" }, Warning, "REFRESH COLLATION VERSION"},
		{"indexes.invalid", func(r *Readings) { r.Indexes = []Index{{Schema: "s", Name: "I x", Table: "t", Total: 250}} }, Warning, "250 indexes"},
		{"indexes.invalid", func(r *Readings) { r.Indexes = []Index{{Schema: "s", Name: "I x", Table: "t", Total: 1}} }, Warning, `DROP INDEX CONCURRENTLY s."I x";`},
		{"indexes.memory", with("maintenance_work_mem", "65536"), Note, "512MB"},
		{"version.support", func(r *Readings) { r.Server.Version = 130022 }, Warning, "2025-11-13"},
		{"version.support", func(r *Readings) { r.Server.Version = 140022 }, Note, "2026-11-12"},
		{"version.concurrently", func(r *Readings) { r.Server.Version = 140003 }, Critical, "update to the last 14"},
		{"version.concurrently", func(r *Readings) { r.Server.Version = 130004; with("max_prepared_transactions", "10")(r) }, Critical, "prepared transactions"},
		{"version.minor", func(r *Readings) { r.Server.Version, r.Server.VersionText = 160002, "16.2" }, Warning, "at least 16.11"},
		{"settings.pending", func(r *Readings) {
			s := r.Settings["max_connections"]
			s.Pending = true
			r.Settings["max_connections"] = s
		}, Note, "max_connections = 100"},
		{"settings.errors", func(r *Readings) {
			r.BadLines = []BadLine{{File: "/etc/p.conf", Line: 3, Name: "nonsense", Error: "unrecognized"}}
		}, Critical, "/etc/p.conf:3"},
		{"settings.errors", func(r *Readings) {
			r.BadLines = []BadLine{{File: "f", Line: 3, Name: "port", Error: "e", Context: "postmaster"}}
		}, Note, "cannot take"},
	}
	for _, test := range tests {
		r := quiet()
		test.do(r)
		found := judge(r)
		at := slices.IndexFunc(found, func(f Finding) bool { return f.Check == test.check })
		if at < 0 {
			t.Errorf("%s: no finding, want %s with %q", test.check, test.severity, test.words)
			continue
		}
		f := found[at]
		text := fmt.Sprint(f.Title, f.Read, f.Mend)
		if f.Severity != test.severity || !strings.Contains(text, test.words) {
			t.Errorf("%s: %s %s; want %s with %q", test.check, f.Severity, text, test.severity, test.words)
		}
	}
}

// Whatever is wrong says what to do about it and how it was seen.
func TestFindingsAreWhole(t *testing.T) {
	bad := quiet()
	for name := range bad.Settings {
		bad.put(name, "off", "sighup")
	}
	for _, f := range judge(bad) {
		if f.Severity != Fine && (f.Means == "" || len(f.Mend) == 0) {
			t.Errorf("%s (%s) lacks what it means or what mends it", f.Check, f.Title)
		}
	}
}

// Minor versions come in the second week of the month at the earliest: before that nothing newer is out.
func TestOldMinorIsNotEarly(t *testing.T) {
	for _, test := range []struct {
		day     time.Time
		version int
		old     bool
	}{
		{day(2026, 11, 5), 160009, true}, {day(2026, 11, 5), 160010, false},
		{day(2026, 11, 14), 160010, false}, {day(2026, 11, 15), 160010, true}, {day(2027, 1, 3), 160010, true}, {day(2027, 1, 3), 160011, false},
	} {
		r := quiet()
		r.Session.Now, r.Server.Version = test.day, test.version
		if found := oldMinor(r); (found != nil) != test.old {
			t.Errorf("%d on %v: %v", test.version, test.day, found)
		}
	}
}

// Without its library compute_query_id = auto is off, and that is told as the library's finding alone.
func TestQueryIDsWithoutTheLibrary(t *testing.T) {
	r := quiet()
	delete(r.Settings, "pg_stat_statements.max")
	if found := queryIDs(r); found != nil {
		t.Errorf("%v", found)
	}
}

// What a reload gives to new sessions alone says so.
func TestNewSessionsHaveIt(t *testing.T) {
	r := quiet()
	r.put("log_connections", "off", "superuser-backend")
	r.put("session_preload_libraries", "", "superuser")
	for _, name := range []string{"log_connections", "session_preload_libraries"} {
		if steps := r.set(name, "on"); steps[0].Takes != NewSessions || steps[1] != reloadStep {
			t.Errorf("%s: %+v", name, steps)
		}
	}
}

func TestKindDecidesHowASettingIsChanged(t *testing.T) {
	tests := []struct {
		do    func(*Readings)
		kind  Kind
		words string
	}{
		{func(*Readings) {}, Plain, "ALTER SYSTEM SET log_lock_waits = on;"},
		{func(r *Readings) { r.Session.ServiceRoles = []string{"rds_superuser"} }, RDS, "DB parameter group"},
		{func(r *Readings) { r.Session.ServiceRoles, r.Session.Aurora = []string{"rds_superuser"}, true }, Aurora, "DB parameter group"},
		{func(r *Readings) { r.Session.ServiceSettings = []string{"cloudsql"} }, CloudSQL, "database flag log_lock_waits"},
		{func(r *Readings) { r.Session.ServiceRoles = []string{"azure_pg_admin"} }, Azure, "server parameter log_lock_waits"},
		{func(r *Readings) { r.Session = nil }, Unknown, "where this server's configuration is managed"},
		{with("allow_alter_system", "off"), Plain, "where the configuration is managed"},
		{func(r *Readings) {
			s := r.Settings["log_lock_waits"]
			s.Source = "command line"
			r.Settings["log_lock_waits"] = s
		}, Plain, "Patroni"},
	}
	for _, test := range tests {
		r := quiet()
		with("log_lock_waits", "off")(r)
		test.do(r)
		if steps := fmt.Sprint(r.set("log_lock_waits", "on")); r.kind() != test.kind || !strings.Contains(steps, test.words) {
			t.Errorf("%s: %s; want %s with %q", r.kind(), steps, test.kind, test.words)
		}
	}
}
