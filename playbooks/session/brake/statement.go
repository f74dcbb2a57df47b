package brake

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// statementSteps are the time limits that are proposed, the shortest first.
var statementSteps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute,
	5 * time.Minute, 10 * time.Minute,
}

// proposeStatement drafts a statement_timeout in a database, or in all (none), by what the role's calls support. Else it says why there is none;
// empty: nothing need be said.
func (g *ground) proposeStatement(database object) (*playbooks.Draft, string) {
	if database.oid == 0 && !g.elsewhere() {
		return nil, ""
	}
	limit, why, ok := g.chooseStatement(database)
	if !ok {
		if database.oid == 0 {
			return nil, ""
		}
		return nil, statementTimeout + ": " + why
	}
	d, err := g.draftStatement(database, limit, why)
	if err != nil {
		return nil, statementTimeout + ": " + err.Error()
	}
	return d, ""
}

// chooseStatement is the shortest limit that fails at most 1 % of the role's calls, and of the statement's own where enough of them ended: of the
// calm time's, else of all since the statistics were reset. why says what it stands on, or why there is none.
func (g *ground) chooseStatement(database object) (limit time.Duration, why string, ok bool) {
	e, why := g.evidence(database)
	if why != "" {
		return 0, why, false
	}
	own, whose := true, "the role's calls and of the statement's own"
	if e.ownEnded < enoughOwn {
		own, whose = false, fmt.Sprintf("the role's calls (%d of the statement's own ended, too few to tell)", e.ownEnded)
	}
	id, last := g.finding.Statement.QueryID, statementSteps[len(statementSteps)-1]
	for _, step := range statementSteps {
		if all := e.hit(step, 0); tolerable(all) && (!own || tolerable(e.hit(step, id))) {
			return step, fmt.Sprintf("the shortest of %s to %s that would have failed at most 1 %% of %s: %s of the role's %s", shown(statementSteps[0]),
				shown(last), whose,
				shareOf(all), e.basis), true
		}
	}
	return 0, fmt.Sprintf("none up to %s is supported by how long calls take: it would have failed %s of the role's, %s of the statement's own, %s",
		shown(last), shareOf(e.hit(last, 0)), shareOf(e.hit(last, id)), e.basis), false
}

// evidence is what a limit is chosen by.
type evidence struct {
	basis    string // for a person
	hit      func(limit time.Duration, queryID int64) probes.Hit
	ownEnded int64 // calls of the statement itself
}

// evidence takes the calm time where enough calls ended in it, else all since the statistics were reset; why says why neither will do.
func (g *ground) evidence(database object) (e evidence, why string) {
	id := g.finding.Statement.QueryID
	calm := g.seen.EndedOf(probes.Part{Calm: true, DatabaseOID: database.oid}, g.isControl)
	if calm >= enoughCalls {
		e.basis, e.ownEnded = g.calmFor(), g.seen.EndedOf(probes.Part{Calm: true, DatabaseOID: database.oid, QueryID: id}, g.isControl)
		e.hit = func(limit time.Duration, queryID int64) probes.Hit { return g.hit(limit, true, database, queryID) }
		return e, ""
	}
	if !g.seen.Counted && !g.history.known {
		return e, "how many calls there are is not known: pg_stat_statements does not count them here"
	}
	e.basis = "since the statistics were reset" + g.resetAt()
	e.hit = func(limit time.Duration, queryID int64) probes.Hit { return g.ever(limit, database, queryID) }
	e.ownEnded = e.hit(mostLimit, id).Of
	if ever := e.hit(mostLimit, 0).Of; ever < enoughCalls {
		return e, fmt.Sprintf("too few calls of the role are known to tell 1 %% of them: %d %s, %d since the statistics were reset", calm, g.calmFor(),
			ever)
	}
	return e, ""
}

// resetAt says when the statistics were reset, where that is known.
func (g *ground) resetAt() string {
	if g.history.since.IsZero() {
		return ""
	}
	return fmt.Sprintf(" %s ago", probes.Span(max(g.state.at.Sub(g.history.since), 0)))
}

// draftStatement drafts a statement_timeout. why says where the value comes from.
func (g *ground) draftStatement(database object, limit time.Duration, why string) (*playbooks.Draft, error) {
	c := change{limits: statementTimeout, role: g.state.role, database: database, to: written(limit)}
	if err := g.narrows(c, limit); err != nil {
		return nil, err
	}
	keep := g.here
	if database.oid == 0 {
		keep = g.ofRole
	}
	d := g.newDraft(c, keep)
	d.For = "ends calls that last longer, in this database"
	if database.oid == 0 {
		d.For = "ends calls that last longer, in all databases"
	}
	d.Reasons = append([]playbooks.Reason{{Part: "value", Why: why}}, g.statementReasons(database, limit)...)
	d.Prices = g.statementPrices(c, limit)
	d.Warnings = append(g.statementWarnings(database, limit), d.Warnings...)
	d.Adjust = g.adjust(limit, func(now *ground, typed time.Duration) (*playbooks.Draft, error) {
		return now.draftStatement(database, typed, asTyped)
	})
	return d, nil
}

// asTyped is where a value comes from that a person typed.
const asTyped = "as typed"

// adjust lets a person type a time limit, with which it is drafted on what is there then.
func (g *ground) adjust(limit time.Duration, anew func(now *ground, typed time.Duration) (*playbooks.Draft, error)) *playbooks.Adjust {
	draft := func(ctx context.Context, ask *live.Asker, typed string) (*playbooks.Draft, error) {
		limit, err := typedLimit(typed)
		if err != nil {
			return nil, err
		}
		now, err := look(ctx, ask, g.finding)
		if err != nil {
			return nil, err
		}
		return anew(now, limit)
	}
	return &playbooks.Adjust{What: "its value", Value: shown(limit), Draft: draft}
}

// narrows says why a time limit is none: one that holds already is as short or shorter.
func (g *ground) narrows(c change, limit time.Duration) error {
	value, from := g.inherited(c)
	if now, isTime := parsed(value); isTime && now > 0 && now <= limit {
		return fmt.Errorf("%s = %s is in force already for %s: %s would not be shorter", c.limits, shown(now), from, shown(limit))
	}
	return g.lengthens(c, limit)
}

// lengthens says where a limit of the role in all databases would let go: it counts before what a database sets for all roles.
func (g *ground) lengthens(c change, limit time.Duration) error {
	if c.database.oid != 0 {
		return nil
	}
	for _, e := range g.state.ownEntries {
		if e.name != c.limits || e.role != 0 || e.database == 0 || g.state.own(c.limits, c.role.oid, e.database) != "" {
			continue
		}
		if now, isTime := parsed(e.value); isTime && now > 0 && now < limit {
			return fmt.Errorf("%s = %s is in force already for database %s: %s for the role in all databases would lengthen it there", c.limits, shown(now),
				sqltext.CleanLine(sqltext.Ident(e.databaseName)), shown(limit))
		}
	}
	return nil
}

// statementReasons say what the statement's own calls took.
func (g *ground) statementReasons(database object, limit time.Duration) []playbooks.Reason {
	id := g.finding.Statement.QueryID
	var reasons []playbooks.Reason
	if c, ok := g.history.of(g.seen.DatabaseOID, id); ok {
		reasons = append(reasons, playbooks.Reason{Part: "its calls",
			Why: fmt.Sprintf("of %d since the statistics were reset%s the mean is %s, the deviation %s, the longest %s",
				c.calls, g.resetAt(), milliseconds(c.mean), milliseconds(c.dev), c.longest())})
	}
	for _, calm := range []bool{true, false} {
		if calm && g.seen.CalmSpan == 0 || !calm && g.seen.Onset.IsZero() {
			continue
		}
		reasons = append(reasons, playbooks.Reason{Part: "statement", Why: fmt.Sprintf("of its own calls it would have failed %s %s",
			shareOf(g.hit(limit, calm, database, id)), g.when(calm))})
	}
	if database.oid != 0 {
		reasons = append(reasons, playbooks.Reason{Part: "scope", Why: "in this database only: elsewhere the role keeps what it has"})
	}
	return reasons
}

// longest words how long the longest call took.
func (c counted) longest() string {
	if c.partial {
		return "of a part of that time " + milliseconds(c.max)
	}
	return milliseconds(c.max)
}

func milliseconds(ms float64) string {
	return probes.Span(time.Duration(ms * float64(time.Millisecond)).Round(10 * time.Microsecond))
}

// when says which time is meant.
func (g *ground) when(calm bool) string {
	if calm {
		return g.calmFor()
	}
	from := g.seen.Onset
	if from.Before(g.seen.From) {
		from = g.seen.From
	}
	return "in the incident, of which the last " + probes.Span(max(g.seen.Until.Sub(from), 0).Round(time.Second)) + " are known"
}

// statementPrices are what it costs the role's calls.
func (g *ground) statementPrices(c change, limit time.Duration) []playbooks.Price {
	prices := []playbooks.Price{g.valuePrice(c, limit)}
	for _, calm := range []bool{true, false} {
		if calm && g.seen.CalmSpan == 0 || !calm && g.seen.Onset.IsZero() {
			continue
		}
		name := "in calm"
		if !calm {
			name = "incident"
		}
		prices = append(prices, playbooks.Price{Name: name, Value: shareOf(g.hit(limit, calm, c.database, 0)),
			How: "of the role's calls it would have failed, seen " + g.when(calm)})
	}
	if g.history.known {
		prices = append(prices, playbooks.Price{Name: "ever", Value: shareOf(g.ever(limit, c.database, 0)),
			How: "of the role's calls since the statistics were reset" + g.resetAt() + ", bounded by their mean, deviation and longest"})
	}
	return prices
}

// statementWarnings say whom it hits.
func (g *ground) statementWarnings(database object, limit time.Duration) []string {
	var warnings []string
	if h := g.hit(limit, false, database, 0); !tolerable(h) {
		warnings = append(warnings, fmt.Sprintf("%s would have failed %s of the role's calls %s: each client gets error 57014", shown(limit),
			shareOf(h), g.when(false)))
	}
	if h := g.hit(limit, true, database, 0); !tolerable(h) {
		warnings = append(warnings, fmt.Sprintf("even %s it would have failed %s of the role's calls", g.calmFor(), shareOf(h)))
	}
	if h := g.hit(limit, true, database, g.finding.Statement.QueryID); h.Surely > 0 && !tolerable(h) {
		warnings = append(warnings, fmt.Sprintf("of the statement's own calls it would have failed %s %s", shareOf(h), g.calmFor()))
	}
	warnings = append(warnings, g.alsoHit(database, limit)...)
	return append(warnings,
		"calls that it ends are not counted by pg_stat_statements: the figures afterwards look better than what clients get; look at their errors too")
}

// mostNamed is how many other statements are named.
const mostNamed = 5

// alsoHit names the role's other statements of which calls lasted so long, those with the most such calls first.
func (g *ground) alsoHit(database object, limit time.Duration) []string {
	type victim struct {
		id    int64
		hits  int64
		words string
	}
	var victims []victim
	for _, id := range g.others(database, limit) {
		calm, incident := g.hit(limit, true, database, id), g.hit(limit, false, database, id)
		ever := g.ever(limit, database, id)
		switch {
		case calm.Surely+incident.Surely > 0:
			seen := probes.Hit{Surely: calm.Surely + incident.Surely, AtMost: calm.Surely + incident.Surely, Of: calm.Of + incident.Of}
			victims = append(victims, victim{id, seen.Surely, shareOf(seen) + " as seen"})
		case ever.Surely > 0:
			victims = append(victims, victim{id, 0, "its longest call since the statistics were reset took " + milliseconds(g.longest(database, id))})
		}
	}
	slices.SortStableFunc(victims, func(a, b victim) int { return int(b.hits - a.hits) })
	var words []string
	for i, v := range victims {
		if i == mostNamed {
			words = append(words, fmt.Sprintf("it also hits %d more of the role's statements", len(victims)-mostNamed))
			break
		}
		words = append(words, fmt.Sprintf("it also hits %s: %s", g.name(v.id), v.words))
	}
	return words
}

func (g *ground) longest(database object, id int64) float64 {
	longest := 0.0
	for _, c := range g.history.entries {
		if c.queryID == id && (database.oid == 0 || c.database == database.oid) {
			longest = max(longest, c.max)
		}
	}
	return longest
}
