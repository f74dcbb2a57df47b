package price

import (
	"math"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// fetched is index_pages_fetched: how many pages of a table are read for so many rows at random, where some are still cached (Mackert and Lohman).
func (h *heap) fetched(rows, pages, indexPages float64) float64 {
	t := max(pages, 1)
	cache := max(math.Ceil(h.costs.CacheSize*t/max(h.pages+h.others+indexPages, 1)), 1)
	read := 2 * t * rows / (2*t + rows)
	if t <= cache {
		if read >= t {
			return t
		}
		return math.Ceil(read)
	}
	if limit := 2 * t * cache / (2*t - cache); rows > limit {
		read = cache + (rows-limit)*(t-cache)/t
	}
	return math.Ceil(read)
}

// plain is cost_index: rows fetched one by one in the index's order, between one page a row and one page after the other, by the square of the correlation.
func (h *heap) plain(s search) path {
	a := h.access(s)
	rows := h.yields(a)
	c := h.costs
	hidden := 1.0
	if s.only {
		hidden = 1 - h.visible
	}
	var most, least float64
	pages := math.Ceil(a.selectivity * h.pages)
	if s.times > 1 {
		most = math.Ceil(h.fetched(rows*s.times, h.pages, s.extent.pages)*hidden) * c.RandomPage / s.times
		least = math.Ceil(h.fetched(pages*s.times, h.pages, s.extent.pages)*hidden) * c.RandomPage / s.times
	} else {
		most = math.Ceil(h.fetched(rows, h.pages, s.extent.pages)*hidden) * c.RandomPage
		if pages = math.Ceil(pages * hidden); pages > 0 {
			least = c.RandomPage + (pages-1)*c.SeqPage
		}
	}
	run := a.total - a.startup + most + a.correlation*a.correlation*(least-most) + rows*(c.CPUTuple+h.checks(s.filter))
	return path{startup: a.startup, total: a.startup + run, read: h.reads(s, a), ordered: s.ordered, stops: true, hoped: h.isHoped(s, a)}
}

// misleads says whether the planner would go through an index in the need's order for the LIMIT's rows although an OR says where in that order they stand: it takes them for
// evenly mixed, and all before them are read.
func (h *heap) misleads(x shape.Index) bool {
	if h.need.Limit == 0 || len(h.need.Order) == 0 || h.need.Order[0].Column == "" {
		return false
	}
	first := h.need.Order[0].Column
	for _, k := range x.Keys {
		if k.Column == first {
			return slices.ContainsFunc(h.need.Conditions, func(c plan.Condition) bool { return c.Kind == plan.Disjunction && slices.Contains(columnsOf(c), first) })
		}
		if !answers(x, k, h.table, h.need.Conditions).equal {
			return false
		}
	}
	return false
}

// often is the share of the rows that an index yields from which on those that a LIMIT wants are found soon, if they are evenly mixed.
const often = 0.1

// isHoped says whether it is only a hope that what wants a few rows of the search finds them early: few of the rows that the index yields meet the other conditions, or these
// are about its own order, so that those that meet them stand together, maybe at the end.
func (h *heap) isHoped(s search, a access) bool {
	for _, c := range without(s.filter, s.kept) {
		if slices.ContainsFunc(s.index.Keys, func(k shape.Key) bool { return k.Column != "" && slices.Contains(columnsOf(c), k.Column) }) {
			return true
		}
	}
	return len(s.filter) > 0 && h.meeting(append(slices.Clone(s.inside), s.filter...)...) < often*h.yields(a)
}

// yields is how many rows of the heap the index yields (clamp_row_est).
func (h *heap) yields(a access) float64 { return max(math.RoundToEven(a.selectivity*h.rows), 1) }

// checks is what checking conditions on one row costs: one operator each, as nearly all are, and half of one for each value of a list.
func (h *heap) checks(conditions []plan.Condition) float64 {
	var operators float64
	for _, c := range conditions {
		operators += operatorsOf(c, h.costs.Version)
	}
	return operators * h.costs.CPUOperator
}

// hashedList is the number of values from which on 14 and later hash a list of constants (MIN_ARRAY_SIZE_FOR_HASHED_SAOP).
const hashedList = 9

func operatorsOf(c plan.Condition, version int) float64 {
	switch c.Kind {
	case plan.IsNull, plan.IsNotNull, plan.Boolean:
		return 0
	case plan.AnyOf:
		values := listLength(c.Value)
		if version >= 140000 && values >= hashedList && !strings.Contains(c.Value, "$") {
			return 2
		}
		return values / 2
	case plan.Disjunction:
		var sum float64
		for _, arm := range c.Arms {
			for _, inner := range arm {
				sum += operatorsOf(inner, version)
			}
		}
		return sum
	case plan.NonSargable:
		return 1 + calls(c.Expression)
	}
	return 1
}

// calls is how many functions and operators an expression computes; casts count for nothing, as most only relabel.
func calls(expression string) float64 {
	var n float64
	words := tokens(expression)
	for i, w := range words {
		switch {
		case w == "::":
		case w == "->", w == "->>", w == "#>", w == "#>>", w == "+", w == "-", w == "*", w == "/", w == "%", w == "||":
			n++
		case w == "(" && i > 0 && isWord(words[i-1]):
			n++
		}
	}
	return max(n, 1)
}

func isWord(text string) bool {
	c := text[0]
	return c == '_' || c == '"' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
