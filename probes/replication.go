package probes

import "time"

// Replica is one row of pg_stat_replication: a standby or another receiver of WAL.
type Replica struct {
	PID         int32
	Application string
	Client      string
	State       string        // streaming, catchup, …
	SyncState   string        // async, sync, quorum, potential
	LagBytes    int64         // WAL written here and not yet replayed there; -1: not known
	ReplayLag   time.Duration // replay_lag; 0 where there was nothing to replay
	XminAge     int64         // age(backend_xmin) that hot_standby_feedback holds, in transactions; 0: none
}

// Slot is one row of pg_replication_slots.
type Slot struct {
	Name           string
	Kind           string // physical, logical
	Database       string // of a logical slot
	Active         bool
	XminAge        int64  // age(xmin), in transactions; 0: holds none
	CatalogXminAge int64  // age(catalog_xmin); 0: holds none
	RetainedBytes  int64  // WAL that is kept for it; -1: not known
	Status         string // wal_status: reserved, extended, unreserved, lost
}

// Standby is how far a standby is behind.
type Standby struct {
	ReceivedNotReplayed int64         // bytes of WAL received and not yet replayed; -1: not known
	ReplayAge           time.Duration // since the commit time of the transaction replayed last; grows on an idle primary too; -1: not known
	Paused              bool          // pg_is_wal_replay_paused()
	Receiving           bool          // pg_stat_wal_receiver has a row
}
