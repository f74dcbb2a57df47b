package statistics

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/figure"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/probes/storage"
)

// most is how many tables are analysed in one go.
const most = 20

// Draft implements playbooks.Playbook: ANALYZE of the tables of the statement's plan whose statistics are stale, and beside it of each of them alone.
func (playbook) Draft(ctx context.Context, ask *live.Asker, f playbooks.Finding) (*playbooks.Draft, error) {
	q, before, err := planOf(ctx, ask, f.Statement)
	if err != nil {
		return nil, err
	}
	names := relationsOf(before)
	if len(names) == 0 {
		return nil, &playbooks.NoDraft{Reason: "the plan of the statement reads no table"}
	}
	all, err := readTables(ctx, ask, names)
	if err != nil {
		return nil, err
	}
	todo, rest := sortOut(all)
	rest = append(rest, notFound(names, all)...)
	if len(todo) == 0 {
		return nil, &playbooks.NoDraft{Reason: "nothing is to be renewed: " + strings.Join(rest, "; "),
			Instead: "look at its plan with e, or draft an index with d"}
	}
	cut := max(len(todo)-most, 0)
	todo = todo[:len(todo)-cut]
	if cut > 0 {
		rest = append(rest, fmt.Sprintf("%d more are stale and not among these: draft again when these are done", cut))
	}
	d := draft(f, &work{question: q, before: before, tables: todo}, rest)
	if len(todo) > 1 {
		for _, t := range todo {
			d.Others = append(d.Others, draft(f, &work{question: q, before: before, tables: []table{t}}, nil))
		}
	}
	return d, nil
}

// planOf makes the plan of a statement that shows its tables and what the planner expects of them, and the question that makes it again.
func planOf(ctx context.Context, ask *live.Asker, l probes.StatementLoad) (explain.Question, *plan.Plan, error) {
	text, err := ask.StatementText(ctx, l.QueryID)
	if err != nil {
		return explain.Question{}, nil, fmt.Errorf("reading the statement whose tables are meant: %w", err)
	}
	q := explain.Question{Statement: text, QueryID: l.QueryID, UserOID: l.UserOID, Class: plan.Generic}
	p, err := ask.Explain(ctx, q)
	if err != nil {
		return q, nil, fmt.Errorf("planning the statement whose tables are meant: %w", err)
	}
	return q, p, nil
}

// relationsOf are the tables of a plan, each once.
func relationsOf(p *plan.Plan) []storage.Name {
	var names []storage.Name
	p.Walk(func(n *plan.Node, _ int) {
		name := storage.Name{Schema: n.Schema, Relation: n.Relation}
		if n.Relation != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	})
	return names
}

// notFound says which tables of a plan the catalogue does not have under the name that the plan shows.
func notFound(names []storage.Name, all []table) []string {
	var words []string
	for _, name := range names {
		if !slices.ContainsFunc(all, func(t table) bool { return t.schema == name.Schema && t.name == name.Relation }) {
			words = append(words, sqltext.CleanLine(sqltext.Ident(name.Schema, name.Relation))+" is not there under the name that the plan shows: it was "+
				"dropped or renamed, or its name has control characters")
		}
	}
	return words
}

// sortOut returns the tables to analyse, and what is said of the others. ANALYZE of a partitioned table takes its partitions along.
func sortOut(all []table) (todo []table, rest []string) {
	whole := map[uint32]bool{}
	for _, t := range all {
		if state, _ := t.judge(); t.kind == "p" && (state == stale || state == unknown) {
			whole[t.oid] = true
		}
	}
	for _, t := range all {
		state, why := t.judge()
		switch {
		case whole[t.root]:
		case state == stale || state == unknown:
			todo = append(todo, t)
		case state == fresh:
			rest = append(rest, t.String()+" is fresh, "+why)
		default:
			rest = append(rest, t.String()+" is "+why)
		}
	}
	return todo, rest
}

// draft makes the draft of a work. rest is what is said of the statement's other tables.
func draft(f playbooks.Finding, w *work, rest []string) *playbooks.Draft {
	d := &playbooks.Draft{
		Playbook: playbookName, Finding: f, Title: "renew the statistics of " + w.names(), Word: w.word(), Target: w.target(), Before: w.before, Work: w,
		Kind: "ANALYZE", For: w.names(), Prices: w.prices(), Warnings: w.warnings(),
		NoWayBack: "the old statistics are overwritten and do not come back, and neither do the plans that stood on them",
		Lost:      "the statement that was sent goes on in the server, the others are not sent",
		Stopped:   "the table at work keeps its old statistics, those before it have new ones",
	}
	for _, t := range w.tables {
		_, why := t.judge()
		d.SQL = append(d.SQL, t.sql())
		d.Reasons = append(d.Reasons, playbooks.Reason{Part: t.String(), Why: why})
	}
	for _, why := range rest {
		d.Reasons = append(d.Reasons, playbooks.Reason{Part: "left alone", Why: why})
	}
	return d
}

// names lists the tables for a person.
func (w *work) names() string {
	if len(w.tables) > 3 {
		return fmt.Sprintf("%d tables", len(w.tables))
	}
	var names []string
	for _, t := range w.tables {
		names = append(names, t.String())
	}
	return strings.Join(names, ", ")
}

// word is what confirms: the name of one table, of several how many; and a word in the name's place where nobody can type it as it is shown.
func (w *work) word() string {
	name := w.tables[0].name
	if len(w.tables) == 1 && name == sqltext.CleanLine(name) {
		return name
	}
	return "analyze " + strconv.Itoa(len(w.tables))
}

// target is what is changed, for the record.
func (w *work) target() map[string]string {
	var names, oids []string
	for _, t := range w.tables {
		names, oids = append(names, sqltext.Ident(t.schema, t.name)), append(oids, strconv.FormatUint(uint64(t.oid), 10))
	}
	return map[string]string{"relation": strings.Join(names, ", "), "relation_oid": strings.Join(oids, ",")}
}

// pageTime and rowTime are what ANALYZE takes for a page that it reads from memory, and for one column of a row in its sample: measured with tables
// of 7,500 pages and 4 and 20 columns, the best of eight runs each. With statistics targets of 1,000 the columns took about three times as long each.
const (
	pageTime = 16 * time.Microsecond
	rowTime  = 200 * time.Nanosecond
)

// prices say what it reads and how long it takes.
func (w *work) prices() []playbooks.Price {
	var read, sample float64
	var took time.Duration
	measured := true
	for _, t := range w.tables {
		pages, rows := t.pagesRead, min(t.sample, max(t.live, t.rows, 0))
		if t.kind == "p" {
			pages, rows = pages+min(t.sample, t.pages), 2*rows // each partition's, and those of the whole
		}
		read, sample = read+pages, sample+rows
		if t.took != nil {
			took += time.Duration(*t.took * float64(time.Millisecond))
			continue
		}
		measured = false
		took += time.Duration(pages)*pageTime + time.Duration(rows*float64(t.columns))*rowTime
	}
	how := "estimated for pages in memory and an idle server; from disk each page costs a read, and statistics targets above 100 and " +
		"vacuum_cost_delay add to it"
	if measured {
		how = "the mean of its runs so far, measured by the server"
	}
	return []playbooks.Price{
		{Name: "reads", Value: "up to " + figure.Count(read) + " pages", How: fmt.Sprintf("for a sample of %s rows, 300 times the largest statistics "+
			"target; by the pages as of the last VACUUM or ANALYZE", figure.Count(sample))},
		{Name: "takes", Value: "about " + probes.Span(max(took, 10*time.Millisecond)), How: how},
	}
}

// warnings say what it does to others.
func (w *work) warnings() []string {
	names := w.names()
	words := []string{
		"reads and writes of " + names + " go on; VACUUM, DDL and index builds on it wait until it ends (SHARE UPDATE EXCLUSIVE), and it waits for " +
			"those that run",
		"DDL that comes while it runs waits behind it, and queries queue behind that DDL",
		"plans of every statement that reads " + names + " may change with its next planning, to the worse as well",
		"it holds one snapshot while it runs: VACUUM keeps what is newer",
	}
	if slices.ContainsFunc(w.tables, func(t table) bool { return len(t.parts) > 0 }) {
		words = append(words, "of a partitioned table it reads every partition, each by itself and then all together")
	}
	return words
}
