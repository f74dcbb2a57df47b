package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/probes/storage"
	"github.com/pgmedic/pgmedic/ui/draw"
	"github.com/pgmedic/pgmedic/ui/panes"
)

// mostTables bounds the tables that are looked at for one statement: a plan over partitions names them all.
const mostTables = 40

// openTables opens the page of the tables and indexes of the selected statement, and asks the server for them: those of its plan, which is made first where
// there is none yet.
func (a *App) openTables() tea.Cmd {
	selected, _ := a.selected()
	a.read("tables and indexes of "+statementLine(selected), func(w int) []string { return draw.Wrap("reading the sizes…", w) })
	a.pager.shown = &selected
	a.request++
	a.pager.request = a.request
	var plans []*plan.Plan
	if taken := a.plans[selected.StatementKey]; taken != nil {
		plans = slices.Clone(taken.plans)
	}
	command, cancel := a.lookAtTables(a.request, selected, plans)
	a.pager.cancel = cancel
	return command
}

// lookAtTables reads what is known of the tables of a statement's plans.
func (a *App) lookAtTables(request int, load probes.StatementLoad, plans []*plan.Plan) (tea.Cmd, context.CancelFunc) {
	return a.jobs.job(tablesLimit, func(ctx context.Context) tea.Msg {
		msg := tablesMsg{request: request}
		if len(plans) == 0 {
			p, err := a.planOnce(ctx, load)
			if err != nil {
				msg.err = fmt.Errorf("its tables are those of its plan, which could not be made: %w", err)
				return msg
			}
			plans = []*plan.Plan{p}
		}
		names, used := relationsOf(plans)
		msg.used, msg.left = used, max(len(names)-mostTables, 0)
		msg.tables, msg.err = storage.Tables(ctx, a.deps.Ask, names[:min(len(names), mostTables)])
		return msg
	})
}

// planOnce makes the generic plan of a statement. It is not kept: e takes the plans that are.
func (a *App) planOnce(ctx context.Context, load probes.StatementLoad) (*plan.Plan, error) {
	text, err := a.deps.Ask.StatementText(ctx, load.QueryID)
	if err != nil {
		return nil, fmt.Errorf("reading the statement's text: %w", err)
	}
	return a.deps.Ask.Explain(ctx, explain.Question{Statement: text, QueryID: load.QueryID, UserOID: load.UserOID, Class: plan.Generic})
}

// relationsOf returns the tables of the plans, each once, and the indexes that they use.
func relationsOf(plans []*plan.Plan) ([]storage.Name, map[string]bool) {
	var names []storage.Name
	used := map[string]bool{}
	for _, p := range plans {
		p.Walk(func(n *plan.Node, _ int) {
			name := storage.Name{Schema: n.Schema, Relation: n.Relation}
			if n.Relation != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
			if n.Index != "" {
				used[n.Index] = true
			}
		})
	}
	return names, used
}

// takeTables shows the tables on the page that asked for them.
func (a *App) takeTables(msg tablesMsg) {
	if a.pager == nil || a.pager.request != msg.request {
		return
	}
	at := a.serverNow()
	a.pager.make = func(w int) []string {
		switch {
		case msg.err != nil:
			return draw.Wrap(reasonOf(msg.err), w)
		case len(msg.tables) == 0:
			return draw.Wrap("The plan reads no table.", w)
		}
		return panes.StorageLines(a.theme, panes.Storage{Tables: msg.tables, Used: msg.used, Left: msg.left, At: at}, w)
	}
	a.pager.refresh()
}

// reasonOf is an error for a person, harmless.
func reasonOf(err error) string {
	var elsewhere *explain.ElsewhereError
	if errors.As(err, &elsewhere) {
		return inDatabase(elsewhere.Database, "shows its tables")
	}
	return sqltext.Clean(err.Error())
}

func (a *App) whyNoTables() string {
	if why := a.whyNotExplain(); why != "" {
		return why
	}
	selected, _ := a.selected()
	if database := a.elsewhere(selected); database != "" {
		return inDatabase(database, "shows its tables")
	}
	return ""
}
