package sampler

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// settings are the server's settings that samples are read with, and those that were handed on.
type settings struct {
	ceiling         probes.Ceiling
	computeQueryID  string // empty before 14
	trackActivities string
	told            []probes.Setting // in the last sample that had some; nil: none yet
	hidden          []string         // settings that this role may not see
}

func (s *Sampler) readCeiling(ctx context.Context, _ *probes.Sample) error {
	c := s.settings.ceiling
	var computeQueryID, trackActivities string
	err := s.conn.QueryRow(ctx, query("ceiling")).
		Scan(&c.MaxConnections, &c.SuperuserReserved, &c.Reserved, &c.DatabaseLimit, &computeQueryID, &trackActivities)
	if err != nil {
		return err
	}
	s.settings.ceiling, s.settings.computeQueryID, s.settings.trackActivities = c, computeQueryID, trackActivities
	return nil
}

// readRoleLimits reads the limits of roles. Without it the server's and the database's limits are known all the same.
func (s *Sampler) readRoleLimits(ctx context.Context, _ *probes.Sample) error {
	rows, err := s.conn.Query(ctx, query("role_limits"))
	if err != nil {
		return err
	}
	limits, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (probes.RoleLimit, error) {
		l, err := pgx.RowToStructByPos[probes.RoleLimit](row)
		l.Role = sqltext.CleanLine(l.Role)
		return l, err
	})
	if err == nil {
		s.settings.ceiling.RoleLimits = limits
	}
	return err
}

// settingNames are the settings that matter in an incident; of pg_stat_statements and auto_explain all do. None may hold a secret: primary_conninfo,
// archive_command and their like are not read.
var settingNames = strings.Fields(`
	max_connections superuser_reserved_connections reserved_connections max_prepared_transactions max_locks_per_transaction
	statement_timeout lock_timeout transaction_timeout idle_in_transaction_session_timeout idle_session_timeout deadlock_timeout
	authentication_timeout client_connection_check_interval tcp_keepalives_idle tcp_keepalives_interval tcp_keepalives_count tcp_user_timeout
	shared_buffers work_mem hash_mem_multiplier maintenance_work_mem autovacuum_work_mem temp_buffers temp_file_limit effective_cache_size huge_pages
	autovacuum autovacuum_max_workers autovacuum_worker_slots autovacuum_naptime autovacuum_vacuum_threshold autovacuum_vacuum_scale_factor
	autovacuum_vacuum_insert_threshold autovacuum_vacuum_insert_scale_factor autovacuum_vacuum_max_threshold
	autovacuum_analyze_threshold autovacuum_analyze_scale_factor
	autovacuum_vacuum_cost_delay autovacuum_vacuum_cost_limit vacuum_cost_delay vacuum_cost_limit autovacuum_freeze_max_age
	autovacuum_multixact_freeze_max_age vacuum_failsafe_age vacuum_buffer_usage_limit
	checkpoint_timeout checkpoint_completion_target checkpoint_flush_after max_wal_size min_wal_size bgwriter_delay bgwriter_lru_maxpages
	wal_level wal_buffers wal_compression wal_keep_size max_slot_wal_keep_size max_wal_senders max_replication_slots wal_sender_timeout
	wal_receiver_timeout synchronous_commit synchronous_standby_names commit_delay fsync full_page_writes archive_mode
	hot_standby hot_standby_feedback max_standby_streaming_delay max_standby_archive_delay idle_replication_slot_timeout
	max_worker_processes max_parallel_workers max_parallel_workers_per_gather max_parallel_maintenance_workers
	effective_io_concurrency maintenance_io_concurrency io_method io_workers random_page_cost seq_page_cost default_statistics_target
	jit jit_above_cost plan_cache_mode enable_seqscan enable_indexscan enable_nestloop enable_hashjoin enable_mergejoin
	track_activities track_activity_query_size track_counts track_io_timing track_wal_io_timing track_functions track_cost_delay_timing
	compute_query_id shared_preload_libraries session_preload_libraries default_transaction_isolation default_transaction_read_only
	log_min_duration_statement log_min_duration_sample log_statement_sample_rate log_statement log_lock_waits log_lock_failures log_checkpoints
	log_temp_files log_connections log_disconnections log_autovacuum_min_duration log_replication_commands log_recovery_conflict_waits
	log_line_prefix log_destination logging_collector log_min_messages log_min_error_statement log_duration log_parameter_max_length
	server_encoding data_checksums block_size`)

// settingsForSuperusers are those of settingNames that every server has and shows to members of pg_read_all_settings only.
var settingsForSuperusers = []string{"shared_preload_libraries", "session_preload_libraries"}

// Of a setting that pgmedic's own sessions have otherwise than others, nobody can tell from there what the others have.
const (
	notTold   = "not known: pgmedic doctor reads it"
	ownSource = "pgmedic's own session"
)

// sourced puts into a setting what its value says of other sessions: nothing, where pgmedic asks for its own when it connects (statement_timeout, for
// example), and nothing of other roles', where it is set for pgmedic's role.
func sourced(set probes.Setting, role string) probes.Setting {
	switch set.Source {
	case "client", "session":
		set.Value, set.Source = notTold, ownSource
	case "user", "database user":
		set.Source = "set for role " + role + " alone"
	}
	return set
}

// readSettings puts the settings into the first sample, and into one before which some changed.
func (s *Sampler) readSettings(ctx context.Context, sample *probes.Sample) error {
	rows, err := s.conn.Query(ctx, query("settings"), settingNames)
	if err != nil {
		return err
	}
	now, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (probes.Setting, error) {
		set, err := pgx.RowToStructByPos[probes.Setting](row)
		set.Name, set.Value, set.Source = sqltext.CleanLine(set.Name), sqltext.CleanLine(set.Value), sqltext.CleanLine(set.Source)
		return sourced(set, sample.Server.User), err
	})
	if err != nil {
		return err
	}
	s.settings.hidden = nil
	for _, name := range settingsForSuperusers {
		if !slices.ContainsFunc(now, func(set probes.Setting) bool { return set.Name == name }) {
			s.settings.hidden = append(s.settings.hidden, name)
		}
	}
	if !slices.Equal(now, s.settings.told) {
		s.settings.told, sample.Settings = now, now
	}
	return nil
}
