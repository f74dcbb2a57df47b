package plan

// Pair is a node of one plan beside the node of another that does the same work; one side may be nil.
type Pair struct {
	Before, After *Node
	Depth         int // of Before in its tree; of After where there is no Before
}

// maxAligned bounds the work of aligning: the product of the two plans' node counts.
const maxAligned = 4_000_000

// Align pairs the nodes of two plans, same node kinds beside each other, in the order of the trees. Scans of the same relation match whatever their kind: a
// Seq Scan beside an Index Scan of the same table is the very comparison wanted. Every node appears once and each side keeps its tree's order; of all such
// pairings it takes the one with the closest matches. Two plans of thousands of nodes are listed one after the other.
func Align(before, after *Plan) []Pair {
	b, a := flatten(before), flatten(after)
	if len(b)*len(a) > maxAligned {
		return append(pairUp(b, nil, nil), pairUp(nil, a, nil)...)
	}
	return pairUp(b, a, bestLikeness(b, a))
}

// bestLikeness returns for each i and j the most likeness that pairing b[i:] with a[j:] in order can reach.
func bestLikeness(b, a []placed) [][]int {
	best := make([][]int, len(b)+1)
	for i := range best {
		best[i] = make([]int, len(a)+1)
	}
	for i := len(b) - 1; i >= 0; i-- {
		for j := len(a) - 1; j >= 0; j-- {
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if alike := likeness(b[i].Node, a[j].Node); alike > 0 {
				best[i][j] = max(best[i][j], best[i+1][j+1]+alike)
			}
		}
	}
	return best
}

// pairUp follows the best pairing; what it leaves out stands alone, nodes of before first.
func pairUp(b, a []placed, best [][]int) []Pair {
	var pairs []Pair
	for i, j := 0, 0; i < len(b) || j < len(a); {
		switch {
		case i == len(b):
			pairs = append(pairs, Pair{nil, a[j].Node, a[j].depth})
			j++
		case j == len(a) || best[i][j] == best[i+1][j]:
			pairs = append(pairs, Pair{b[i].Node, nil, b[i].depth})
			i++
		case best[i][j] == best[i][j+1]:
			pairs = append(pairs, Pair{nil, a[j].Node, a[j].depth})
			j++
		default:
			pairs = append(pairs, Pair{b[i].Node, a[j].Node, b[i].depth})
			i++
			j++
		}
	}
	return pairs
}

// likeness says how well two nodes match; 0: not at all. A scan of the same relation outweighs any node above it.
func likeness(b, a *Node) int {
	if b.Relation != "" || a.Relation != "" {
		return relationLikeness(b, a)
	}
	switch {
	case b.Type == a.Type && b.Index == a.Index:
		return 3
	case family(b.Type) == family(a.Type):
		return 2
	}
	return 0
}

func relationLikeness(b, a *Node) int {
	sameSchema := b.Schema == a.Schema || b.Schema == "" || a.Schema == ""
	if b.Relation != a.Relation || !sameSchema || b.IsScan() != a.IsScan() {
		return 0
	}
	alike := 6
	if b.Type == a.Type {
		alike++
	}
	if b.Alias == a.Alias {
		alike += 2
	}
	return alike
}

// family is the same for node types that do the same work in different ways.
func family(nodeType string) string {
	switch nodeType {
	case "Sort", "Incremental Sort":
		return "sort"
	case "Nested Loop", "Hash Join", "Merge Join":
		return "join"
	case "Gather", "Gather Merge":
		return "gather"
	case "Append", "Merge Append":
		return "append"
	case "Aggregate", "Group":
		return "aggregate"
	}
	return nodeType
}

type placed struct {
	*Node
	depth int
}

func flatten(p *Plan) []placed {
	var nodes []placed
	if p != nil {
		p.Walk(func(n *Node, depth int) { nodes = append(nodes, placed{n, depth}) })
	}
	return nodes
}
