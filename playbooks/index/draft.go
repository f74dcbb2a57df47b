package index

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// Draft implements playbooks.Playbook: it plans the statement with the values that hurt, and works out the index that its worst scan misses.
func (playbook) Draft(ctx context.Context, ask *live.Asker, f playbooks.Finding) (*playbooks.Draft, error) {
	text, err := ask.StatementText(ctx, f.Statement.QueryID)
	if err != nil {
		return nil, fmt.Errorf("reading the statement to draft an index for: %w", err)
	}
	before, err := explainHeavy(ctx, ask, explain.Question{Statement: text, QueryID: f.Statement.QueryID, UserOID: f.Statement.UserOID, Class: plan.Heavy})
	if err != nil {
		return nil, fmt.Errorf("planning the statement to draft an index for: %w", err)
	}
	question := again(text, before)
	question.UserOID = f.Statement.UserOID
	scan, err := worstScan(before)
	if err != nil {
		return nil, err
	}
	var draft *playbooks.Draft
	err = ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		chosen, now, err := work(ctx, tx, before, scan)
		if err == nil {
			draft = drafted(chosen, now, before, question)
			draft.Finding = f
		}
		return err
	})
	return draft, err
}

// explainHeavy takes the plan, analysed where that is allowed and ends in time.
func explainHeavy(ctx context.Context, ask *live.Asker, q explain.Question) (*plan.Plan, error) {
	if ask.Can().AnalyzesUnasked() {
		q.Analyze = true
		if p, err := ask.Explain(ctx, q); err == nil {
			return p, nil
		}
		q.Analyze = false
	}
	return ask.Explain(ctx, q)
}

// again asks for the same plan once more: the same text and values, so that after can be compared with before.
func again(text string, before *plan.Plan) explain.Question {
	return explain.Question{Statement: text, QueryID: before.Origin.QueryID, Class: plan.Given, Pattern: before.Origin.Pattern,
		Analyze: before.Origin.Analyzed, Values: explain.ValuesOf(before)}
}

// work chooses the index for the scan, or says in a NoDraft why there is none.
func work(ctx context.Context, tx pgx.Tx, before *plan.Plan, scan *plan.Node) (*chooser, reading, error) {
	t, err := readTable(ctx, tx, scan.Schema, scan.Relation)
	if err != nil {
		return nil, reading{}, err
	}
	if err := t.unfit(); err != nil {
		return nil, reading{}, err
	}
	c := &chooser{planner: planner{tx, t}, conditions: sorted(conjuncts(scan, t), t, before.Origin.Parameters), order: orderNeeded(before, scan, t)}
	if err := c.choose(ctx); err != nil {
		return nil, reading{}, err
	}
	now, err := readingNow(ctx, c.planner, scan)
	if err != nil {
		return nil, reading{}, err
	}
	return c, now, c.refuse(now)
}

// drafted puts the draft together.
func drafted(c *chooser, now reading, before *plan.Plan, q explain.Question) *playbooks.Draft {
	d, name := c.definition, c.definition.name()
	return &playbooks.Draft{
		Playbook: playbookName,
		Title:    fmt.Sprintf("index %s on %s", name, c.table),
		SQL:      []string{d.createSQL()},
		Word:     name,
		Target:   map[string]string{"relation": c.table.String(), "index": name},
		Reasons:  append(c.reasons, judgedWith(before)...),
		Prices:   prices(c, now),
		Warnings: warnings(c),
		Undo:     []string{dropSQL(d.Schema, name)},
		Before:   before,
		Facts:    c.table.facts(before.Origin.TakenAt),
		Work: &build{
			definition: d, table: c.table.OID, relation: c.table.String(),
			bytes: bytesOf(d, c.table, c.entries), before: before, question: q,
		},
	}
}

// judgedWith says where the values came from that the plan and the estimates stand on. The values themselves are not shown.
func judgedWith(p *plan.Plan) []playbooks.Reason {
	var words []string
	for _, parameter := range p.Origin.Parameters {
		if parameter.Column != "" && parameter.From != plan.FromNone {
			words = append(words, fmt.Sprintf("%s (%s)", parameter.Column, parameter.From))
		}
	}
	var reasons []playbooks.Reason
	if len(words) > 0 {
		reasons = append(reasons, playbooks.Reason{Part: "judged with", Why: "values from pg_stats: " + strings.Join(words, ", ")})
	}
	if p.Origin.Note != "" {
		reasons = append(reasons, playbooks.Reason{Part: "judged without", Why: p.Origin.Note})
	}
	return reasons
}

// warnings says what the build does to others, what is left behind when it is stopped, and what it cannot help.
func warnings(c *chooser) []string {
	table := c.table.String()
	return append([]string{
		"writes to " + table + " are not blocked; VACUUM and DDL on it wait until the build ends, and queries queue behind such DDL",
		"it waits for transactions that wrote " + table + " and for every older snapshot in this database",
		"leaving pgmedic does not stop the build",
		"cancelling it leaves an INVALID index that serves no query and still costs every write, until it is dropped",
		"an application transaction that wrote " + table + " and then runs DDL on it can be the victim of a deadlock",
	}, rewriteHints(c.hopeless)...)
}
