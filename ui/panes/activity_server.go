package panes

import (
	"fmt"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// What of replication is marked.
const (
	worryLag   = 30 * time.Second
	worryBytes = 1 << 30 // of WAL that is not replayed, or kept
)

// standby adds how far a standby is behind; a primary has nothing there.
func (p *activityPage) standby() {
	if !p.sample.Server.InRecovery {
		return
	}
	s := p.sample.Standby
	if s == nil {
		p.part("this standby", "standby", "", false)
		return
	}
	note, ink := "replays "+bytesOr(s.ReceivedNotReplayed)+" behind what it received; ", p.theme.Text
	if s.ReplayAge >= 0 {
		note += "the transaction replayed last is " + draw.Duration(s.ReplayAge) + " old"
	} else {
		note += "nothing replayed yet"
	}
	switch {
	case s.Paused:
		note, ink = note+"; replay is PAUSED", p.theme.Critical
	case !s.Receiving:
		note, ink = note+"; it receives nothing from a primary", p.theme.Warning
	}
	if dim := p.part("this standby", "standby", "", true); dim == p.theme.Secondary {
		ink = dim
	}
	p.labelled("", 2, note, ink)
}

// bytesOr is a size; Unknown where it is negative.
func bytesOr(n int64) string {
	if n < 0 {
		return draw.Unknown
	}
	return draw.Bytes(n)
}

// replicas adds who receives WAL.
func (p *activityPage) replicas() {
	ink := p.list("replicas", "replicas", len(p.sample.Replicas))
	g := newGrid(head{"pid", true}, head{"name", false}, head{"client", false}, head{"state", false}, head{"sync", false}, head{"behind", true}, head{"replays late", true},
		head{"keeps dead rows of", true})
	for _, r := range p.sample.Replicas {
		late, keeps, own := draw.Unknown, "", ink
		if r.ReplayLag > 0 {
			late = draw.Duration(r.ReplayLag)
		}
		if r.XminAge > 0 {
			keeps = draw.Counted(r.XminAge, "transaction", "transactions")
		}
		if r.ReplayLag >= worryLag || r.LagBytes >= worryBytes {
			own = p.theme.Warning
		}
		g.row(own, fmt.Sprint(r.PID), r.Application, r.Client, orWord(r.State, draw.Unknown), orWord(r.SyncState, draw.Unknown), bytesOr(r.LagBytes), late, keeps)
	}
	p.grid(g)
}

// slots adds the replication slots, which keep WAL and dead rows for a receiver that may be gone.
func (p *activityPage) slots() {
	ink := p.list("replication slots", "slots", len(p.sample.Slots))
	g := newGrid(head{"slot", false}, head{"kind", false}, head{"database", false}, head{"used", false}, head{"keeps WAL", true}, head{"status", false},
		head{"keeps dead rows of", true})
	for _, s := range p.sample.Slots {
		used, keeps, own := "yes", "", ink
		if !s.Active {
			used = "no"
		}
		if age := max(s.XminAge, s.CatalogXminAge); age > 0 {
			keeps = draw.Counted(age, "transaction", "transactions")
		}
		switch {
		case s.Status == "lost" || s.Status == "unreserved":
			own = p.theme.Critical
		case !s.Active || s.RetainedBytes >= worryBytes:
			own = p.theme.Warning
		}
		g.row(own, s.Name, s.Kind, s.Database, used, bytesOr(s.RetainedBytes), orWord(s.Status, draw.Unknown), keeps)
	}
	p.grid(g)
}

// databases adds what each database counted between two readings.
func (p *activityPage) databases() {
	until := p.window.ReadAt("databases")
	all := p.sample.Databases
	note := ""
	switch {
	case until.IsZero():
	case len(all) == 0:
		note = "nothing was counted between two readings"
	default:
		note = fmt.Sprintf("per second, over %s, pgmedic's own included; deadlocks and what follows: how many", draw.Duration(until.Sub(all[0].Since).Round(time.Second)))
	}
	ink := p.part("databases", "databases", note, len(all) > 0)
	g := newGrid(head{"database", false}, head{"commits", true}, head{"rollbacks", true}, head{"blocks from cache", true}, head{"blocks read", true}, head{"temp files", true},
		head{"deadlocks", true}, head{"conflicts", true}, head{"new sessions", true}, head{"lost", true}, head{"killed", true}, head{"", false})
	for _, d := range all {
		rate := func(n int64) string {
			if r, known := probes.PerSecond(n, d.Since, until); known {
				return draw.Number(r)
			}
			return draw.Unknown
		}
		hits, temp, note, own := draw.Unknown, draw.Unknown, "", ink
		if share, known := d.HitShare(); known {
			hits = draw.Percent(share)
		}
		if r, known := probes.PerSecond(d.TempBytes, d.Since, until); known {
			temp = draw.Bytes(int64(r))
		}
		if d.Reset {
			note = "counted anew since: too small"
		}
		if d.Deadlocks > 0 {
			own = p.theme.Warning
		}
		g.row(own, orWord(d.Database, "(shared)"), rate(d.Commits), rate(d.Rollbacks), hits, rate(d.BlocksRead), temp,
			countOr(d.Deadlocks), countOr(d.Conflicts), countOr(d.Sessions), countOr(d.Abandoned), countOr(d.Killed), note)
	}
	p.grid(g)
}

// countOr is a count; Unknown where it is negative.
func countOr(n int64) string {
	if n < 0 {
		return draw.Unknown
	}
	return draw.Count(n)
}

// writes adds checkpoints and the rate of WAL.
func (p *activityPage) writes() {
	w, until := p.sample.Writes, p.window.ReadAt("writes")
	if !w.Known || w.Since.IsZero() {
		note := ""
		if w.Known {
			note = "differences between two readings: the first has none"
		}
		p.part("checkpoints and WAL", "writes", note, false)
		return
	}
	wal := draw.Unknown
	if rate, known := probes.PerSecond(w.WALBytes, w.Since, until); known {
		wal = draw.Bytes(int64(rate)) + " a second"
	}
	what := "checkpoints"
	if p.sample.Server.InRecovery {
		what = "restartpoints"
	}
	ink := p.part("checkpoints and WAL", "writes", "over "+draw.Duration(until.Sub(w.Since).Round(time.Second)), true)
	text := fmt.Sprintf("WAL %s · %s: %d timed, %d requested · written %s buffers · writing %s, syncing %s", wal, what, w.Timed, w.Requested,
		draw.Count(w.Buffers), draw.Duration(w.WriteTime), draw.Duration(w.SyncTime))
	if w.Reset {
		text += " · counted anew since: too small"
	}
	if w.Requested > 0 {
		text += " · requested ones come as a rule because max_wal_size is reached"
	}
	p.labelled("", 2, text, ink)
}
