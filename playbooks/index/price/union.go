package price

import (
	"context"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// Arm is one of several scans below one Append, with an index for it.
type Arm struct {
	Count     Count
	Need      candidate.Need
	Candidate candidate.Candidate
}

// OfArm prices the scan of an arm alone, as far as a LIMIT would go on with it: where all arms come in its order, it takes a few rows of each. false: the index does not do, or
// not in that order.
func OfArm(ctx context.Context, before *plan.Plan, arm Arm, ordered bool) (Price, bool, error) {
	h := newHeap(ctx, arm.Count, arm.Need)
	paths, total := h.shortest(arm.Candidate, ordered)
	if paths == nil || h.err != nil {
		return Price{}, false, h.err
	}
	made := Price{Class: before.Origin.Class, Candidate: arm.Candidate}
	e := h.built(arm.Candidate.Index)
	made.Entries, made.Bytes = e.entries, e.pages*pageSize(arm.Need.Table)
	made.Build = BuildTime(arm.Need.Table, arm.Candidate.Index, made.Entries, made.Bytes)
	for _, p := range paths {
		made.RowsRead += p.read
	}
	if ordered && !paths[0].hoped {
		share := min(arm.Need.Limit/max(h.meeting(h.usable(false)...), 1), 1)
		total, made.RowsRead = total*share, max(made.RowsRead*share, 1)
	}
	made.Cost, made.Sure = total, total
	return made, true, h.err
}

// OfUnion is what a statement costs whose arms are all read by indexes, and the rows that each arm reads: a LIMIT over several tables in one order is spared their rows only where
// all of them come in that order. false: not every index does.
func OfUnion(ctx context.Context, before *plan.Plan, arms []Arm, ordered bool) (cost float64, rowsRead []float64, ok bool, err error) {
	whole := arms[0].Need
	whole.Scans = nil
	for _, arm := range arms {
		whole.Scans = append(whole.Scans, arm.Need.Scans...)
	}
	a := newAbove(whole, before, false)
	a.serial, a.sure = true, true
	rows := make([]float64, len(arms))
	for i, arm := range arms {
		h := newHeap(ctx, arm.Count, arm.Need)
		paths, _ := h.shortest(arm.Candidate, ordered)
		if paths == nil || h.err != nil {
			return 0, nil, false, h.err
		}
		sum := 0.0
		for k, scan := range arm.Need.Scans {
			a.paths[scan] = h.parts()[k].withAside(paths[k], scan, processesOf(before.Root, scan))
			sum += paths[k].read
		}
		rows[i], rowsRead = h.meeting(h.usable(false)...), append(rowsRead, sum)
		if h.err != nil {
			return 0, nil, false, h.err
		}
	}
	if ordered {
		shareLimit(rowsRead, rows, whole.Limit)
	}
	return a.statement(before), rowsRead, true, nil
}

// shareLimit is what a LIMIT takes of each arm: in the mean as much of it as of all, and one row more to compare with.
func shareLimit(read, rows []float64, limit float64) {
	var all float64
	for _, n := range rows {
		all += n
	}
	for i, n := range rows {
		read[i] = min(read[i], limit*n/max(all, 1)+1)
	}
}

// shortest are a candidate's paths through all parts of the heap, and what they cost together; nil: it has none, or none in order.
func (h *heap) shortest(c candidate.Candidate, ordered bool) (shortest []path, least float64) {
	if ordered && h.need.Limit == 0 {
		return nil, 0
	}
	for _, way := range []wayTo{byRow, byBitmap} {
		paths, total := h.through(c, way)
		if paths != nil && (!ordered || paths[0].ordered) && (shortest == nil || total < least) {
			shortest, least = paths, total
		}
	}
	return shortest, least
}

func (h *heap) through(c candidate.Candidate, way wayTo) (paths []path, total float64) {
	conditions := h.usable(false)
	for _, part := range h.parts() {
		p, ok := part.path(c, conditions, 1, way)
		if part.err != nil {
			h.err = part.err
		}
		if !ok || h.err != nil {
			return nil, 0
		}
		paths, total = append(paths, p), total+p.total
	}
	return paths, total
}
