package watch

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
)

// build is a running index build, as it was seen last.
type build struct {
	seen  probes.IndexBuild
	began time.Time // when it was seen first
	phase time.Time // since when it has its phase, as seen
}

// lookAtBuilds tells index builds, whoever sends them: when one was seen first, each phase that ended, and when it is there no more.
func (w *Watcher) lookAtBuilds(s *probes.Sample) {
	if s.Builds == nil {
		return // not read
	}
	running := map[int32]*build{}
	for _, now := range s.Builds {
		b := w.builds[now.PID]
		switch {
		case b == nil || b.seen.Command != now.Command || b.seen.Relation != now.Relation:
			b = &build{seen: now, began: s.At, phase: s.At}
			w.tellBuild(s.At, b, "reached", fmt.Sprintf("%s runs: %s", buildName(now), shown(now.Phase)))
		case b.seen.Phase != now.Phase:
			w.tellBuild(s.At, b, "phase", fmt.Sprintf("%s: %s, after %s of %s", buildName(now), shown(now.Phase), span(s.At.Sub(b.phase)), shown(b.seen.Phase)))
			b.seen, b.phase = now, s.At
		default:
			b.seen = now
		}
		running[now.PID] = b
	}
	for pid, b := range w.builds {
		if running[pid] == nil {
			w.tellBuild(s.At, b, "left", fmt.Sprintf("%s is over, %s after it was first seen", buildName(b.seen), span(s.At.Sub(b.began))))
		}
	}
	w.builds = running
}

// buildName names a build: its index, where it has one, and its table.
func buildName(b probes.IndexBuild) string {
	name := b.Command
	if b.Index != "" {
		name += " " + b.Index
	}
	if b.Relation != "" {
		name += " on " + b.Relation
	}
	return fmt.Sprintf("%s (pid %d)", name, b.PID)
}

func (w *Watcher) tellBuild(at time.Time, b *build, direction, title string) {
	w.tell(record.Observed, at, title, map[string]string{
		"event": record.EventBuild, "direction": direction, "pid": strconv.Itoa(int(b.seen.PID)), "command": b.seen.Command, "index": b.seen.Index, "relation": b.seen.Relation,
		"phase": b.seen.Phase, "seconds": exact(at.Sub(b.began).Seconds()),
	})
}
