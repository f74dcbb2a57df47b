package report

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
)

// comparison is one parameter pattern's plans before and after the remedy; either may be nil.
type comparison struct {
	Pattern       string
	Before, After *record.StoredPlan
}

// comparisons pairs the plans by statement and pattern, worst first: the last plan before the build began with the last one after it
// ended. Without a remedy every plan stands alone on the left.
func (in *incident) comparisons() []comparison {
	remedy, remedied := in.remedy()
	byPattern := map[string]*comparison{}
	var names []string
	for i := range in.plans {
		p := &in.plans[i]
		name := in.patternOf(p.Plan)
		c := byPattern[name]
		if c == nil {
			c = &comparison{Pattern: name}
			byPattern[name] = c
			names = append(names, name)
		}
		switch at := p.Plan.Origin.TakenAt; {
		case !remedied || at.Before(remedy.started()):
			c.Before = better(c.Before, p)
		case !at.Before(remedy.ended()):
			c.After = better(c.After, p)
		}
	}
	sort.Strings(names)
	var list []comparison
	for _, name := range names {
		if c := byPattern[name]; c.Before != nil || c.After != nil {
			list = append(list, *c)
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].harm() > list[j].harm() })
	return list
}

// better prefers a plan with actual figures, then the newer one.
func better(old, new *record.StoredPlan) *record.StoredPlan {
	if old != nil && old.Plan.Origin.Analyzed && !new.Plan.Origin.Analyzed {
		return old
	}
	return new
}

// harm ranks comparisons: by the rows read before; estimated plans come last, by the rows that they expect.
func (c comparison) harm() float64 {
	if c.Before == nil {
		return -2
	}
	if rows, ok := c.Before.Plan.RowsRead(); ok {
		return rows
	}
	return -1 / (1 + c.Before.Plan.Root.TotalCost)
}

// patternOf names whom a plan was made for: the pattern's name, else the class of its values; with the statement, where the plans are of several.
func (in *incident) patternOf(p *plan.Plan) string {
	name := p.Origin.Pattern
	if name == "" {
		name = string(p.Origin.Class)
	}
	if slices.ContainsFunc(in.plans, func(other record.StoredPlan) bool { return !sameStatement(p.Origin, other.Plan.Origin) }) {
		name += ", query id " + queryName(p.Origin.QueryID)
	}
	return name
}

// unlike says why two plans' figures must not be divided by each other; empty: like is compared with like.
func (c comparison) unlike() string {
	switch {
	case c.Before == nil:
		return "no plan was taken before"
	case c.After == nil:
		return "no plan was taken after"
	}
	before, after := c.Before.Plan.Origin, c.After.Plan.Origin
	switch {
	case !sameStatement(before, after):
		return "another statement"
	case before.SystemIdentifier != after.SystemIdentifier || before.Database != after.Database:
		return "another server or database"
	case before.Analyzed != after.Analyzed:
		return "one with ANALYZE, one without"
	case before.Values == "" || after.Values == "":
		return "not known whether the parameter values are the same"
	case before.Values != after.Values:
		return "other parameter values"
	}
	return ""
}

// sameStatement goes by the server's query id; where one is not known, by the text.
func sameStatement(a, b plan.Origin) bool {
	if a.QueryID != 0 && b.QueryID != 0 {
		return a.QueryID == b.QueryID
	}
	return a.Statement == b.Statement
}

// addPlans takes every plan's figures, and the ratios of those that are alike.
func (l *ledger) addPlans(in *incident) {
	for _, c := range in.comparisons() {
		for _, p := range []*record.StoredPlan{c.Before, c.After} {
			if p != nil {
				l.addPlan(in, c.Pattern, p)
			}
		}
		if c.unlike() == "" {
			l.addRatios(in, c)
		}
	}
}

func (l *ledger) addPlan(in *incident, pattern string, p *record.StoredPlan) {
	at := p.Plan.Origin.TakenAt
	fact := func(kind string, value float64, unit, method string, status record.Status) {
		l.add(record.Fact{Kind: kind, Subject: pattern, Value: value, Unit: unit, N: 1, From: at, To: at, Method: method,
			Conditions: in.conditions(p.Plan), Source: p.ID, Status: status})
	}
	fact(kindCost, p.Plan.Root.TotalCost, unitCost, "EXPLAIN; total cost of the root", record.Estimated)
	rows, ok := p.Plan.RowsRead()
	if !ok {
		return
	}
	fact(kindRowsRead, rows, unitRows, "EXPLAIN ANALYZE; over all scans and loops: kept + removed by filter + removed by recheck", record.Measured)
	fact(kindTime, inMillis(p.Plan.ExecutionTime), unitMillis, "EXPLAIN ANALYZE; Execution Time", record.Measured)
	fact(kindBlocksHit, float64(p.Plan.Root.BlocksHit), unitBlocks, "EXPLAIN BUFFERS; shared hit", record.Measured)
	fact(kindBlocksRead, float64(p.Plan.Root.BlocksRead), unitBlocks, "EXPLAIN BUFFERS; shared read", record.Measured)
}

func inMillis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// conditions says under what a plan was made: its class, the cache, the load.
func (in *incident) conditions(p *plan.Plan) string {
	text := "values: " + string(p.Origin.Class)
	if p.Origin.Analyzed {
		text += ", " + cacheState(p)
	}
	if m, ok := in.momentAt(p.Origin.TakenAt); ok {
		text += ", " + counted(float64(m.Counts.Active), "active connections")
	}
	return text
}

// cached says whether an analysed plan found every block in shared buffers. What the system's own cache did is not known.
func cached(p *plan.Plan) bool { return p.Root.BlocksRead == 0 }

func cacheState(p *plan.Plan) string {
	if cached(p) {
		return "all blocks in shared buffers"
	}
	return fmt.Sprintf("%s of %s blocks not in shared buffers", number(float64(p.Root.BlocksRead)), number(float64(p.Root.BlocksRead+p.Root.BlocksHit)))
}

// momentAt returns the sample nearest before a time, where it is not older than a gap.
func (in *incident) momentAt(at time.Time) (moment, bool) {
	i := sort.Search(len(in.moments), func(i int) bool { return in.moments[i].At.After(at) })
	if i == 0 || at.Sub(in.moments[i-1].At) > in.gapLimit() {
		return moment{}, false
	}
	return in.moments[i-1], true
}

// timesUnlike says why two execution times must not be divided although the plans are alike; empty: they may.
func (in *incident) timesUnlike(c comparison) string {
	before, after := c.Before.Plan, c.After.Plan
	switch {
	case cached(before) != cached(after):
		return "one from shared buffers, one not"
	case in.spike.covers(before.Origin.TakenAt) != in.spike.covers(after.Origin.TakenAt):
		return "one in the spike, one outside"
	}
	return in.loadsUnlike(before.Origin.TakenAt, after.Origin.TakenAt)
}

// loadRatio is how far the active connections of two times may lie apart for their execution times to be divided.
const loadRatio = 2

// loadsUnlike says why the load at two times is not the same; empty: it is.
func (in *incident) loadsUnlike(before, after time.Time) string {
	then, ok := in.activeAround(before)
	now, again := in.activeAround(after)
	if !ok || !again {
		return "the load at one of them is not known"
	}
	if max(then.most, now.most) > loadRatio*max(min(then.least, now.least), 1) {
		return fmt.Sprintf("%s active connections then, %s afterwards", then, now)
	}
	return ""
}

// activeSpan is the least and the most active connections that the samples on both sides of a time saw.
type activeSpan struct{ least, most int }

func (a activeSpan) String() string {
	if a.least == a.most {
		return strconv.Itoa(a.least)
	}
	return fmt.Sprintf("%d to %d", a.least, a.most)
}

// activeAround looks at the samples before and after a time; where the record ends there, at the one before alone. A sample further away than a gap
// says nothing. False: there is none.
func (in *incident) activeAround(at time.Time) (activeSpan, bool) {
	before, ok := in.momentAt(at)
	if !ok {
		return activeSpan{}, false
	}
	span := activeSpan{before.Counts.Active, before.Counts.Active}
	i := sort.Search(len(in.moments), func(i int) bool { return in.moments[i].At.After(at) })
	if i < len(in.moments) && in.moments[i].At.Sub(at) <= in.gapLimit() {
		after := in.moments[i].Counts.Active
		span = activeSpan{min(span.least, after), max(span.most, after)}
	}
	return span, true
}

func (l *ledger) addRatios(in *incident, c comparison) {
	from, to := c.Before.Plan.Origin.TakenAt, c.After.Plan.Origin.TakenAt
	fact := func(kind string, value float64, method string) {
		l.add(record.Fact{Kind: kind, Subject: c.Pattern, Value: value, Unit: unitRatio, N: 1, From: from, To: to, Method: method,
			Conditions: "before: " + in.conditions(c.Before.Plan) + "; after: " + in.conditions(c.After.Plan),
			Source:     c.Before.ID + " " + c.After.ID})
	}
	before, ok := c.Before.Plan.RowsRead()
	after, alsoOk := c.After.Plan.RowsRead()
	if !ok || !alsoOk {
		return
	}
	fact(kindRowsRatio, before/max(after, 1), "rows read before ÷ max(after, 1)")
	if in.timesUnlike(c) == "" && c.After.Plan.ExecutionTime > 0 {
		fact(kindTimeRatio, float64(c.Before.Plan.ExecutionTime)/float64(c.After.Plan.ExecutionTime), "execution time before ÷ after")
	}
}
