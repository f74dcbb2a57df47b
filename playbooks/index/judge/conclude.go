package judge

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/apply"
	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/figure"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// mostVariants is how many drafts are shown.
const mostVariants = 3

// conclude turns what was found out into a verdict.
func (a *Advice) conclude(ctx context.Context, all []judged) error {
	var worth []priced
	for _, j := range all {
		for _, p := range j.candidates {
			if _, ok := j.worthIn(p); ok {
				worth = append(worth, p)
			}
		}
	}
	a.Existing = inUse(a.Before, all)
	chosen, ok := bestOfNeeds(worth, all)
	k := 0
	if ok {
		k = a.judgeBy(all[chosen.need], chosen)
	}
	team, now, after := together(all, a.Before)
	otherwise := after
	if len(team) == 0 && ok {
		otherwise = chosen.prices[k].Cost
	}
	arms, least, err := unite(ctx, all, a.Before, otherwise)
	if err != nil {
		return err
	}
	if len(arms) > 0 {
		team, now, after, ok = arms, a.Before.Root.TotalCost, least, false // one arm alone is nothing
	}
	build := team.candidates()
	if len(team) == 0 && ok {
		build = []priced{chosen}
	}
	switch {
	case len(build) == 0:
		a.refuse(all)
		return nil
	case a.isBroken(all, build):
		return nil
	}
	a.Verdict = Recommended
	if len(team) > 0 {
		a.Drafts = append(a.Drafts, team.variant(now, after))
	}
	if ok {
		for _, p := range variants(chosen, worth, all[chosen.need].views[k]) {
			v := all[p.need].variant(p, k)
			if len(a.Drafts) == 0 || len(a.Drafts[0].Indexes) > 1 || !a.Drafts[0].has(v.Indexes) {
				a.Drafts = append(a.Drafts, v)
			}
		}
	}
	a.Drafts = a.Drafts[:min(len(a.Drafts), mostVariants)]
	a.Reason = a.Drafts[0].Summary()
	a.forWhom()
	for _, p := range build {
		for _, name := range redundant(all[p.need].views[0].need, p.candidate) {
			if !slices.Contains(a.Redundant, name) {
				a.Redundant = append(a.Redundant, name)
			}
		}
	}
	return nil
}

// isBroken says whether one of the indexes to build is there and INVALID: that one is seen to first.
func (a *Advice) isBroken(all []judged, build []priced) bool {
	for _, p := range build {
		x, ok := all[p.need].broken(p.candidate)
		if !ok {
			continue
		}
		a.Verdict, a.Existing = Exists, []string{x.Index.Name}
		a.Reason = fmt.Sprintf("index %s on %s would serve this statement but %s", x.Index, all[p.need].table, x.Hindrance)
		a.Instead = "see to it before another one is built"
		return true
	}
	return false
}

// judgeBy makes the plan for the class of values that the index is for the one that everything is compared with, and returns that class's view.
func (a *Advice) judgeBy(j judged, chosen priced) int {
	k, _ := j.worthIn(chosen)
	p := j.views[k].plan
	if question, ok := a.taken.asked[p]; ok && p.Origin.Class != plan.Generic {
		a.taken.question, a.Before = question, p
		return k
	}
	return 0
}

// broken finds an INVALID index that would be the candidate. That of a partitioned table is none: the build goes on where it stopped.
func (j judged) broken(c candidate.Candidate) (candidate.Service, bool) {
	for _, s := range j.serving {
		if !s.Index.Valid && s.Index.Known && j.table.Kind != "p" && shape.Serves(s.Index.Shape, c.Index, 0) {
			return s, true
		}
	}
	return candidate.Service{}, false
}

// complete names the indexes that serve all that an index can of a need.
func complete(j judged) (names []string, hindrance string) {
	for _, s := range j.serving {
		if s.Complete {
			names = append(names, s.Index.Name)
			hindrance = cmp.Or(hindrance, s.Hindrance)
		}
	}
	return names, hindrance
}

// bestOfNeeds chooses for each scan, and then the scan whose index saves most, for the values that it is worth it for.
func bestOfNeeds(worth []priced, all []judged) (winner priced, found bool) {
	most := 0.0
	for i, j := range all {
		own := slices.DeleteFunc(slices.Clone(worth), func(p priced) bool { return p.need != i })
		b, ok := j.bestOf(own)
		if !ok {
			continue
		}
		k, _ := j.worthIn(b)
		if saved := (j.views[k].plan.Root.TotalCost - b.prices[k].Sure) * j.runs(); !found || saved > most {
			winner, most, found = b, saved, true
		}
	}
	return winner, found
}

// bestOf is the best of a need's candidates that are worth it. Where the table's rows are what costs, for all values or for those that hurt and gain nothing by it, it
// is an index that spares them, if it is not much larger.
func (j judged) bestOf(worth []priced) (priced, bool) {
	plain, ok := best(slices.DeleteFunc(slices.Clone(worth), isBeside))
	hurts := 0
	if ok {
		hurts, _ = j.worthIn(plain)
	}
	if ok && (hurts == 0 || plain.prices[0].Cost <= noticeable*j.views[0].plan.Root.TotalCost) {
		return plain, true
	}
	covering, covers := best(slices.DeleteFunc(slices.Clone(worth), func(p priced) bool {
		k, _ := j.worthIn(p)
		return !j.isSmallCovering(p) || ok && k >= hurts
	}))
	if covers {
		return covering, true
	}
	return plain, ok
}

// variants are the best candidate and up to two that are for something else: one for other values, one that spares the table's visits, one that costs less at a larger size or is smaller.
// Each must be worth building by itself.
func variants(chosen priced, worth []priced, now view) []priced {
	list := []priced{chosen}
	others := slices.DeleteFunc(slices.Clone(worth), func(p priced) bool {
		return p.need != chosen.need || p.prices[0].Cost > halving*now.plan.Root.TotalCost
	})
	plain := slices.DeleteFunc(slices.Clone(others), isBeside)
	covering := slices.DeleteFunc(slices.Clone(others), func(p priced) bool { return !isCovering(p) || !isWorthCovering(p, chosen) })
	beside := slices.DeleteFunc(slices.Clone(worth), func(p priced) bool { return p.need != chosen.need || !p.candidate.Beside })
	for _, pick := range []struct {
		among []priced
		by    func(a, b priced) int
	}{{beside, cheaper}, {covering, cheaper}, {plain, cheaper}, {plain, smaller}} {
		if len(pick.among) == 0 || len(list) == mostVariants {
			continue
		}
		p := slices.MinFunc(pick.among, pick.by)
		if !slices.ContainsFunc(list, func(q priced) bool { return q.candidate.Index.Definition() == p.candidate.Index.Definition() }) {
			list = append(list, p)
		}
	}
	return list
}

// What a covering index must bring to be shown beside a plain one.
const (
	coveringGain = 3 // times cheaper
	coveringSize = 2 // times the size at most
)

func isCovering(p priced) bool { return len(p.candidate.Index.Include) > 0 || p.candidate.Stored > 0 }

// isBeside says whether a candidate is shown only beside another one.
func isBeside(p priced) bool { return isCovering(p) || p.candidate.Beside }

// isSmallCovering says whether a covering index is at most twice as large as the plain one with the same keys.
func (j judged) isSmallCovering(p priced) bool {
	return slices.ContainsFunc(j.candidates, func(plain priced) bool {
		x := p.candidate.Index
		x.Include, x.Keys = nil, x.Keys[:len(x.Keys)-p.candidate.Stored]
		return plain.candidate.Index.Definition() == x.Definition() && p.prices[0].Bytes <= coveringSize*plain.prices[0].Bytes
	})
}

func isWorthCovering(p, plain priced) bool {
	return p.prices[0].Cost*coveringGain <= plain.prices[0].Cost && p.prices[0].Bytes <= coveringSize*plain.prices[0].Bytes
}

func cheaper(a, b priced) int { return cmp.Compare(a.judged[0].Sure, b.judged[0].Sure) }
func smaller(a, b priced) int { return cmp.Compare(a.prices[0].Bytes, b.prices[0].Bytes) }

// variant words a priced candidate, by the figures of one view.
func (j judged) variant(p priced, k int) Variant {
	now := j.views[k]
	v := Variant{
		Indexes: j.indexes(p), Kind: p.candidate.Index.Kind(), For: p.candidate.For, Purpose: p.candidate.Purpose(),
		RowsRead: Change{now.rowsRead * j.runs(), p.judged[k].RowsRead * j.runs()},
		Cost:     Change{j.rest + now.plan.Root.TotalCost*j.runs(), j.rest + p.prices[k].Cost*j.runs()},
		Known:    Known{now.source, sourceOf(p.judged[k])}, Bytes: p.prices[0].Bytes, Build: p.prices[0].Build, Caveats: p.candidate.Caveats,
		entries: map[uint32]float64{j.table.OID: p.prices[0].Entries},
	}
	for _, use := range p.candidate.Uses {
		v.Reasons = append(v.Reasons, playbooks.Reason{Part: use.Part, Why: use.Why})
	}
	if j.cause != "" {
		v.For = j.cause
	}
	return v
}

// indexes are those to build, each with its share of the size and the time.
func (j judged) indexes(p priced) []apply.Index {
	var all []apply.Index
	shapes := indexesOf(p.candidate)
	for _, x := range shapes {
		n := len(shapes)
		all = append(all, apply.Index{Shape: x, Table: j.table.OID, Needs: j.extension(x), Bytes: p.prices[0].Bytes / float64(n), Took: p.prices[0].Build / time.Duration(n)})
	}
	return all
}

// extension is the one that an index's operator classes come from and that the database lacks; empty: none.
func (j judged) extension(x shape.Index) string {
	for _, k := range x.Keys {
		if strings.HasSuffix(k.Opclass, "_trgm_ops") && j.table.Extensions["pg_trgm"] == "" {
			return "pg_trgm"
		}
	}
	return ""
}

// Summary is the variant in one sentence.
func (v Variant) Summary() string {
	verb, unit := "reads", "rows"
	if len(v.Indexes) > 1 && strings.HasSuffix(v.Kind, "indexes") {
		verb = "read"
	}
	if figure.Count(v.RowsRead.After) == "1" {
		unit = "row"
	}
	if v.RowsRead.After >= v.RowsRead.Before {
		return fmt.Sprintf("%s: the statement costs %.4g instead of %.4g, though it still reads about %s %s (%s)", v.Kind,
			v.Cost.After, v.Cost.Before, figure.Count(v.RowsRead.After), unit, v.Known)
	}
	return fmt.Sprintf("%s %s about %s %s instead of %s (%s), at a cost of %.4g instead of %.4g", v.Kind, verb,
		figure.Count(v.RowsRead.After), unit, figure.Count(v.RowsRead.Before), v.Known, v.Cost.After, v.Cost.Before)
}

// redundant names the indexes that the candidate makes superfluous.
func redundant(need candidate.Need, c candidate.Candidate) []string {
	var names []string
	for _, x := range need.Table.Indexes {
		if x.Valid && x.Known && !x.Unique && !x.Constraint && shape.Redundant(x.Shape, c.Index) {
			names = append(names, x.Name)
		}
	}
	return names
}
