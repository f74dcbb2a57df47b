package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/replay"
	"github.com/pgmedic/pgmedic/probes/watch"
	"github.com/pgmedic/pgmedic/ui/draw"
	"github.com/pgmedic/pgmedic/ui/panes"
)

// Deps is what the workbench works with.
type Deps struct {
	Updates      <-chan watch.Update // of a server
	Player       Player              // of a recorded incident; nil: the workbench is on a server
	Moves        <-chan replay.Move  // that the player makes
	Source       probes.Source
	Ask          *live.Asker       // nil: nothing can be explained or drafted
	Engine       *playbooks.Engine // nil: nothing can be applied
	Books        []playbooks.Playbook
	Record       *record.File          // nil: not recorded
	Earlier      func() []record.Event // what was done on record of earlier incidents; nil: nothing is known of them
	ReportFolder string                // where x writes the report
	Now          func() time.Time
	Theme        *draw.Theme
	Title        string             // for example "drill"; empty on an ordinary server
	Guide        func(Scene) string // says in one line what to try next; nil: nobody does
	Author       string             // who writes the notes
	Zone         *time.Location     // second zone of the clocks; nil: UTC alone
	Interval     time.Duration      // between samples at the start; 0: 1 s
}

// windowKept is how long the workbench keeps samples in full.
const windowKept = 5 * time.Minute

// framesPerSecond is plenty for figures that change once a second, and saves four fifths of the default's CPU.
const framesPerSecond = 10

// Run shows the workbench until the person leaves it or ctx ends. The terminal is restored in any case. When Run returns, everything that the workbench
// started has ended, but for a build that was confirmed: that goes on in the server.
func Run(ctx context.Context, deps Deps) error {
	screen := &terminal{File: os.Stdout}
	app := New(deps)
	app.screen = screen
	program := tea.NewProgram(app, tea.WithContext(ctx), tea.WithOutput(screen), tea.WithAltScreen(), tea.WithFPS(framesPerSecond), tea.WithMouseCellMotion())
	_, err := program.Run()
	app.close()
	if app.failed != nil {
		return fmt.Errorf("following the server: %w", app.failed)
	}
	if err == nil || ctx.Err() != nil || errors.Is(err, tea.ErrInterrupted) {
		return nil
	}
	return fmt.Errorf("running the workbench: %w", err)
}

// App is the workbench's model, the only one.
type App struct {
	deps    Deps
	theme   *draw.Theme
	actions []action
	jobs    *jobs
	screen  io.Writer // where sequences for the terminal itself go, such as the clipboard's

	width, height int
	layout        layout
	page          page
	focus         paneID
	zoomed        bool

	// What stands over the page and has the keys before it; nil or false: nothing.
	prompt  *prompt
	palette *palette
	leaving bool // asks whether to leave while something is being applied

	header      panes.Header
	connections panes.Connections
	statements  panes.Statements
	plan        panes.PlanTree
	found       panes.Findings
	ticker      panes.Ticker
	scrub       panes.Scrub // of a replay
	pager       *pager      // the text page; nil elsewhere

	window    *probes.Window
	findings  []playbooks.Finding
	leftovers []playbooks.Finding // as found the last time; among the findings
	search    int                 // number of the newest search for them
	seekAt    time.Time           // when they are looked for the next time; zero: with the first sample
	sought    time.Time           // when they were looked for the last time, as of the sample then, server clock
	touched   bool                // a key was pressed, or the mouse
	events    []record.Event
	eventIDs  map[string]bool // of those in events
	trouble   *probes.Trouble
	recordErr error
	fresh     bool          // the window holds a sample that is not shown yet
	ended     bool          // no more samples come
	failed    error         // a panic of who follows the server, told when the terminal is restored
	now       time.Time     // local clock, as of the last message that told it
	started   time.Time     // local clock
	offset    time.Duration // server's clock less the local one, as of the last sample
	interval  time.Duration
	frozen    bool // the screen keeps its data; the record goes on

	replay replaying // where it stands; of a server: nothing

	request   int // the last id given to a command whose answer may become stale
	explain   explaining
	plans     map[probes.StatementKey]*takenPlans
	treatment *treatment   // what the playbook's page shows; nil: none
	aside     []*treatment // that go on beside it, or did: their pages were left
	filter    string
	notice    notice
}

// New makes the model. It does nothing until Init.
func New(deps Deps) *App {
	if deps.Interval == 0 {
		deps.Interval = time.Second
	}
	now := deps.Now()
	mode := onServer
	if deps.Player != nil {
		mode = onRecord
	}
	a := &App{
		deps: deps, theme: deps.Theme, actions: actionsIn(mode), jobs: newJobs(), screen: io.Discard,
		page: workbench, focus: statementsPane, window: probes.NewWindow(windowKept), plans: map[probes.StatementKey]*takenPlans{}, eventIDs: map[string]bool{},
		now: now, started: now, interval: deps.Interval,
	}
	a.show()
	return a
}

// Init waits for the first update and starts the clock. The first frame is drawn before either.
func (a *App) Init() tea.Cmd {
	if a.isReplay() {
		return tea.Batch(a.startReplay(), a.tick())
	}
	return tea.Batch(a.waitUpdate(), a.tick())
}

// Update takes one message: a key goes to who has the keys, news go to where they are kept, then what is shown is brought up to date.
func (a *App) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		a.resize(msg.Width, msg.Height)
		return a, nil
	case tea.KeyMsg:
		return a, a.keys(msg)
	case tea.MouseMsg:
		return a, a.mouse(msg)
	}
	return a, a.news(msg)
}

// close ends what the commands still do, gives back the sessions that wait for a confirmation, and stops what ends with pgmedic.
func (a *App) close() { a.jobs.end() }
