package brake

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// hit says how many calls a limit would have failed, in a database or in all (none), of one statement or of all (0). Of the calls that the samples
// may have missed no more took so long than the statistics allow for, where those are older than the samples.
func (g *ground) hit(limit time.Duration, calm bool, database object, queryID int64) probes.Hit {
	of := probes.Part{Calm: calm, DatabaseOID: database.oid, QueryID: queryID}
	h := g.seen.Hit(limit, of, g.isControl)
	if g.history.known && !g.history.since.IsZero() && g.history.since.Before(g.seen.From) {
		h.Unseen = min(h.Unseen, g.ever(limit, database, queryID).AtMost)
	}
	h.AtMost, h.Unseen = h.AtMost+h.Unseen, 0
	return h
}

// ever says the same of all calls since the statistics were reset.
func (g *ground) ever(limit time.Duration, database object, queryID int64) probes.Hit {
	return g.history.hit(limit, probes.Part{DatabaseOID: database.oid, QueryID: queryID}, g.isControl)
}

// How many calls are enough to tell 1 % of a role's, and whether those of one statement last so long.
const (
	enoughCalls = 100
	enoughOwn   = 20
)

// tolerable says whether a limit that fails so many calls is one that a distribution supports: at most 1 % of them.
func tolerable(h probes.Hit) bool { return h.AtMost*100 <= h.Of }

// shareOf words how many calls a limit fails: "none of 1204", "214 of 345 (62 %)", "at most 3 of 1204 (0.2 %)", "214 to 220 of 345 (62 to 64 %)".
func shareOf(h probes.Hit) string {
	switch {
	case h.Of == 0 && h.AtMost == 0:
		return "no call was seen"
	case h.Of == 0:
		return probes.Counted(int(h.Surely), "call", "calls") + " seen; of how many is not known"
	case h.AtMost == 0:
		return fmt.Sprintf("none of %d", h.Of)
	case h.Surely == h.AtMost:
		return fmt.Sprintf("%d of %d (%s %%)", h.Surely, h.Of, percent(h.Surely, h.Of))
	case h.Surely == 0:
		return fmt.Sprintf("at most %d of %d (%s %%)", h.AtMost, h.Of, percent(h.AtMost, h.Of))
	}
	return fmt.Sprintf("%d to %d of %d (%s to %s %%)", h.Surely, h.AtMost, h.Of, percent(h.Surely, h.Of), percent(h.AtMost, h.Of))
}

// percent is a share with one decimal below 10.
func percent(n, of int64) string {
	p := 100 * float64(n) / float64(of)
	switch {
	case p < 0.1:
		return "<0.1"
	case p < 10:
		return strconv.FormatFloat(p, 'f', 1, 64)
	}
	return strconv.FormatFloat(p, 'f', 0, 64)
}
