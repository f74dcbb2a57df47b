package transaction

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// holdsBack says what the sessions' transactions hold back.
func (c scene) holdsBack(sessions []probes.Backend) playbooks.Reason {
	var words []string
	age, wrote := int64(0), false
	for _, b := range sessions {
		age, wrote = max(age, b.XidAge, b.XminAge), wrote || b.XidAge > 0
	}
	if age > 0 {
		words = append(words, keepsRows(age).Why)
	}
	for _, build := range c.sample.Builds {
		if slices.ContainsFunc(sessions, func(b probes.Backend) bool { return b.PID == build.CurrentLockerPID }) {
			words = append(words, fmt.Sprintf("%s of pid %d on %s, which is %s", build.Command, build.PID, build.Relation, build.Phase))
		}
	}
	if slots := logicalSlots(c.sample); wrote && len(slots) > 0 {
		words = append(words, "WAL for the logical replication "+strings.Join(slots, ", ")+
			": none can let go of what was written since the oldest transaction that wrote began")
	}
	if len(words) == 0 {
		words = append(words, "nothing that shows: it holds no snapshot and has written nothing; its locks may be in the way of others")
	}
	return playbooks.Reason{Part: "holds back", Why: strings.Join(words, "; ")}
}

// keepsRows says what a transaction that is so old holds back.
func keepsRows(age int64) playbooks.Reason {
	return playbooks.Reason{Part: "holds back", Why: "VACUUM: it keeps the rows that died in the last " + transactions(age)}
}

// logicalSlots words the slots that decode, with what each keeps.
func logicalSlots(s *probes.Sample) []string {
	var slots []string
	for _, slot := range s.Slots {
		if slot.Kind == "logical" && slot.RetainedBytes > 0 {
			slots = append(slots, fmt.Sprintf("slot %s (%.1f MB kept)", slot.Name, float64(slot.RetainedBytes)/(1<<20)))
		}
	}
	return slots
}

// warnOfOthers adds to each draft what else holds VACUUM back: ending these alone does not help it.
func (c scene) warnOfOthers(drafts []*playbooks.Draft) {
	h := c.long.holder
	if h == nil || h.Kind == probes.XminSession || h.Kind == probes.XminPrepared {
		return
	}
	for _, d := range drafts {
		d.Warnings = append(d.Warnings, fmt.Sprintf("VACUUM stays held back by %s, %s; %s", holderName(*h), transactions(h.Age), c.remedy(*h)))
	}
}

// none is the answer where nothing can be drafted: what holds VACUUM back is none of what pgmedic ends.
func (c scene) none() *playbooks.NoDraft {
	h := c.long.holder
	if h == nil {
		return &playbooks.NoDraft{Reason: "no transaction is open for long any more"}
	}
	reason := fmt.Sprintf("%s holds VACUUM back by %s, and pgmedic does not end that", holderName(*h), transactions(h.Age))
	return &playbooks.NoDraft{Reason: reason, Instead: c.remedy(*h)}
}

// remedy says what ends a holder that pgmedic leaves alone, and why it does.
func (c scene) remedy(h probes.XminHolder) string {
	switch h.Kind {
	case probes.XminSlot:
		state := "nobody uses it now"
		if slices.ContainsFunc(c.sample.Slots, func(s probes.Slot) bool { return s.Name == h.Name && s.Active }) {
			state = "its consumer is connected: see why it does not confirm what it got"
		}
		return fmt.Sprintf("%s; SELECT pg_drop_replication_slot(%s) lets go of it, and its consumer then has to be set up anew, "+
			"which is why pgmedic does not send it", state, sqltext.Literal(h.Name))
	case probes.XminReplica:
		return "on that replica a query or a transaction is open (hot_standby_feedback is on there): end it there; pgmedic is not connected to it"
	case probes.XminPrepared:
		return "it was prepared a moment ago: let its coordinator end it"
	}
	return "it is no client's session, or pgmedic may not see what it does"
}
