package judge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/apply"
	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// member is one of several candidates that help a statement only together: each for another scan.
type member struct {
	judged
	priced
	view  int
	saved float64 // of the statement's cost
	left  float64 // the share of its own cost that another member leaves: it runs once for each row that the other one reads; 0: all
}

// team are members that are built together; two of them may need the same index.
type team []member

func (t team) candidates() []priced {
	var all []priced
	for _, m := range t {
		all = append(all, m.priced)
	}
	return all
}

// reading is what the searches of all members cost: the statement costs no less.
func (t team) reading() float64 {
	sum := 0.0
	for _, m := range t {
		sum += m.inAll(m.prices[m.view].Reading)
	}
	return sum
}

// builds says whether the members have the candidate's index.
func (t team) builds(c candidate.Candidate) bool {
	return len(c.More) == 0 && slices.ContainsFunc(t, func(m member) bool { return m.candidate.Index.Definition() == c.Index.Definition() })
}

// nest reckons with less that members save which run in a subquery for each row of another one: that one leaves fewer rows to run for.
func (t team) nest() {
	for i := range t {
		m := &t[i]
		for _, other := range t {
			now := other.plan().Root.TotalCost
			if m.times > 0 || other.times > 0 || !filters(other.views[other.view].need.Scans[0], m.views[m.view].need.Scans[0]) {
				continue
			}
			m.left = max(other.prices[other.view].Cost/now, 1e-9)
			m.saved = m.less(m.prices[m.view].Sure)
		}
	}
}

// filters says whether the filter of a scan asks a subquery that holds the other one.
func filters(scan, other *plan.Node) bool {
	return slices.ContainsFunc(scan.Children, func(c *plan.Node) bool {
		return c.Relationship == "SubPlan" && scan.Filters(c) && (c == other || pathTo(c, other) != nil)
	})
}

// together finds candidates of several scans that are worth building together under a plan: what each saves adds up, as each leaves the other scans what they are. Of
// those whose absence would not double what is left, none stays but with an index that another one has too. Fewer than two are no team.
func together(all []judged, p *plan.Plan) (found team, now, after float64) {
	now, after = p.Root.TotalCost, price.Serial(p)
	for i, j := range all {
		m, ok := j.member(i, p)
		if !ok || slices.ContainsFunc(found, m.excludes) {
			continue
		}
		found = append(found, m)
		if j.times > 0 {
			now += m.plan().Root.TotalCost * j.runs()
			after += m.plan().Root.TotalCost * j.runs()
		}
	}
	found.nest()
	slices.SortFunc(found, func(a, b member) int { return cmp.Compare(b.saved, a.saved) })
	for _, m := range found {
		after -= m.saved
	}
	after = max(after, found.reading())
	for len(found) > 1 {
		last := found[len(found)-1]
		if last.saved >= after*(1/halving-1) || found[:len(found)-1].builds(last.candidate) {
			break
		}
		after += last.saved
		found = found[:len(found)-1]
	}
	if len(found) < 2 || after > halving*now {
		return nil, now, now
	}
	return found, now, after
}

// member is the best candidate of a need, if it saves something under the plan; a foreign key's lookups have a plan of their own.
func (j judged) member(need int, p *plan.Plan) (member, bool) {
	k := slices.IndexFunc(j.views, func(v view) bool { return v.plan == p || j.times > 0 })
	if k < 0 {
		return member{}, false
	}
	now := j.views[k].plan.Root.TotalCost
	saving := slices.DeleteFunc(slices.Clone(j.candidates), func(c priced) bool {
		saved := now - c.prices[k].Sure
		return isBeside(c) || saved <= 0 || j.isServed && saved < servedUnits
	})
	b, ok := best(saving)
	if !ok {
		return member{}, false
	}
	m := member{judged: j, priced: b, view: k}
	m.saved = m.less(b.prices[k].Sure)
	return m, b.need == need
}

// less is how much less than now the statement costs, where it costs so much with the index of this member alone.
func (m member) less(cost float64) float64 {
	now := m.plan().Root.TotalCost
	if m.times == 0 {
		now = price.Serial(m.plan()) // what the others leave of a parallel plan is serial
	}
	return m.inAll(now - cost)
}

// inAll is a cost of one run of the views' plan in one of the statement.
func (m member) inAll(cost float64) float64 {
	if m.left > 0 {
		cost *= m.left
	}
	return cost * m.runs()
}

func (m member) plan() *plan.Plan { return m.views[m.view].plan }

// excludes says whether each of two looks up what the other one finds: only one of them can begin.
func (m member) excludes(other member) bool { return m.looksUp(other) && other.looksUp(m) }

// looksUp says whether the candidate is searched for the other scan's values.
func (m member) looksUp(other member) bool {
	alias := sqltext.Ident(other.alias()) + "."
	return slices.ContainsFunc(m.candidate.Uses, func(u candidate.Use) bool {
		return u.Condition != nil && u.Condition.Join && strings.Contains(u.Condition.Text, alias)
	})
}

func (m member) alias() string { return m.views[m.view].need.Alias }

// variant words a team as one draft. An index that several members need is built once.
func (t team) variant(now, after float64) Variant {
	whole := Variant{Cost: Change{now, after}, because: map[string][]playbooks.Reason{}, entries: map[uint32]float64{}}
	several := slices.ContainsFunc(t, func(m member) bool { return m.table != t[0].table })
	for _, m := range t {
		v := m.judged.variant(m.priced, m.view)
		whole.RowsRead = Change{whole.RowsRead.Before + v.RowsRead.Before, whole.RowsRead.After + v.RowsRead.After}
		whole.Cost.After += m.saved - m.less(m.prices[m.view].Cost)
		whole.Known = whole.Known.and(v.Known)
		if whole.has(v.Indexes) {
			continue
		}
		whole.Indexes = append(whole.Indexes, v.Indexes...)
		for _, x := range v.Indexes {
			whole.because[x.Shape.Definition()] = v.Reasons
		}
		if several {
			v.Reasons = on(m.table, v.Reasons)
		}
		whole.Reasons = append(whole.Reasons, withoutRepeats(whole.Reasons, v.Reasons)...)
		whole.Caveats = append(whole.Caveats, v.Caveats...)
		whole.Bytes, whole.Build = whole.Bytes+v.Bytes, whole.Build+v.Build
		whole.entries[m.table.OID] += v.entries[m.table.OID]
		whole.Kind, whole.For = v.Kind, "each scan that needs it"
	}
	if len(whole.Indexes) > 1 {
		whole.Kind = fmt.Sprintf("%d indexes", len(whole.Indexes))
		whole.For = "one index for each scan that reads too much: each alone leaves the others as they are"
	}
	whole.Cost.After = max(whole.Cost.After, t.reading())
	return whole
}

// on names the table with each part that a reason is of: columns of several tables have the same name.
func on(t *table.Table, reasons []playbooks.Reason) []playbooks.Reason {
	var named []playbooks.Reason
	for _, r := range reasons {
		named = append(named, playbooks.Reason{Part: r.Part + " on " + t.String(), Why: r.Why})
	}
	return named
}

// has says whether all of the indexes are among the variant's.
func (v Variant) has(indexes []apply.Index) bool {
	return !slices.ContainsFunc(indexes, func(x apply.Index) bool {
		return !slices.ContainsFunc(v.Indexes, func(own apply.Index) bool { return own.Shape.Definition() == x.Shape.Definition() })
	})
}

func withoutRepeats(known, more []playbooks.Reason) []playbooks.Reason {
	return slices.DeleteFunc(slices.Clone(more), func(r playbooks.Reason) bool { return slices.Contains(known, r) })
}
