package ui

import (
	"slices"
	"strconv"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
)

// page is a screen; an action says on which of them it is there.
type page uint8

const (
	workbench    page = 1 << iota
	playbookPage      // one run of a playbook
	textPage          // a text in full: a statement, the help
	anyPage      = workbench | playbookPage | textPage
)

// mode is what the workbench is on; an action says in which of them it is there.
type mode uint8

const (
	anyMode mode = iota
	onServer
	onRecord // a recorded incident
)

// action is one thing that a key does. The table of them feeds the keys, the footer, the help, the palette and the documentation.
type action struct {
	id    string
	keys  []string // as bubbletea names them
	hint  string   // one or two words for the footer; empty: not in it
	help  string
	group string
	on    page
	in    mode
	why   func(*App) string // why it is not possible now; nil or empty: it is
	do    func(*App) tea.Cmd
}

// The groups of the help, in its order.
const (
	groupAct     = "understand and act"
	groupPage    = "a playbook's page"
	groupReplay  = "go through a recorded incident"
	groupKeep    = "keep for afterwards"
	groupShow    = "what is shown"
	groupMove    = "move"
	groupProgram = "pgmedic"
)

// actions is the table. Its order is that of the footer's hints.
func actions() []action {
	return slices.Concat(replayActions(), actingActions(), pageActions(), keepActions(), showActions(), moveActions(), copyActions(), programActions())
}

// actionsIn are those of a mode.
func actionsIn(m mode) []action {
	return slices.DeleteFunc(actions(), func(act action) bool { return act.in != anyMode && act.in != m })
}

func actingActions() []action {
	return []action{
		{id: "explain", keys: []string{"e"}, hint: "explain", group: groupAct, on: workbench | textPage, why: (*App).whyNotExplain, do: (*App).explainSelected,
			help: "take the selected statement's plan, for its heavy hitters, for typical and for unknown values; in the drill with actual figures too"},
		{id: "analyze", keys: []string{"E"}, group: groupAct, on: workbench, why: (*App).whyNotAnalyze, do: (*App).askAnalyze,
			help: "EXPLAIN ANALYZE with the values of the plan shown: says what that does, and runs the statement once, read-only, at most 30 s, after you typed " +
				"analyze"},
		{id: "other plan", keys: []string{"v"}, hint: "next plan", group: groupAct, on: workbench, why: (*App).whyNoOtherPlan, do: (*App).otherPlan,
			help: "show the next of the plans taken of the statement"},
		{id: "draft", keys: []string{"d"}, hint: "draft", group: groupAct, on: workbench | textPage, why: (*App).whyNotDraft, do: (*App).draftSelected,
			help: "draft an index for the selected statement; nothing is changed before its name is typed"},
		{id: "activity", keys: []string{"a"}, hint: "activity", group: groupAct, on: workbench | textPage, why: (*App).whyNoActivity, do: (*App).openActivity,
			help: "who waits for whom, long transactions, who keeps dead rows, what runs and how far it is, replication, databases, checkpoints, and what is not known"},
		{id: "tables", keys: []string{"i"}, hint: "tables", group: groupAct, on: workbench | textPage, why: (*App).whyNoTables, do: (*App).openTables,
			help: "tables and indexes of the selected statement: sizes, rows, dead rows, use, validity"},
		{id: "playbook", keys: []string{"p"}, hint: "playbook", group: groupAct, on: workbench, why: (*App).whyNoPlaybook, do: (*App).openPlaybook,
			help: "return to the playbook's page; where none is open, or its end was seen, list the playbooks to start"},
		{id: "aside", keys: []string{"H"}, group: groupAct, on: anyPage, why: (*App).whyNoAside, do: (*App).openAside,
			help: "show what runs beside other work, such as holding the line, or what became of it"},
	}
}

func keepActions() []action {
	return []action{
		{id: "note", keys: []string{"n"}, hint: "note", group: groupKeep, on: anyPage, why: (*App).whyNoRecord, do: (*App).askNote,
			help: "write a note onto the timeline"},
		{id: "report", keys: []string{"x"}, hint: "report", group: groupKeep, on: anyPage, why: (*App).whyNoRecord, do: (*App).startReport,
			help: "write the report of everything recorded so far"},
	}
}

func copyActions() []action {
	return []action{
		{id: "copy", keys: []string{"y"}, hint: "copy", group: groupKeep, on: anyPage, why: (*App).whyNoCopy, do: (*App).copySelected,
			help: "send the statement's text, or the draft's SQL, to the terminal's clipboard"},
	}
}

func pageActions() []action {
	return []action{
		{id: "confirm", keys: []string{"enter"}, hint: "confirm", group: groupPage, on: playbookPage, why: (*App).whyNotConfirm, do: (*App).openConfirmation,
			help: "ask for the word that confirms the draft, and apply it"},
		{id: "cancel", keys: []string{"c"}, hint: "stop", group: groupPage, on: playbookPage, why: (*App).whyNotCancel, do: (*App).askCancel,
			help: "ask for the word that cancels what is being applied; stop at once what signals sessions"},
		{id: "next draft", keys: []string{"tab"}, hint: "next draft", group: groupPage, on: playbookPage, why: (*App).whyNoVariants,
			do: func(a *App) tea.Cmd { return a.chooseNext(1) }, help: "choose the next of the drafts for the finding; each has its own preflight"},
		{id: "previous draft", keys: []string{"shift+tab"}, group: groupPage, on: playbookPage, why: (*App).whyNoVariants,
			do: func(a *App) tea.Cmd { return a.chooseNext(-1) }, help: "choose the draft before"},
		chooseAction(0, "first"), chooseAction(1, "second"), chooseAction(2, "third"),
		{id: "adjust", keys: []string{"r"}, hint: "adjust", group: groupPage, on: playbookPage, why: (*App).whyNotAdjust, do: (*App).askAdjusted,
			help: "type another name for what the draft makes, or other bounds for what it does; the draft and its preflight are made anew"},
		{id: "undo", keys: []string{"u"}, hint: "undo", group: groupPage, on: playbookPage, why: (*App).whyNoUndo, do: (*App).openUndo,
			help: "draft what takes the applied change back"},
		{id: "previous step", keys: []string{"left", "h"}, group: groupPage, on: playbookPage, do: func(a *App) tea.Cmd { a.treatment.steps.Go(-1); return nil },
			help: "show the step before"},
		{id: "next step", keys: []string{"right", "l"}, hint: "next step", group: groupPage, on: playbookPage, why: (*App).whyNoNextStep,
			do:   func(a *App) tea.Cmd { a.treatment.steps.Go(1); return nil },
			help: "show the next step"},
		{id: "draft anew", keys: []string{"R"}, hint: "draft anew", group: groupPage, on: playbookPage, why: (*App).whyNotAgain, do: (*App).draftAgain,
			help: "look again, and draft anew for what is there now"},
	}
}

// chooseAction chooses the draft at i.
func chooseAction(i int, name string) action {
	return action{id: name + " draft", keys: []string{strconv.Itoa(i + 1)}, group: groupPage, on: playbookPage, help: "choose the " + name + " draft",
		why: func(a *App) string { return a.whyNoVariant(i) }, do: func(a *App) tea.Cmd { return a.choose(i) }}
}

func showActions() []action {
	return []action{
		{id: "filter", keys: []string{"/"}, hint: "filter", group: groupShow, on: workbench, do: (*App).askFilter,
			help: "show only the statements that match"},
		{id: "open", keys: []string{"enter"}, hint: "open", group: groupShow, on: workbench, why: (*App).whyNotOpen, do: (*App).open,
			help: "show the selected statement in full; on a finding, run its playbook"},
		{id: "zoom", keys: []string{"z"}, hint: "zoom", group: groupShow, on: workbench, do: func(a *App) tea.Cmd { a.zoomed = !a.zoomed; return nil },
			help: "give the focused pane the whole screen, or take it back"},
		{id: "freeze", keys: []string{" "}, hint: "freeze", group: groupShow, on: workbench, in: onServer, do: (*App).freeze,
			help: "freeze the screen, or let it go on; recording goes on in any case"},
		{id: "slower", keys: []string{"+"}, group: groupShow, on: workbench, in: onServer, why: (*App).whyNoInterval, do: func(a *App) tea.Cmd { return a.setInterval(longer(a.interval)) },
			help: "look less often"},
		{id: "faster", keys: []string{"-"}, group: groupShow, on: workbench, in: onServer, why: (*App).whyNoInterval, do: func(a *App) tea.Cmd { return a.setInterval(shorter(a.interval)) },
			help: "look more often"},
		{id: "palette", keys: []string{":", "ctrl+k"}, hint: "palette", group: groupShow, on: anyPage, do: (*App).openPalette,
			help: "find any action, playbook or statement by name"},
	}
}

func moveActions() []action {
	focus := func(p paneID) func(*App) tea.Cmd { return func(a *App) tea.Cmd { a.focus = p; return nil } }
	return []action{
		{id: "next pane", keys: []string{"tab"}, hint: "pane", group: groupMove, on: workbench, do: func(a *App) tea.Cmd { return a.nextPane(1) },
			help: "go to the next pane"},
		{id: "previous pane", keys: []string{"shift+tab"}, group: groupMove, on: workbench, do: func(a *App) tea.Cmd { return a.nextPane(-1) },
			help: "go to the pane before"},
		{id: "connections", keys: []string{"1"}, group: groupMove, on: workbench, do: focus(connectionsPane), help: "go to the connections"},
		{id: "statements", keys: []string{"2"}, group: groupMove, on: workbench, do: focus(statementsPane), help: "go to the statements"},
		{id: "plan", keys: []string{"3"}, group: groupMove, on: workbench, do: focus(planPane), help: "go to the plan"},
		{id: "findings", keys: []string{"4"}, group: groupMove, on: workbench, do: focus(findingsPane), help: "go to the findings"},
		{id: "up", keys: []string{"up", "k"}, group: groupMove, on: anyPage, do: func(a *App) tea.Cmd { return a.move(-1) }, help: "one line up"},
		{id: "down", keys: []string{"down", "j"}, group: groupMove, on: anyPage, do: func(a *App) tea.Cmd { return a.move(1) }, help: "one line down"},
		{id: "top", keys: []string{"g", "home"}, group: groupMove, on: anyPage, do: func(a *App) tea.Cmd { return a.move(-far) }, help: "to the top"},
		{id: "bottom", keys: []string{"G", "end"}, group: groupMove, on: anyPage, do: func(a *App) tea.Cmd { return a.move(far) }, help: "to the bottom"},
		{id: "page up", keys: []string{"pgup", "ctrl+u"}, group: groupMove, on: anyPage, do: func(a *App) tea.Cmd { return a.movePages(-1) }, help: "one page up"},
		{id: "page down", keys: []string{"pgdown", "ctrl+d"}, group: groupMove, on: anyPage, do: func(a *App) tea.Cmd { return a.movePages(1) },
			help: "one page down"},
	}
}

func programActions() []action {
	return []action{
		{id: "back", keys: []string{"esc"}, hint: "back", group: groupProgram, on: anyPage, why: (*App).whyNoWayBack, do: (*App).back,
			help: "back to where you came from; never leaves pgmedic, never stops what is being applied"},
		{id: "close", keys: []string{"q"}, group: groupProgram, on: playbookPage | textPage, do: (*App).back,
			help: "close the page, as esc does"},
		{id: "help", keys: []string{"?"}, hint: "help", group: groupProgram, on: anyPage, do: (*App).openHelp,
			help: "this help"},
		{id: "quit", keys: []string{"q"}, hint: "quit", group: groupProgram, on: workbench, do: (*App).quit,
			help: "leave pgmedic; asks while something is being applied"},
		{id: "leave", keys: []string{"ctrl+c"}, group: groupProgram, on: anyPage, do: func(*App) tea.Cmd { return tea.Quit },
			help: "leave pgmedic at once; a build goes on in the server, what signals sessions stops"},
		{id: "suspend", keys: []string{"ctrl+z"}, group: groupProgram, on: anyPage, do: func(*App) tea.Cmd { return tea.Suspend },
			help: "suspend pgmedic; the shell's fg brings it back"},
	}
}

// whyNot returns why the action is not possible now; empty: it is.
func (a *App) whyNot(act action) string {
	if act.why == nil {
		return ""
	}
	return act.why(a)
}

// keyNames are the keys that people call otherwise than bubbletea does.
var keyNames = map[string]string{
	" ": "space", "up": "↑", "down": "↓", "left": "←", "right": "→", "enter": "⏎", "pgdown": "pgdn", "shift+tab": "shift-tab",
}

// names returns the action's keys as people call them.
func (act action) names() []string {
	names := make([]string, len(act.keys))
	for i, key := range act.keys {
		name, other := keyNames[key]
		if !other {
			name = strings.Replace(key, "ctrl+", "ctrl-", 1)
		}
		names[i] = name
	}
	return names
}

// String names the pages.
func (p page) String() string {
	if p == anyPage {
		return "everywhere"
	}
	var names []string
	for _, one := range []struct {
		page page
		name string
	}{{workbench, "workbench"}, {playbookPage, "playbook"}, {textPage, "text"}} {
		if p&one.page != 0 {
			names = append(names, one.name)
		}
	}
	return strings.Join(names, ", ")
}

// KeyTable returns the keys and the pages they are for as a table in markdown, group by group, for the documentation.
func KeyTable() string {
	var b strings.Builder
	b.WriteString("| key | on | what it does |\n|---|---|---|\n")
	for _, group := range groups() {
		for _, act := range actions() {
			if act.group == group {
				b.WriteString("| `" + strings.Join(act.names(), "` `") + "` | " + act.where() + " | " + act.help + " |\n")
			}
		}
	}
	return b.String()
}

// where names the pages that the action is on, and the workbench that has it where the other has not.
func (act action) where() string {
	switch act.in {
	case onServer:
		return act.on.String() + ", live"
	case onRecord:
		return act.on.String() + ", replay"
	}
	return act.on.String()
}

func groups() []string {
	return []string{groupAct, groupPage, groupReplay, groupKeep, groupShow, groupMove, groupProgram}
}
