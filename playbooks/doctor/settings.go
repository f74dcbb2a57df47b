package doctor

import "slices"

// ownSettings are those that pgmedic sets in its own sessions.
var ownSettings = []string{
	"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "transaction_timeout", "idle_session_timeout", "client_connection_check_interval",
	"pg_stat_statements.track",
}

func isOwn(name string) bool { return slices.Contains(ownSettings, name) }

// settingSince are the settings that the checks judge, with the major version that has them first; 0: all supported ones have it. Those of modules that
// may not be loaded stand in moduleSettings.
var settingSince = map[string]int{
	"max_connections": 0, "superuser_reserved_connections": 0, "reserved_connections": 16,
	"shared_preload_libraries": 0, "session_preload_libraries": 0, "compute_query_id": 14, "track_activities": 0, "track_activity_query_size": 0,
	"track_counts": 0, "track_io_timing": 0, "track_wal_io_timing": 14, "track_functions": 0,
	"log_lock_waits": 0, "log_min_duration_statement": 0, "log_min_duration_sample": 0, "log_checkpoints": 0, "log_temp_files": 0, "log_connections": 0,
	"log_disconnections": 0, "log_line_prefix": 0, "log_destination": 0, "logging_collector": 0, "log_statement": 0, "log_autovacuum_min_duration": 0,
	"statement_timeout": 0, "lock_timeout": 0, "idle_in_transaction_session_timeout": 0, "transaction_timeout": 17, "idle_session_timeout": 14,
	"tcp_keepalives_idle": 0, "tcp_keepalives_interval": 0, "tcp_keepalives_count": 0, "client_connection_check_interval": 14,
	"autovacuum": 0, "autovacuum_max_workers": 0, "autovacuum_freeze_max_age": 0, "autovacuum_multixact_freeze_max_age": 0,
	"hot_standby_feedback": 0, "max_slot_wal_keep_size": 0, "max_prepared_transactions": 0, "max_standby_streaming_delay": 0,
	"archive_mode": 0, "fsync": 0, "full_page_writes": 0, "synchronous_commit": 0, "data_checksums": 0, "zero_damaged_pages": 0,
	"maintenance_work_mem": 0, "ssl": 0, "allow_alter_system": 17,
}

var moduleSettings = []string{
	"pg_stat_statements.max", "pg_stat_statements.track", "pg_stat_statements.track_planning", "pg_stat_statements.save",
	"auto_explain.log_min_duration", "auto_explain.log_analyze", "auto_explain.log_timing",
}

// wanted are the names of all settings that are read.
func wanted() []string {
	names := slices.Clone(moduleSettings)
	for name := range settingSince {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// rule is a check of one setting by itself.
type rule struct {
	check    string
	setting  string
	from     int // major version for which the rule holds first; 0: all
	bad      func(r *Readings, s Setting) bool
	severity Severity
	title    string // when it is bad
	means    string
	to       string // value that mends it
	cost     string // what else to know before setting it; empty: nothing
	instead  string // what mends it where no setting does; then to is empty
	fine     string // title when it is not bad
}

// rules makes one check of several rules.
func rules(all []rule) func(*Readings) []Finding {
	return func(r *Readings) []Finding {
		var found []Finding
		for _, one := range all {
			if s, known := r.setting(one.setting); known && r.major() >= one.from {
				found = append(found, one.judge(r, s))
			}
		}
		return found
	}
}

func (u rule) judge(r *Readings, s Setting) Finding {
	if !u.bad(r, s) {
		return Finding{Check: u.check, Severity: Fine, Title: u.fine, Read: []string{s.String()}}
	}
	var mend []Step
	if u.instead != "" {
		mend = []Step{{Do: u.instead}}
	} else {
		mend = r.set(u.setting, u.to)
	}
	if u.cost != "" {
		mend = append(mend, Step{Do: u.cost})
	}
	return Finding{
		Check: u.check, Severity: u.severity, Title: u.title, Read: []string{s.String()}, Means: u.means, Mend: mend,
		Verify: "SHOW " + u.setting + ";",
	}
}

// Conditions of rules.

func isOff(_ *Readings, s Setting) bool     { return s.Shown == "off" }
func isOn(_ *Readings, s Setting) bool      { return s.Shown == "on" }
func isNever(_ *Readings, s Setting) bool   { return s.Raw == "-1" }
func isZero(_ *Readings, s Setting) bool    { return s.Raw == "0" }
func isNotZero(_ *Readings, s Setting) bool { return s.Raw != "0" }
func isShown(value string) func(*Readings, Setting) bool {
	return func(_ *Readings, s Setting) bool { return s.Shown == value }
}
