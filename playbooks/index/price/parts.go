package price

import (
	"math"

	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// leavesOf are the leaves that the need's scans read, by schema and name; nil where its table has none, or all are meant. Those that the statement's values rule out are not
// among them.
func leavesOf(need candidate.Need) map[[2]string]bool {
	if len(need.Table.Partitions) == 0 || len(need.Scans) == 0 {
		return nil
	}
	scanned := map[[2]string]bool{}
	for _, scan := range need.Scans {
		scanned[[2]string{scan.Schema, scan.Relation}] = true
	}
	return scanned
}

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
	}
	leaves := make([]*table.Table, len(h.need.Scans))
	for i, scan := range h.need.Scans {
		leaves[i] = byName[[2]string{scan.Schema, scan.Relation}]
	}
	read := h.readOf(h.need.Table.Partitions)
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

// orScan is the path, or where a partition is so small that the scan of all of it costs less, that one.
func (h *heap) orScan(p path, n *plan.Node) path {
	processes := 1.0
	if n.Parallel {
		processes = mostProcesses
	}
	all := unchanged(n, processes)
	if len(h.need.Scans) == 1 || n.Type != "Seq Scan" || p.ordered || all.total >= p.total {
		return p
	}
	return path{startup: all.startup, total: all.total, rows: p.rows, read: h.rows}
}

// mostProcesses is by how many processes' work a parallel scan is taken to be at most.
const mostProcesses = 3

// readOf is how many rows those of the leaves have that the need's scans read.
func (h *heap) readOf(leaves []*table.Table) float64 {
	scanned := leavesOf(h.need)
	var rows float64
	for _, leaf := range leaves {
		if scanned[[2]string{leaf.Schema, leaf.Name}] {
			rows += max(leaf.Rows, 0)
		}
	}
	return rows
}

// itemsOfPart are the keys that GIN takes from a share of the rows: of those that are rarer than that only some.
func itemsOfPart(all map[string]table.Items, share float64) map[string]table.Items {
	part := make(map[string]table.Items, len(all))
	for name, items := range all {
		of := table.Items{All: items.All * share, Width: items.Width}
		for _, l := range items.Lists {
			there := 1 - math.Pow(1-min(share, 1), l.Rows)
			of.Lists = append(of.Lists, table.List{Keys: l.Keys * there, Rows: l.Rows * share / max(there, 1e-9)})
			of.Distinct += l.Keys * there
		}
		part[name] = of
	}
	return part
}

// built is the extent of an index on the whole table; of a partitioned one the sum over all its leaves, as if conditions kept as much of those that the statement
// does not read.
func (h *heap) built(x shape.Index) extent {
	if len(h.table.Partitions) == 0 {
		return h.extentOf(x)
	}
	read := h.readOf(h.table.Partitions)
	var sum extent
	kinds := map[kindOf]extent{}
	for _, leaf := range h.table.Partitions {
		k := kind(leaf, len(h.table.Partitions) <= mostParts)
		e, known := kinds[k]
		if !known {
			e = h.partition(leaf, read).extentOf(x)
			kinds[k] = e
		}
		sum.entries += e.entries
		sum.pages += e.pages
	}
	return sum
}
