package snapshot

import (
	"fmt"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// What of replication is worth a word.
const (
	worryingLag      = 30 * time.Second // replay_lag
	worryingBytes    = 1 << 30          // of WAL not replayed, or retained
	worryingBehind   = 256 << 20        // of WAL not replayed
	worryingXminAge  = 10_000_000       // transactions
	mostRunningTasks = 10
)

// replicas is null where there are none to be seen and it is not known that there are none, as the others below.
func (m *maker) replicas() []Replica {
	if len(m.last.Replicas) == 0 && !m.known("replicas", false) {
		return nil
	}
	list := []Replica{}
	for _, r := range m.last.Replicas {
		one := Replica{Application: r.Application, Client: textOrNull(r.Client), State: r.State, SyncState: r.SyncState, LagBytes: atLeastZero(r.LagBytes), Worry: textOrNull(replicaWorry(r))}
		if r.ReplayLag > 0 {
			one.ReplayLagS = ref(seconds(r.ReplayLag))
		}
		list = append(list, one)
	}
	return list
}

func replicaWorry(r probes.Replica) string {
	switch {
	case r.ReplayLag >= worryingLag:
		return "replays " + probes.Span(r.ReplayLag) + " late"
	case r.LagBytes >= worryingBehind:
		return bytesText(r.LagBytes) + " of WAL behind"
	case r.State != "" && r.State != "streaming" && r.State != "backup":
		return "is not streaming but in state " + r.State
	case r.XminAge >= worryingXminAge:
		return fmt.Sprintf("holds row versions back for %s transactions", thousands(r.XminAge))
	}
	return ""
}

func (m *maker) slots() []Slot {
	if len(m.last.Slots) == 0 && !m.known("slots", false) {
		return nil
	}
	list := []Slot{}
	for _, slot := range m.last.Slots {
		list = append(list, Slot{Name: slot.Name, Kind: slot.Kind, Active: slot.Active, RetainedBytes: atLeastZero(slot.RetainedBytes),
			WALStatus: slot.Status, Worry: textOrNull(slotWorry(slot))})
	}
	return list
}

func slotWorry(s probes.Slot) string {
	switch {
	case s.Status == "lost":
		return "is lost: its receiver must be built anew"
	case s.Status == "unreserved":
		return "is about to be lost: WAL that it needs may be removed at the next checkpoint"
	case !s.Active && s.RetainedBytes >= worryingBytes:
		return "is not used and keeps " + bytesText(s.RetainedBytes) + " of WAL"
	case s.RetainedBytes >= worryingBytes:
		return "keeps " + bytesText(s.RetainedBytes) + " of WAL"
	case max(s.XminAge, s.CatalogXminAge) >= worryingXminAge:
		return fmt.Sprintf("holds row versions back for %s transactions", thousands(max(s.XminAge, s.CatalogXminAge)))
	case !s.Active:
		return "is not used"
	}
	return ""
}

func (m *maker) standby() *Standby {
	if !m.last.Server.InRecovery {
		return nil
	}
	s := m.last.Standby
	if s == nil {
		return nil
	}
	known := Standby{NotReplayedBytes: atLeastZero(s.ReceivedNotReplayed), Paused: s.Paused, Receiving: s.Receiving}
	if s.ReplayAge >= 0 {
		known.ReplayAgeS = ref(seconds(s.ReplayAge))
	}
	return &known
}

// progress lists index builds and the other running commands that report how far they are, and counts them.
func (m *maker) progress() ([]Progress, *int) {
	list := []Progress{}
	for _, b := range m.last.Builds {
		list = append(list, buildProgress(b))
	}
	for _, p := range m.last.Progress {
		one := Progress{PID: p.PID, Command: p.Command, Relation: p.Relation, Phase: p.Phase, Done: p.Done, Unit: p.Unit}
		if p.Total > 0 {
			one.Total = &p.Total
		}
		list = append(list, one)
	}
	if len(list) == 0 && !(m.known("builds", true) && m.known("progress", true)) {
		return nil, nil
	}
	return list[:min(len(list), mostRunningTasks)], ref(len(list))
}

// buildProgress tells the figure that moves in the build's phase.
func buildProgress(b probes.IndexBuild) Progress {
	p := Progress{PID: b.PID, Command: b.Command, Relation: b.Relation, Phase: b.Phase, Done: b.BlocksDone, Unit: "blocks"}
	total := b.BlocksTotal
	switch {
	case b.LockersTotal > 0 && b.LockersDone < b.LockersTotal:
		p.Done, total, p.Unit = b.LockersDone, b.LockersTotal, "lockers"
	case b.BlocksTotal == 0 && b.TuplesTotal > 0:
		p.Done, total, p.Unit = b.TuplesDone, b.TuplesTotal, "rows"
	}
	if total > 0 {
		p.Total = &total
	}
	if b.CurrentLockerPID != 0 {
		p.WaitsFor = &b.CurrentLockerPID
	}
	return p
}
