package price

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/candidate"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// countSQL begins each question for the planner's estimate of rows. Planning only, less than 1 ms; all versions from 13; needs SELECT on the columns of the
// conditions.
const countSQL = "EXPLAIN /* pgmedic:index-rows */ (VERBOSE, FORMAT JSON) SELECT 1 FROM "

// Rows asks a server's planner how many rows of a table meet conditions, so that its statistics count: most common values, histograms, extended statistics.
// Each set of conditions is asked for once. It is not safe for concurrent use.
type Rows struct {
	tx         pgx.Tx
	table      *table.Table
	leaves     map[[2]string]bool // of a partitioned table: those that the plan scans, by schema and name
	alias      string
	searchPath string
	types      func(n int) string // of the parameters, plan.Plan.ParameterType
	known      map[string]float64
	noted      map[string]bool   // what Learn is to ask
	refused    map[string]bool   // what the server does not plan
	alone      map[string]string // conditions as they can be asked, by their texts; empty: they cannot
	asked      int
}

// NewRows asks about the table of a need, of a partitioned one about the leaves that its scans read. The conditions were printed under the search path; empty: the transaction's.
func NewRows(tx pgx.Tx, need candidate.Need, searchPath string, types func(n int) string) *Rows {
	return &Rows{tx: tx, table: need.Table, leaves: leavesOf(need), alias: need.Alias, searchPath: searchPath, types: types, known: map[string]float64{},
		noted: map[string]bool{}, refused: map[string]bool{}, alone: map[string]string{}}
}

// Asked is how many questions were sent.
func (r *Rows) Asked() int { return r.asked }

// Count is the planner's estimate of the rows that meet all conditions, at least 1. A condition that cannot be asked alone, such as one with a SubPlan, or that the server
// refuses is left out.
// Of an expression without statistics the planner expects 200 values: where ReadValues knows better, that counts.
func (r *Rows) Count(ctx context.Context, conditions ...plan.Condition) (float64, error) {
	rows, err := r.planned(ctx, conditions)
	if err != nil {
		return 0, err
	}
	for i, c := range conditions {
		of, known := r.table.Expressions[valueName(shape.Key{Expression: shape.Bare(c.Expression)})]
		if !known || c.Kind != plan.NonSargable || c.Compared != plan.Equality && c.Compared != plan.AnyOf {
			continue
		}
		others := slices.Delete(slices.Clone(conditions), i, i+1)
		without, err := r.planned(ctx, others)
		if err != nil {
			return 0, err
		}
		values := 1.0
		if c.Compared == plan.AnyOf {
			values = listLength(c.Value)
		}
		if math.Abs(rows-without*values/defaultValues) <= 1+rows/100 {
			without, err = r.Count(ctx, others...) // of a fit alone: n conditions ask n² questions at most
			return max(without*min(values*(1-of.NullFrac)/distinct(of, max(r.table.Rows, 1)), 1), 1), err
		}
	}
	return rows, nil
}

// defaultValues is DEFAULT_NUM_DISTINCT.
const defaultValues = 200

// planned is the planner's own estimate.
func (r *Rows) planned(ctx context.Context, conditions []plan.Condition) (float64, error) {
	where := r.where(conditions)
	if rows, ok := r.known[where]; ok {
		return rows, nil
	}
	err := r.ask(ctx, where)
	if isAbout(err) && r.refuses(ctx, conditions) {
		return r.planned(ctx, conditions)
	}
	if err != nil {
		return 0, fmt.Errorf("estimating rows of %s: %w", r.table, err)
	}
	return r.known[where], nil
}

// isAbout says whether an error is about what was asked: a name, a right, a value, a function.
func isAbout(err error) bool {
	state := pgerr.State(err)
	return len(state) == 5 && slices.Contains([]string{"42", "22", "0A", "P0"}, state[:2])
}

// refuses finds the conditions that the server does not plan by themselves, and says whether there are any.
func (r *Rows) refuses(ctx context.Context, conditions []plan.Condition) bool {
	found := false
	for _, c := range conditions {
		if where := r.where([]plan.Condition{c}); where != "" && isAbout(r.ask(ctx, where)) {
			r.refused[where], found = true, true
		}
	}
	return found
}

// where joins conditions, the same ones always in the same words. One that cannot be asked alone is left out.
func (r *Rows) where(conditions []plan.Condition) string {
	var texts []string
	for _, c := range conditions {
		if text := r.standing(c); text != "" && !r.refused[text] {
			texts = append(texts, text)
		}
	}
	slices.Sort(texts)
	return strings.Join(slices.Compact(texts), " AND ")
}

// standing is a condition as it can be asked alone; empty: it cannot.
func (r *Rows) standing(c plan.Condition) string {
	text, known := r.alone[c.Text]
	if known {
		return text
	}
	if alone, ok := c.Alone(r.alias, r.typeOf, r.types); ok {
		text = "(" + alone + ")"
	}
	r.alone[c.Text] = text
	return text
}

// Note is a Count that only notes what it would have to ask, and answers any number: for a first pass, after which Learn asks for all of it at once.
func (r *Rows) Note(_ context.Context, conditions ...plan.Condition) (float64, error) {
	where := r.where(conditions)
	if rows, ok := r.known[where]; ok {
		return rows, nil
	}
	r.noted[where] = true
	return 1, nil
}

// Learn asks what was noted by all, each a different one, in one round trip: a busy server takes as long for each as for all. Where the server refuses one, each is asked
// when it is needed.
func Learn(ctx context.Context, all ...*Rows) error {
	if i := slices.IndexFunc(all, func(r *Rows) bool { return r.searchPath != all[0].searchPath }); i > 0 {
		return errors.Join(Learn(ctx, all[:i]...), Learn(ctx, all[i:]...))
	}
	var questions []string
	for _, r := range all {
		for _, where := range slices.Sorted(maps.Keys(r.noted)) {
			questions = append(questions, r.question(where))
		}
	}
	if len(questions) == 0 {
		return nil
	}
	outputs, err := asideAll(ctx, all[0].tx, questions, setting{"search_path", all[0].searchPath}, serially)
	if pgerr.State(err) != "" {
		outputs, err = nil, nil
	}
	for _, r := range all {
		for _, where := range slices.Sorted(maps.Keys(r.noted)) {
			if err == nil && len(outputs) > 0 {
				err = r.know(where, outputs[0])
				outputs = outputs[1:]
			}
		}
		clear(r.noted)
	}
	return err
}

// serially keeps a node's rows those of all processes.
var serially = setting{"max_parallel_workers_per_gather", "0"}

// ask sends one question.
func (r *Rows) ask(ctx context.Context, where string) error {
	output, err := aside(ctx, r.tx, r.question(where), setting{"search_path", r.searchPath}, serially)
	if err != nil {
		return err
	}
	return r.know(where, output)
}

func (r *Rows) question(where string) string {
	r.asked++
	sql := countSQL
	if r.table.Kind != "p" {
		sql += "ONLY " // tables that inherit from it are scans of their own
	}
	sql += sqltext.Ident(r.table.Schema, r.table.Name) + " AS " + sqltext.Ident(r.alias)
	if where != "" {
		sql += " WHERE " + where
	}
	return sql
}

func (r *Rows) know(where string, output [][][]byte) error {
	estimate, err := plan.Parse(output[0][0])
	if err == nil {
		r.known[where] = max(r.estimated(estimate.Root), 1)
	}
	return err
}

// estimated is how many rows a question's plan expects, of a partitioned table those of the leaves that are asked about.
func (r *Rows) estimated(root *plan.Node) float64 {
	if r.leaves == nil {
		return root.PlanRows
	}
	var sum float64
	(&plan.Plan{Root: root}).Walk(func(n *plan.Node, _ int) {
		if r.leaves[[2]string{n.Schema, n.Relation}] {
			sum += n.PlanRows
		}
	})
	return sum
}

func (r *Rows) typeOf(column string) string { return r.table.Columns[column].Type }
