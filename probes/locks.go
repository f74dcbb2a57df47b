package probes

import "time"

// LockWait is one session that waits for a heavyweight lock (a row of pg_locks that is not granted). A parallel worker's wait counts as its leader's.
type LockWait struct {
	PID int32
	// BlockedBy is who is in the way: holders of a mode that conflicts; where there are none, those ahead in the queue that wait for such a mode.
	// At most BlockersKept. 0 stands for a prepared transaction, see Prepared; nil: not known in this sample.
	BlockedBy []int32
	Prepared  []uint32  // of BlockedBy's zeros: transaction ids, see PreparedTransaction.XID; 0 where it is not known
	Kind      string    // pg_locks.locktype: relation, transactionid, tuple, …
	Mode      string    // pg_locks.mode, for example AccessExclusiveLock
	HeldMode  string    // the mode in the way that the first of BlockedBy holds, or waits for; empty where it is not known
	Relation  string    // schema-qualified, of the database looked at; else empty. Of a wait for a transaction: whose row it wants, where that shows
	Since     time.Time // pg_locks.waitstart, 14+; zero where it is not known
}

// BlockersKept bounds the blockers that are kept of one wait: the longest transactions first.
const BlockersKept = 50

// PreparedTransaction is one row of pg_prepared_xacts: a transaction that holds its locks and its snapshot without a session.
type PreparedTransaction struct {
	XID        uint32 // pg_prepared_xacts.transaction
	GID        string // made harmless for a terminal
	Owner      string
	Database   string
	PreparedAt time.Time
	XidAge     int64 // age(transaction), in transactions
}
