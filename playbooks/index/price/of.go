package price

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// Of prices a candidate for a statement whose plan is known: its size, what one run reads through it, and the statement's cost as the planner would say.
func Of(ctx context.Context, count Count, before *plan.Plan, need candidate.Need, c candidate.Candidate) (Price, error) {
	whole := newHeap(ctx, count, need)
	price := Price{Class: before.Origin.Class, Candidate: c, Cost: before.Root.TotalCost, Sure: before.Root.TotalCost}
	for _, x := range indexesOf(c) {
		e := whole.built(x)
		price.Entries += e.entries
		price.Bytes += e.pages * pageSize(need.Table)
		price.Build += BuildTime(need.Table, x, e.entries, e.pages*pageSize(need.Table))
	}
	now, err := Now(ctx, count, before, need)
	if err != nil {
		return Price{}, err
	}
	price.RowsRead = now
	if slices.ContainsFunc(indexesOf(c), whole.misleads) || len(lookups(need)) == 1 && newAbove(need, before, false).isSearched(before.Root) {
		return price, whole.err
	}
	for _, lookup := range lookups(need) {
		for _, way := range []wayTo{byRow, byBitmap} {
			whole.consider(&price, before, c, lookup, way)
		}
	}
	return price, whole.err
}

// wayTo is how the heap's rows are fetched.
type wayTo int

const (
	byRow wayTo = iota
	byBitmap
)

// lookups says whether the scan could run once for each row of a join's other side, besides running once.
func lookups(need candidate.Need) []bool {
	if slices.ContainsFunc(need.Conditions, func(c plan.Condition) bool { return c.Join }) {
		return []bool{false, true}
	}
	return []bool{false}
}

func indexesOf(c candidate.Candidate) []shape.Index {
	return append([]shape.Index{c.Index}, c.More...)
}

// consider prices the statement with one way through the index, and keeps it where it is the cheapest so far.
func (h *heap) consider(price *Price, before *plan.Plan, c candidate.Candidate, lookup bool, way wayTo) {
	a := newAbove(h.need, before, lookup)
	if lookup && !a.called && a.joins == nil {
		return
	}
	conditions := h.usable(lookup)
	paths := map[*heap]path{}
	for i, part := range h.parts() {
		p, known := paths[part]
		if !known {
			var ok bool
			p, ok = part.path(c, conditions, a.loops(), way)
			if h.err = part.err; !ok || h.err != nil {
				return
			}
			paths[part] = p
		}
		p = part.orScan(p, h.need.Scans[i])
		a.paths[h.need.Scans[i]] = part.withAside(p, h.need.Scans[i], processesOf(before.Root, h.need.Scans[i]))
	}
	a.perLookup = h.perLookup()
	for _, a.serial = range []bool{true, false} {
		if !a.serial && !a.divides() {
			continue // a parallel scan of the index itself is not reckoned with
		}
		a.sure = false
		total := a.statement(before)
		if h.err != nil || total >= price.Cost {
			continue
		}
		price.Cost, price.RowsRead, price.Reading = total, h.read(a, before), total-a.unread().statement(before)
		a.sure = true
		price.Sure = a.statement(before)
	}
}

// perLookup is how many rows one lookup yields in the mean; less than one where most find nothing.
func (h *heap) perLookup() float64 {
	if !slices.ContainsFunc(h.need.Conditions, func(c plan.Condition) bool { return c.Join }) {
		return 1
	}
	var own, join []plan.Condition
	for _, c := range h.need.Conditions {
		if c.Join {
			join = append(join, c)
		} else {
			own = append(own, c)
		}
	}
	return h.meeting(own...) * h.meeting(join...) / h.rows
}

// usable are the conditions that a scan can check by itself; a lookup has the other side's values.
func (h *heap) usable(lookup bool) []plan.Condition {
	isOther := func(c plan.Condition) bool { return c.Join && !lookup }
	if !slices.ContainsFunc(h.need.Conditions, isOther) {
		return slices.Clip(h.need.Conditions)
	}
	return slices.DeleteFunc(slices.Clone(h.need.Conditions), isOther)
}

// extentOf is the extent of an index on this heap.
func (h *heap) extentOf(x shape.Index) extent {
	return extentOf(x, h.table, h.rows, h.pages, h.meeting(predicate(x, h.need)...))
}

// path is one way through a candidate's indexes to the rows that meet the conditions. A lookup uses at least one condition of its join.
func (h *heap) path(c candidate.Candidate, conditions []plan.Condition, times float64, way wayTo) (path, bool) {
	searches := h.searches(c, conditions, times)
	if slices.ContainsFunc(conditions, func(c plan.Condition) bool { return c.Join }) && !slices.ContainsFunc(searches, func(s search) bool {
		return slices.ContainsFunc(s.inside, func(c plan.Condition) bool { return c.Join })
	}) {
		return path{}, false
	}
	switch {
	case len(searches) == 0:
		return path{}, false
	case way == byBitmap:
		if !h.costs.BitmapScans {
			return path{}, false
		}
		if len(searches) == 1 && len(searches[0].inside) == 0 {
			return path{}, false
		}
		checked := without(conditions, implied(c.Index, conditions))
		return h.bitmap(searches, checked, h.meeting(conditions...)), true
	case len(searches) > 1 || c.Index.Method == "gin" || c.Index.Method == "brin":
		return path{}, false
	}
	p := h.plain(searches[0])
	p.rows = h.meeting(conditions...)
	return p, true
}

// searches finds how the candidate is searched: by its one index, or by one index for each arm of an OR, its own or one that the table has.
func (h *heap) searches(c candidate.Candidate, conditions []plan.Condition, times float64) []search {
	if len(c.More) == 0 && shape.Implied(c.Index.Where, h.need.Conditions) { // the join's own say too that a column is not NULL
		s, ok := h.pick(c.Index, h.extentOf(c.Index), conditions)
		if ok || !isForArms(c) && (c.Ordered || len(c.Index.Where) > 0 || h.covers(c.Index, conditions)) {
			s.times, s.ordered, s.only = times, c.Ordered, h.covers(c.Index, conditions)
			return []search{s}
		}
	}
	i := slices.IndexFunc(conditions, func(c plan.Condition) bool { return c.Kind == plan.Disjunction })
	if i < 0 {
		return nil
	}
	outside := slices.Delete(slices.Clone(conditions), i, i+1)
	own := indexesOf(c)
	all := append(slices.Clone(own), h.there()...)
	isOwn := false
	var searches []search
	for _, arm := range conditions[i].Arms {
		s, at := h.arm(all, slices.Concat(arm, outside), arm)
		if at < 0 {
			return nil
		}
		isOwn = isOwn || at < len(own)
		s.times = times
		searches = append(searches, s)
	}
	if !isOwn {
		return nil
	}
	return searches
}

// isForArms says whether a candidate's index is to be searched once for each arm of an OR.
func isForArms(c candidate.Candidate) bool {
	return slices.ContainsFunc(c.Uses, func(u candidate.Use) bool { return u.Condition != nil && u.Condition.Kind == plan.Disjunction })
}

// there are the indexes that the table has.
func (h *heap) there() []shape.Index {
	var all []shape.Index
	for _, x := range h.need.Table.Indexes {
		if x.Valid && x.Known {
			all = append(all, x.Shape)
		}
	}
	return all
}

// arm is the best search for one arm of an OR, and by which of the indexes: the one that yields the fewest rows, the first of those that yield as few. -1: none serves it.
func (h *heap) arm(indexes []shape.Index, conditions, arm []plan.Condition) (best search, at int) {
	fewest, at := math.Inf(1), -1
	for i, x := range indexes {
		if !shape.Implied(x.Where, conditions) {
			continue
		}
		s, _ := h.pick(x, h.extentOf(x), conditions)
		if !slices.ContainsFunc(s.kept, func(c plan.Condition) bool { return has(arm, c) }) || len(s.inside) == len(added(x, h.need)) {
			continue
		}
		if rows := h.meeting(s.inside...); rows < fewest {
			best, at, fewest = s, i, rows
		}
	}
	return best, at
}

// covers says whether the index holds every column that the scan reads, so that all-visible pages of the table need not be read.
func (h *heap) covers(x shape.Index, conditions []plan.Condition) bool {
	loses := func(k shape.Key) bool { return !returns(x.Method, k, h.table) }
	if !h.costs.IndexOnlyScans || slices.ContainsFunc(x.Keys, loses) {
		return false
	}
	var held []string
	for _, k := range x.Keys {
		held = append(held, k.Column)
	}
	held = append(held, x.Include...)
	read := slices.Clone(h.need.Output)
	for _, c := range without(conditions, implied(x, conditions)) {
		read = append(read, columnsOf(c)...)
	}
	return !slices.ContainsFunc(read, func(column string) bool { return !slices.Contains(held, column) })
}

// returns says whether an index gives a key's value back: GiST keeps points, boxes, addresses and ranges as they are.
func returns(method string, k shape.Key, t *table.Table) bool {
	c := t.Columns[k.Column]
	kept := slices.Contains([]string{"point", "box", "inet", "cidr"}, c.TypeName) || isRange(c) && !strings.HasSuffix(c.TypeName, "multirange")
	return method == "" || method == "btree" || method == "gist" && k.Column != "" && kept
}

func columnsOf(c plan.Condition) []string {
	names := slices.Clone(c.Columns)
	if c.Column != "" {
		names = append(names, c.Column)
	}
	for _, arm := range c.Arms {
		for _, inner := range arm {
			names = append(names, columnsOf(inner)...)
		}
	}
	return names
}

func without(conditions, known []plan.Condition) []plan.Condition {
	if len(known) == 0 {
		return conditions
	}
	var rest []plan.Condition
	for _, c := range conditions {
		if !has(known, c) {
			rest = append(rest, c)
		}
	}
	return rest
}

// read is what one run of the statement reads. What stands above may end a scan of rows one by one early: where some are left out after the index, once enough of the
// others were met, as if they were evenly mixed; where that is only a hope, it reads all.
func (h *heap) read(a *above, before *plan.Plan) float64 {
	enough, _ := wanted(before.Root, h.need.Scans[0], 0, func(sort *plan.Node) bool { return a.inOrder(a.child(sort)) })
	if a.joins != nil && endsAtFirst(a.joins) {
		enough = 1
	}
	met := h.meeting(h.usable(a.lookup)...)
	var sum float64
	for _, p := range a.paths {
		wants := enough
		if wants == 0 && p.ordered {
			wants = h.need.Limit
		}
		if p.stops && wants > 0 && !p.hoped && !a.mustSort(p) {
			p.read = max(p.read*min(wants/met, 1), 1)
		}
		sum += p.read
	}
	if a.lookup {
		sum *= max(h.need.Lookups, 1)
	}
	if recurs(before.Root, h.need.Scans[0]) {
		sum *= rounds
	}
	return math.Round(sum)
}
