package price

import (
	"math"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
)

// mostParts is up to how many partitions each is priced for itself. Of more, those of about the same size are priced as one: a thousand are a few kinds.
const mostParts = 16

// alike is by how much the size of partitions that are priced as one may differ.
const alike = 1.2

// kindOf is a partition's size, so that those of the same kind cost the same, or nearly.
type kindOf struct{ rows, pages, visible float64 }

func kind(leaf *table.Table, exactly bool) kindOf {
	k := kindOf{max(leaf.Rows, 1), max(float64(leaf.Pages), 1), float64(leaf.AllVisible)}
	if exactly {
		return k
	}
	step := func(n float64) float64 { return math.Round(math.Log(n) / math.Log(alike)) }
	return kindOf{step(k.rows), step(k.pages), math.Round(10 * k.visible / k.pages)}
}

// parts are the heaps that the need's scans read, in their order: the leaves of a partitioned table, those of one kind the same heap; else the table.
func (h *heap) parts() []*heap {
	if h.cut == nil {
		h.cut = h.findParts()
	}
	return h.cut
}

func (h *heap) findParts() []*heap {
	byName := map[[2]string]*table.Table{}
	for _, leaf := range h.need.Table.Partitions {
		byName[[2]string{leaf.Schema, leaf.Name}] = leaf
		byName[[2]string{"", leaf.Name}] = leaf
	}
	leaves := make([]*table.Table, len(h.need.Scans))
	var read float64
	for i, scan := range h.need.Scans {
		if leaves[i] = byName[[2]string{scan.Schema, scan.Relation}]; leaves[i] != nil {
			read += max(leaves[i].Rows, 0)
		}
	}
	kinds := map[kindOf]*heap{}
	found := make([]*heap, len(leaves))
	for i, leaf := range leaves {
		if leaf == nil {
			found[i] = h
			continue
		}
		k := kind(leaf, len(leaves) <= mostParts)
		if kinds[k] == nil {
			kinds[k] = h.partition(leaf, read)
		}
		found[i] = kinds[k]
	}
	return found
}

// built is the extent of an index on the whole table; of a partitioned one the sum over its leaves.
func (h *heap) built(x shape.Index) extent {
	if len(h.table.Partitions) == 0 {
		return h.extentOf(x)
	}
	var rows float64
	for _, leaf := range h.table.Partitions {
		rows += max(leaf.Rows, 0)
	}
	var sum extent
	kinds := map[kindOf]extent{}
	for _, leaf := range h.table.Partitions {
		k := kind(leaf, len(h.table.Partitions) <= mostParts)
		e, known := kinds[k]
		if !known {
			e = h.partition(leaf, rows).extentOf(x)
			kinds[k] = e
		}
		sum.entries += e.entries
		sum.pages += e.pages
	}
	return sum
}
