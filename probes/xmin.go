package probes

import (
	"cmp"
	"slices"
	"time"
)

// XminHolder is something that keeps VACUUM from removing dead rows: the older it is, the more of them stay.
type XminHolder struct {
	Kind     XminKind
	PID      int32 // of a session or a replica's walsender; else 0
	Name     string
	Database string    // empty: all of them, or not known
	Age      int64     // in transactions
	Since    time.Time // of the transaction; zero where it is not known
	Ours     bool      // a session of pgmedic itself
}

// XminKind is a kind of holder.
type XminKind string

// The kinds of holders, and what Name is of each.
const (
	XminSession  XminKind = "session"              // its application, or its role, or its backend type
	XminPrepared XminKind = "prepared transaction" // its global identifier
	XminReplica  XminKind = "replica"              // its application name; hot_standby_feedback is on there
	XminSlot     XminKind = "slot"                 // the slot's name; the age is that of xmin or catalog_xmin, whichever is older
)

// XminHolders lists who holds back the horizon of VACUUM, oldest first. What is as new as the newest transaction holds nothing back and is left out, as are
// sessions that VACUUM itself does not wait for: those that vacuum, and parallel workers, which share their leader's snapshot.
//
// A session or a prepared transaction holds it back for the tables of its own database and for those that all databases share; a replica without a slot for
// all of them. What the role may not see is not listed.
func (s *Sample) XminHolders() []XminHolder {
	vacuums, replicas := map[int32]bool{}, map[int32]bool{}
	for _, p := range s.Progress {
		vacuums[p.PID] = vacuums[p.PID] || p.Command == "VACUUM"
	}
	var holders []XminHolder
	for _, r := range s.Replicas {
		replicas[r.PID] = true
		holders = append(holders, XminHolder{Kind: XminReplica, PID: r.PID, Name: cmp.Or(r.Application, r.Client), Age: r.XminAge})
	}
	for _, b := range s.Backends {
		if b.LeaderPID != 0 && b.LeaderPID != b.PID || vacuums[b.PID] || replicas[b.PID] {
			continue
		}
		holders = append(holders, XminHolder{Kind: XminSession, PID: b.PID, Name: cmp.Or(b.Application, b.User, b.Type), Database: b.Database,
			Age: max(b.XidAge, b.XminAge), Since: b.XactStart, Ours: b.Ours})
	}
	for _, p := range s.Prepared {
		holders = append(holders, XminHolder{Kind: XminPrepared, Name: p.GID, Database: p.Database, Age: p.XidAge, Since: p.PreparedAt})
	}
	for _, slot := range s.Slots {
		holders = append(holders, XminHolder{Kind: XminSlot, Name: slot.Name, Database: slot.Database, Age: max(slot.XminAge, slot.CatalogXminAge)})
	}
	holders = slices.DeleteFunc(holders, func(h XminHolder) bool { return h.Age <= 0 })
	slices.SortStableFunc(holders, func(a, b XminHolder) int { return cmp.Compare(b.Age, a.Age) })
	return holders
}
