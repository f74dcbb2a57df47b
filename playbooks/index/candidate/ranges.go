package candidate

import (
	"slices"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
)

// addRange adds a stretch of values; all conditions of one key are one stretch.
func (a *asked) addRange(p part) {
	p.why = "one stretch of the index"
	same := func(r part) bool { return sameKey(r.keys[0], p.keys[0]) && r.keys[0].Opclass == p.keys[0].Opclass }
	if at := slices.IndexFunc(a.ranges, same); at >= 0 {
		a.ranges[at].conditions = append(a.ranges[at].conditions, p.conditions...)
		a.ranges[at].share /= 3
		return
	}
	a.ranges = append(a.ranges, p)
}

// tail is what stands behind the keys of one value.
type tail struct {
	lists bool // the keys of several values stand before it
	parts []part
	what  string // Candidate.For
	rank  int
	order bool
}

// tails are the endings worth a price: the order; where none is asked for, and as a second thought where one is, a range, a row comparison, several
// ranges, nothing.
func (a *asked) tails() []tail {
	all := a.orderTails()
	second := 0
	if len(all) > 0 {
		second = 2
	}
	for _, r := range a.rows {
		all = append(all, tail{parts: []part{r}, rank: second})
	}
	for i, r := range a.ranges {
		all = append(all, tail{lists: true, parts: []part{r}, rank: second + i})
		if len(a.lists) > 0 {
			all = append(all, tail{parts: []part{r}, rank: second + i + 2})
		}
	}
	if len(a.ranges) > 1 {
		turned := slices.Clone(a.ranges)
		slices.Reverse(turned)
		all = append(all, tail{lists: true, parts: a.ranges, rank: second + 1, what: "all ranges judged within the index"},
			tail{lists: true, parts: turned, rank: second + 2, what: "all ranges judged within the index"})
	}
	for i := range a.lists {
		all = append(all, tail{parts: a.lists[i : i+1], rank: second + 2})
	}
	nothing := tail{lists: true}
	if len(all) > 0 {
		nothing.rank = second + 1
	}
	return append(all, nothing)
}

// orderTails are the endings that yield the need's order, without and with the keys behind it that let the index judge what is left.
func (a *asked) orderTails() []tail {
	order := a.orderKeys()
	if len(order) == 0 {
		return nil
	}
	var parts []part
	for i, k := range order {
		parts = append(parts, part{keys: []shape.Key{k}, conditions: a.onKey(k, i == 0), why: a.whyOrdered()})
	}
	all := []tail{{parts: parts, order: true}}
	if further := a.furtherFilters(order); len(further) > 0 {
		all = append(all, tail{parts: append(slices.Clone(parts), further...), order: true, rank: 2, what: "the filters judged within the index"})
	}
	if len(a.lists) > 0 {
		all = append(all, tail{lists: true, parts: parts, rank: 2, what: "several values, sorted after"})
	}
	return all
}

// furtherFilters are the parts that can be judged in the index behind an order: ranges, and from version 17 lists.
func (a *asked) furtherFilters(order []shape.Key) []part {
	var parts []part
	add := func(p part) {
		if !holdsValues(order, p.keys[0]) {
			p.why = "judged in the index, before the row is fetched"
			parts = append(parts, p)
		}
	}
	for _, p := range a.ranges {
		add(p)
	}
	if a.Table.Costs.Version >= 170000 {
		for _, p := range a.lists {
			add(p)
		}
	}
	return parts
}
