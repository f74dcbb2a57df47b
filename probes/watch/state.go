package watch

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// lookAtSettings tells which settings are not as they were. What a server has at first is no change, and what one reading lacks was hidden.
func (w *Watcher) lookAtSettings(s *probes.Sample) {
	if s.Settings == nil {
		return
	}
	known := map[string]probes.Setting{}
	for _, now := range s.Settings {
		known[now.Name] = now
		before, had := w.settings[now.Name]
		if !had {
			continue
		}
		if before.Value != now.Value {
			w.tellSetting(s, before, now, fmt.Sprintf("setting changed: %s, %s → %s", now.Name, shown(before.Value), shown(now.Value)))
		}
		if now.PendingRestart && !before.PendingRestart {
			w.tellSetting(s, before, now, fmt.Sprintf("setting changed in the configuration: %s stays %s until the server restarts", now.Name, shown(now.Value)))
		}
	}
	w.settings = known
}

func (w *Watcher) tellSetting(s *probes.Sample, before, now probes.Setting, title string) {
	w.tell(record.Observed, s.At, title, map[string]string{
		"event": record.EventSetting, "name": now.Name, "before": before.Value, "after": now.Value, "source": now.Source,
		"pending_restart": strconv.FormatBool(now.PendingRestart),
	})
}

// settingRunes bounds a value in a title: a list of libraries may be long.
const settingRunes = 60

// shown is a setting's value in a title.
func shown(value string) string {
	if value == "" {
		return "empty"
	}
	if line := []rune(value); len(line) > settingRunes {
		return string(line[:settingRunes-1]) + "…"
	}
	return value
}

// lookAtDatabases tells the deadlocks that the server ended.
func (w *Watcher) lookAtDatabases(s *probes.Sample) {
	for _, d := range s.Databases {
		if d.Deadlocks <= 0 || d.Since.IsZero() {
			continue
		}
		n, noun := strconv.FormatInt(d.Deadlocks, 10), "deadlocks"
		if d.Deadlocks == 1 {
			noun = "deadlock"
		}
		w.tell(record.Observed, s.At, fmt.Sprintf("%s %s in database %s: the server cancelled one of the sessions of each", n, noun, d.Database),
			map[string]string{"event": record.EventDeadlock, "deadlocks": n, "database": d.Database})
	}
}

// resets are those of the statements' statistics.
type resets struct {
	told  time.Time // the last event; zero: none yet
	since int64     // that were not told
}

// resetEvery is how often resets are told at most: a job may reset the statistics all the time.
const resetEvery = time.Minute

// lookAtResets tells when the statistics of the statements were reset: the first time at once, and those that follow soon together.
func (w *Watcher) lookAtResets(s *probes.Sample) {
	r := &w.resets
	if s.Statements.Reset {
		r.since++
	}
	age := s.At.Sub(r.told)
	if r.since == 0 || !r.told.IsZero() && age >= 0 && age < resetEvery {
		return
	}
	title, n := "the statistics of the statements were reset", strconv.FormatInt(r.since, 10)
	if r.since > 1 {
		title += " " + n + " times"
		if age >= 0 { // else the server's clock was set back
			title += " in " + span(age)
		}
	}
	w.tell(record.Observed, s.At, title, map[string]string{"event": record.EventReset, "resets": n})
	w.resets = resets{told: s.At}
}

// lookAtSampling tells when the statements' figures begin to come from sampled activity alone, and when they are counted again.
func (w *Watcher) lookAtSampling(s *probes.Sample) {
	if s.Statements.Sampled == w.sampled || !s.Statements.Known && s.Statements.Sampled == "" {
		return // as before, or no answer this time
	}
	before := w.sampled
	w.sampled = s.Statements.Sampled
	data := map[string]string{"event": record.EventSampled, "direction": "reached", "reason": w.sampled}
	switch {
	case w.sampled == "":
		data["direction"] = "left"
		w.tell(record.System, s.At, "the statements are counted by pg_stat_statements again", data)
	case before == "":
		w.tell(record.System, s.At, "the statements are known from sampled activity alone: "+w.sampled, data)
	}
}
