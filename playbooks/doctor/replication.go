package doctor

import (
	"fmt"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// What a slot may hold back before it is worth a warning.
const (
	slotXidAge   = 10_000_000 // transactions
	slotRetained = 10 << 30   // bytes of WAL
)

// slotsHold says which replication slots hold back vacuum or WAL.
func slotsHold(r *Readings) []Finding {
	if r.Slots == nil {
		return nil
	}
	var found []Finding
	for _, s := range r.Slots {
		if f, bad := s.judge(r); bad {
			found = append(found, f)
		}
	}
	if len(found) == 0 && len(r.Slots) > 0 {
		return fine("replication.slots", probes.Counted(len(r.Slots), "replication slot holds", "replication slots hold")+" nothing back")
	}
	return found
}

func (s Slot) judge(r *Readings) (Finding, bool) {
	f := Finding{
		Check: "replication.slots", Severity: Warning, Read: []string{s.words()},
		Means: "WAL that a slot holds fills the disk until the server stops; an old xmin keeps vacuum from cleaning up in all databases, and " +
			"index builds wait.",
		Mend:   []Step{{Do: "bring its receiver back; if nobody needs it any more, drop it:"}, {SQL: "SELECT pg_drop_replication_slot(" + sqltext.Literal(s.Name) + ");", Takes: AtOnce}},
		Verify: "SELECT slot_name, active, wal_status, restart_lsn FROM pg_replication_slots;",
	}
	switch {
	case s.Status == "lost":
		f.Severity, f.Title = Critical, "Replication slot "+s.Name+" has lost WAL that its receiver needs"
		f.Means = "Its receiver cannot go on and must be set up anew; until then there is one copy less."
	case s.Status == "unreserved":
		f.Severity, f.Title = Critical, "Replication slot "+s.Name+" is about to lose WAL that its receiver needs"
	case s.XidAge > slotXidAge:
		f.Title = fmt.Sprintf("Replication slot %s holds vacuum back by %d transactions", s.Name, s.XidAge)
	case s.Retained > slotRetained:
		f.Title = fmt.Sprintf("Replication slot %s keeps %s of WAL", s.Name, size(s.Retained))
	case !s.Active && s.Retained < 0:
		f.Severity, f.Title = Note, "Replication slot "+s.Name+" was never used: it keeps no WAL yet"
		f.Means = "From its first use on it keeps WAL for its receiver, also while that is away."
	case !s.Active:
		f.Title = fmt.Sprintf("Replication slot %s is not in use: it keeps %s of WAL, and all that is still to come", s.Name, size(s.Retained))
	default:
		return f, false
	}
	if s.Active {
		f.Mend = []Step{{Do: "find out why its receiver is behind: network, its disk, a long transaction there"}}
	}
	return f, true
}

func (s Slot) words() string {
	use := "not in use"
	if s.Active {
		use = "in use"
	}
	kept := "keeps no WAL (no restart_lsn)"
	if s.Retained >= 0 {
		kept = "keeps " + size(s.Retained) + " of WAL"
	}
	xmin := "holds no xmin"
	if s.XidAge > 0 {
		xmin = fmt.Sprintf("xmin %s back", probes.Counted(int(s.XidAge), "transaction", "transactions"))
	}
	if s.Status != "" {
		kept += ", wal_status " + s.Status
	}
	return fmt.Sprintf("%s slot %s: %s, %s, %s", s.Kind, s.Name, use, kept, xmin)
}

// slotLimit says whether slots may fill the disk.
func slotLimit(r *Readings) []Finding {
	s, known := r.setting("max_slot_wal_keep_size")
	if !known || r.Slots == nil {
		return nil
	}
	if s.Raw != "-1" {
		return fine("replication.slot_limit", "A slot keeps at most "+s.Shown+" of WAL", s.String())
	}
	if len(r.Slots) == 0 {
		return fine("replication.slot_limit", "No replication slots", s.String())
	}
	return []Finding{{
		Check: "replication.slot_limit", Severity: Warning, Title: "A slot without a receiver may keep WAL until the disk is full",
		Read:  append([]string{s.String()}, probes.Counted(len(r.Slots), "slot", "slots")),
		Means: "A replica that is down over a weekend stops the primary. With a limit the slot is given up instead, and the replica is set up anew.",
		Mend: append(r.set("max_slot_wal_keep_size", "50GB"), Step{Do: "take well less than the free disk, and more than a replica's " +
			"longest break"}),
		Verify: "SHOW max_slot_wal_keep_size;",
	}}
}

// replicasHold says which standbys are far behind or hold vacuum back, and what hot_standby_feedback means on a standby.
func replicasHold(r *Readings) []Finding {
	if r.Server.InRecovery {
		return standbyFeedback(r)
	}
	var found []Finding
	following := 0 // those that say how far they have replayed; pg_basebackup and pg_receivewal do not
	for _, p := range r.Replicas {
		if p.Lag >= 0 {
			following++
		}
		behind := "how much is not replayed is not known"
		if p.Lag >= 0 {
			behind = size(p.Lag) + " not replayed"
		}
		saw := []string{fmt.Sprintf("%s: %s, %s, xmin %s back", p.Application, p.State, behind,
			probes.Counted(int(p.XidAge), "transaction", "transactions"))}
		switch {
		case p.XidAge > slotXidAge:
			found = append(found, Finding{
				Check: "replication.feedback", Severity: Warning,
				Title: fmt.Sprintf("Standby %s holds vacuum back by %d transactions", p.Application, p.XidAge), Read: saw,
				Means:  "With hot_standby_feedback a long query there keeps dead rows here and lets index builds wait.",
				Mend:   []Step{{Do: "end the long transaction on the standby"}},
				Verify: "SELECT application_name, backend_xmin FROM pg_stat_replication;",
			})
		case p.Lag > 1<<30:
			found = append(found, Finding{
				Check: "replication.lag", Severity: Warning, Title: fmt.Sprintf("Standby %s is %s behind", p.Application, size(p.Lag)), Read: saw,
				Means:  "A failover to it loses or delays that much; an index build makes it worse.",
				Mend:   []Step{{Do: "look at its disk, its network and long queries that hold its replay up"}},
				Verify: "SELECT application_name, replay_lag FROM pg_stat_replication;",
			})
		}
	}
	if found == nil && following > 0 {
		return fine("replication.lag", probes.Counted(following, "standby follows", "standbys follow")+" closely")
	}
	return found
}

func standbyFeedback(r *Readings) []Finding {
	s, known := r.setting("hot_standby_feedback")
	if !known {
		return nil
	}
	read := r.saw("hot_standby_feedback", "max_standby_streaming_delay")
	if s.Shown == "on" {
		return []Finding{{
			Check: "replication.feedback", Severity: Note, Title: "Long queries on this standby hold vacuum on the primary back", Read: read,
			Means:  "hot_standby_feedback is on: dead rows stay on the primary for as long as a query here may want them.",
			Mend:   []Step{{Do: "keep it, and end long queries here by a statement_timeout of the reporting role"}},
			Verify: "SHOW hot_standby_feedback;",
		}}
	}
	return []Finding{{
		Check: "replication.feedback", Severity: Note, Title: "Long queries on this standby may be cancelled", Read: read,
		Means: "Queries that want rows which the primary has cleaned up end with 40001 after max_standby_streaming_delay.",
		Mend:  append([]Step{{Do: "only where reports fail for it:"}}, r.set("hot_standby_feedback", "on")...), Verify: "SHOW hot_standby_feedback;",
	}}
}

// preparedOld is from how many seconds on a prepared transaction is forgotten.
const preparedOld = 3600

// preparedTransactions says which transactions were prepared and left.
func preparedTransactions(r *Readings) []Finding {
	if r.Prepared == nil {
		return nil
	}
	if len(r.Prepared) == 0 {
		return fine("replication.prepared", "No prepared transactions lie around", r.saw("max_prepared_transactions")...)
	}
	f := Finding{
		Check: "replication.prepared", Severity: Warning,
		Title: probes.Counted(len(r.Prepared), "prepared transaction waits", "prepared transactions wait") + " for its end",
		Means: "It holds its locks and its snapshot without a session, over restarts too: vacuum cleans nothing that died since, CREATE INDEX " +
			"CONCURRENTLY in its database waits without end, " +
			"and no session shows as the culprit.",
		Verify: "SELECT * FROM pg_prepared_xacts;",
	}
	for i, p := range r.Prepared {
		if p.Age >= preparedOld {
			f.Severity = Critical
		}
		if i < 5 {
			f.Read = append(f.Read, fmt.Sprintf("%s of %s in database %s, prepared %s ago", sqltext.Literal(p.GID), p.Owner, p.Database, age(p.Age)))
			f.Mend = append(f.Mend, Step{SQL: "ROLLBACK PREPARED " + sqltext.Literal(p.GID) + ";", Takes: AtOnce})
		}
	}
	f.Mend = append(f.Mend, Step{Do: "ask its transaction manager first whether to COMMIT PREPARED instead; send it in that database, as its " +
		"owner or a superuser"})
	return []Finding{f}
}

// archiving says whether WAL reaches the archive.
func archiving(r *Readings) []Finding {
	if r.Archiver == nil || r.value("archive_mode") == "" || r.is("archive_mode", "off") || r.Server.InRecovery {
		return nil
	}
	a := r.Archiver
	read := append(r.saw("archive_mode"), a.words()...)
	f := Finding{
		Check: "replication.archive", Severity: Critical, Read: read,
		Means:  "WAL stays until it is archived and fills the disk; a restore ends where the archive ends.",
		Verify: "SELECT * FROM pg_stat_archiver;",
	}
	switch {
	case a.Set != nil && !*a.Set:
		f.Title = "WAL is not archived: archive_mode is on, but nothing is set that archives"
		f.Mend = []Step{{Do: "set archive_command or, from version 15 on, archive_library", Takes: Reload},
			{Do: "or, where no archive is wanted, set archive_mode to off", Takes: Restart}}
	case a.Failing:
		f.Title = "WAL is not archived: the last attempt failed"
		f.Mend = []Step{{Do: "see the server's log for what archive_command or archive_library says"}}
	case a.ArchivedAge < 0:
		f.Severity, f.Title = Warning, "WAL was never archived, as far as the statistics go back"
		f.Mend = []Step{{SQL: "SELECT pg_switch_wal();", Do: "on a quiet server no file was full yet: this ends one", Takes: AtOnce},
			{Do: "then see that last_archived_wal moves, and the server's log where it does not"}}
	default:
		return fine(f.Check, "WAL is archived", read...)
	}
	return []Finding{f}
}

// words says what was read of the archiver.
func (a Archiver) words() []string {
	set := "whether archive_command or archive_library is set is not known"
	switch {
	case a.Set != nil && *a.Set:
		set = "archive_command or archive_library is set"
	case a.Set != nil:
		set = "archive_command and archive_library are empty"
	}
	last := "never archived"
	if a.ArchivedAge >= 0 {
		last = "last archived " + age(a.ArchivedAge) + " ago"
	}
	return []string{set, last + ", " + probes.Counted(int(a.Failed), "failure", "failures")}
}
