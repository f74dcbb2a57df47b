package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Parse reads the output of EXPLAIN (FORMAT JSON, …): an array of one object. Texts in it are made harmless (sqltext.Clean). Of the origin it knows the
// query id and whether there are actual figures; the caller fills in the rest.
func Parse(data []byte) (*Plan, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var explained []map[string]any
	if err := decoder.Decode(&explained); err != nil {
		return nil, fmt.Errorf("reading EXPLAIN's JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("reading EXPLAIN's JSON: there is more after its array")
	}
	if len(explained) != 1 {
		return nil, fmt.Errorf("reading EXPLAIN's JSON: it holds %d plans, not one", len(explained))
	}
	return parsePlan(fields(explained[0]))
}

func parsePlan(f fields) (*Plan, error) {
	root, ok := f.take("Plan").(map[string]any)
	if !ok {
		return nil, errors.New("reading EXPLAIN's JSON: it holds no plan; a utility statement has none")
	}
	node, err := parseNode(root, 0)
	if err != nil {
		return nil, fmt.Errorf("reading EXPLAIN's JSON: %w", err)
	}
	assignProcesses(node, 1)
	assignSharedTime(node)
	p := &Plan{
		Root:          node,
		PlanningTime:  f.milliseconds("Planning Time"),
		ExecutionTime: f.milliseconds("Execution Time"),
		Settings:      f.texts("Settings"),
	}
	p.Origin.QueryID = f.integer("Query Identifier")
	p.Origin.Analyzed = node.Executed
	return p, nil
}

// maxDepth bounds the recursion; PostgreSQL's own stack limit ends far earlier than a plan of this depth.
const maxDepth = 2000

func parseNode(f fields, depth int) (*Node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("the plan is more than %d nodes deep", maxDepth)
	}
	n := &Node{
		Type:         f.text("Node Type"),
		Relationship: f.text("Parent Relationship"),
		Parallel:     f.truth("Parallel Aware"),
		Schema:       f.text("Schema"),
		Relation:     f.text("Relation Name"),
		Alias:        f.text("Alias"),
		Index:        f.text("Index Name"),
		Direction:    f.text("Scan Direction"),
		Strategy:     f.text("Strategy"),
		JoinType:     f.text("Join Type"),
	}
	if n.Type == "" {
		return nil, errors.New("a node has no type")
	}
	n.takeConditions(f)
	n.takeEstimates(f)
	n.takeActuals(f)
	n.takeWork(f)
	children, _ := f.take("Plans").([]any)
	for _, child := range children {
		object, ok := child.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("a child of a %s node is no object", n.Type)
		}
		node, err := parseNode(object, depth+1)
		if err != nil {
			return nil, err
		}
		n.Children = append(n.Children, node)
	}
	n.Fields = f.rest()
	return n, nil
}

func (n *Node) takeConditions(f fields) {
	n.IndexCond = f.text("Index Cond")
	n.RecheckCond = f.text("Recheck Cond")
	n.Filter = f.text("Filter")
	n.JoinFilter = f.text("Join Filter")
	n.OneTimeFilter = f.text("One-Time Filter")
	n.HashCond = f.text("Hash Cond")
	n.MergeCond = f.text("Merge Cond")
	n.SortKey = f.list("Sort Key")
	n.Output = f.list("Output")
}

func (n *Node) takeEstimates(f fields) {
	n.StartupCost = f.number("Startup Cost")
	n.TotalCost = f.number("Total Cost")
	n.PlanRows = f.number("Plan Rows")
	n.PlanWidth = int(f.number("Plan Width"))
}

func (n *Node) takeActuals(f fields) {
	n.Loops = f.number("Actual Loops")
	n.Executed = n.Loops > 0
	n.ActualStartup = f.milliseconds("Actual Startup Time")
	n.ActualTotal = f.milliseconds("Actual Total Time")
	n.ActualRows = f.number("Actual Rows")
	n.RemovedByFilter = f.number("Rows Removed by Filter")
	n.RemovedByJoin = f.number("Rows Removed by Join Filter")
	n.RemovedByRecheck = f.number("Rows Removed by Index Recheck")
	n.HeapFetches = f.number("Heap Fetches")
	n.WorkersPlanned = int(f.number("Workers Planned"))
	n.WorkersLaunched = int(f.number("Workers Launched"))
}

func (n *Node) takeWork(f fields) {
	n.SortMethod = f.text("Sort Method")
	n.SortSpaceKB = f.integer("Sort Space Used")
	n.SortSpaceType = f.text("Sort Space Type")
	n.HashBatches = f.integer("Hash Batches")
	n.BlocksHit = f.integer("Shared Hit Blocks")
	n.BlocksRead = f.integer("Shared Read Blocks")
	n.BlocksDirtied = f.integer("Shared Dirtied Blocks")
	n.TempRead = f.integer("Temp Read Blocks")
	n.TempWritten = f.integer("Temp Written Blocks")
}

// fields are the fields of a JSON object that nobody has taken yet; numbers are json.Number.
type fields map[string]any

func (f fields) take(name string) any {
	value := f[name]
	delete(f, name)
	return value
}

func (f fields) text(name string) string {
	value, _ := f.take(name).(string)
	return sqltext.Clean(value)
}

func (f fields) truth(name string) bool {
	value, _ := f.take(name).(bool)
	return value
}

func (f fields) number(name string) float64 {
	value, _ := f.take(name).(json.Number)
	number, err := value.Float64()
	if err != nil {
		return 0 // absent, or beyond every figure that a server could mean
	}
	return number
}

// integer is for counts and ids, which a float64 would round above 2^53.
func (f fields) integer(name string) int64 {
	value, _ := f.take(name).(json.Number)
	number, _ := value.Int64()
	return number
}

func (f fields) milliseconds(name string) time.Duration {
	return time.Duration(f.number(name) * float64(time.Millisecond))
}

func (f fields) list(name string) []string {
	values, _ := f.take(name).([]any)
	var texts []string
	for _, value := range values {
		texts = append(texts, asText(value))
	}
	return texts
}

func (f fields) texts(name string) map[string]string {
	object, _ := f.take(name).(map[string]any)
	return fields(object).rest()
}

// rest returns every field that was not taken, as text.
func (f fields) rest() map[string]string {
	texts := make(map[string]string, len(f))
	for name, value := range f {
		texts[sqltext.Clean(name)] = asText(value)
	}
	return texts
}

func asText(value any) string {
	switch value := value.(type) {
	case string:
		return sqltext.Clean(value)
	case []any:
		texts := make([]string, len(value))
		for i := range value {
			texts[i] = asText(value[i])
		}
		return strings.Join(texts, ", ")
	default:
		text, err := json.Marshal(value)
		if err != nil {
			return ""
		}
		return sqltext.Clean(string(text))
	}
}
