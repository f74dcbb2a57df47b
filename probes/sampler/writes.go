package sampler

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
)

// writeCounters are what checkpoints have written since their statistics were reset, and the WAL position.
type writeCounters struct {
	at               time.Time // server time
	resetAt          time.Time
	timed, requested int64
	writing, syncing time.Duration
	buffers          int64
	wal              int64 // bytes since 0/0; -1 on a standby
}

// writeReader reads the checkpoints' counters and the WAL position over one connection.
type writeReader struct {
	conn    *pgx.Conn
	version int // server_version_num
	last    *writeCounters
}

func newWriteReader(conn *pgx.Conn, version int) *writeReader {
	return &writeReader{conn: conn, version: version}
}

// read puts what was written since the reading before into the sample.
func (r *writeReader) read(ctx context.Context, sample *probes.Sample) error {
	now := writeCounters{at: sample.At}
	var writing, syncing float64 // milliseconds
	var resetAt *time.Time
	var wal *int64
	err := r.conn.QueryRow(ctx, query("writes", "{checkpoints}", checkpointCounters(r.version))).
		Scan(&now.timed, &now.requested, &writing, &syncing, &now.buffers, &resetAt, &wal)
	if err != nil {
		return err
	}
	now.resetAt, now.wal = known(resetAt), -1
	if wal != nil {
		now.wal = *wal
	}
	now.writing = time.Duration(writing * float64(time.Millisecond))
	now.syncing = time.Duration(syncing * float64(time.Millisecond))
	sample.Writes = probes.Writes{Known: true, WALBytes: -1}
	if r.last != nil {
		sample.Writes = now.since(*r.last)
	}
	r.last = &now
	return nil
}

// checkpointCounters are the functions behind pg_stat_checkpointer, or pg_stat_bgwriter before 17. A standby makes restartpoints, which 17 and later
// count apart, earlier versions with the checkpoints; a server makes only one of the two kinds at a time.
func checkpointCounters(version int) string {
	if version < 170000 {
		return "pg_stat_get_bgwriter_timed_checkpoints(), pg_stat_get_bgwriter_requested_checkpoints(), " +
			"pg_stat_get_checkpoint_write_time(), pg_stat_get_checkpoint_sync_time(), " +
			"pg_stat_get_bgwriter_buf_written_checkpoints(), pg_stat_get_bgwriter_stat_reset_time()"
	}
	return "pg_stat_get_checkpointer_num_timed() + pg_stat_get_checkpointer_restartpoints_timed(), " +
		"pg_stat_get_checkpointer_num_requested() + pg_stat_get_checkpointer_restartpoints_requested(), " +
		"pg_stat_get_checkpointer_write_time(), pg_stat_get_checkpointer_sync_time(), " +
		"pg_stat_get_checkpointer_buffers_written(), pg_stat_get_checkpointer_stat_reset_time()"
}

// restarted says whether the counters began anew: a reset, or a crash.
func (c writeCounters) restarted(before writeCounters) bool {
	return !c.resetAt.Equal(before.resetAt) || c.timed < before.timed || c.requested < before.requested ||
		c.writing < before.writing || c.syncing < before.syncing || c.buffers < before.buffers
}

// since returns what was written. The WAL position is no statistic: a reset does not touch it.
func (c writeCounters) since(before writeCounters) probes.Writes {
	w := probes.Writes{Known: true, Since: before.at, WALBytes: -1}
	if c.wal >= 0 && before.wal >= 0 && c.wal >= before.wal {
		w.WALBytes = c.wal - before.wal
	}
	if w.Reset = c.restarted(before); w.Reset {
		before = writeCounters{}
	}
	w.Timed, w.Requested, w.Buffers = c.timed-before.timed, c.requested-before.requested, c.buffers-before.buffers
	w.WriteTime, w.SyncTime = c.writing-before.writing, c.syncing-before.syncing
	return w
}
