package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pgmedic/pgmedic/playbooks/drill"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/watch"
	"github.com/pgmedic/pgmedic/ui"
)

// drillGuide is the drill's one line of help on the screen: what to do next.
func drillGuide(scenario drill.Scenario) func(ui.Scene) string {
	if scenario == drill.Locks {
		return locksGuide
	}
	return spikeGuide
}

func spikeGuide(s ui.Scene) string {
	switch {
	case s.Applying, s.Applied && s.InIncident():
		return "watch the connections come back"
	case s.Drafted:
		return "⏎ asks for the word that confirms: type " + s.Word + " to go ahead"
	case s.InIncident():
		return "the spike is on: e takes the statement's plan, d drafts an index"
	case !s.Onset.IsZero():
		return "recovered: x writes the report, q leaves"
	case s.Baseline.Known():
		return "there is a baseline now: the spike comes"
	}
	return fmt.Sprintf("a spike comes once there is a baseline (%d of %d samples)", s.Baseline.N, probes.BaselineMinimum)
}

func locksGuide(s ui.Scene) string {
	switch {
	case s.Applying, s.Applied && s.Waiting > 0:
		return "watch the sessions go on"
	case s.Drafted:
		return "⏎ asks for the word that confirms: type " + s.Word + " to go ahead"
	case s.Waiting >= watch.PileUpWaiters:
		return fmt.Sprintf("%d sessions wait: 4 goes to the findings, ⏎ drafts the way out", s.Waiting)
	case s.Applied, !s.Onset.IsZero():
		return "nobody waits any more: x writes the report, q leaves"
	case s.Baseline.Known():
		return "there is a baseline now: the pile-up comes"
	}
	return fmt.Sprintf("a pile-up comes once there is a baseline (%d of %d samples)", s.Baseline.N, probes.BaselineMinimum)
}

func newDrill() *cobra.Command {
	var opts drill.Options
	var screen screen
	var auto bool
	cmd := &cobra.Command{
		Use:   "drill",
		Short: "Rehearse an incident on a throw-away server",
		Long: `Rehearse an incident on a throw-away PostgreSQL server of your own machine. The workbench opens on it; leaving the workbench stops everything
and removes the server. The scenarios:

  spike  an application whose lookup has no fitting index, a baseline, then three times the load until it cannot connect any more
  locks  a transaction left open by a person, a migration that waits for it, and within seconds the whole application behind that

With --auto it plays the whole story by itself, without a terminal: it says each step with its figure, treats what is wrong, and writes the report.`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(drill.Scenarios, opts.Scenario) {
				return usageError{fmt.Errorf("--scenario is %s, not %q", scenarioNames(), string(opts.Scenario))}
			}
			if opts.Hold && (!auto || opts.Scenario != drill.Spike) {
				return usageError{errors.New("--hold is for pgmedic drill --auto of the spike")}
			}
			if auto {
				return drill.Auto(cmd.Context(), opts, cmd.OutOrStdout())
			}
			if err := screen.check("pgmedic drill --auto needs none"); err != nil {
				return err
			}
			return openDrill(cmd.Context(), opts, screen, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar((*string)(&opts.Scenario), "scenario", string(drill.Spike), "what to rehearse: "+scenarioNames())
	rows := fmt.Sprintf("rows of the table reports.reports (default %d, for locks %d)", drill.DefaultRows, drill.LocksRows)
	cmd.Flags().IntVar(&opts.Rows, "rows", 0, rows)
	cmd.Flags().BoolVar(&opts.Keep, "keep", false, "leave the server running at the end, and say how to connect and how to end it")
	cmd.Flags().BoolVar(&opts.Hold, "hold", false, "with --auto: hold the line during the spike, so that slots are free while the index is built")
	cmd.Flags().BoolVar(&auto, "auto", false, "play the whole story without a terminal")
	screen.addFlags(cmd.Flags())
	return cmd
}

// scenarioNames lists them for a person.
func scenarioNames() string {
	names := make([]string, len(drill.Scenarios))
	for i, s := range drill.Scenarios {
		names[i] = string(s)
	}
	return strings.Join(names, " or ")
}

// openDrill starts the drill and opens the workbench on it.
func openDrill(ctx context.Context, opts drill.Options, screen screen, out io.Writer) (err error) {
	bar := loadBar{out: os.Stderr}
	d, err := drill.Start(ctx, opts, bar.say, bar.show)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, d.Stop())
		fmt.Fprint(out, d.Kept())
	}()
	source, err := live.New(live.Config{DSN: d.DSN(), Interval: drill.SampleInterval})
	if err != nil {
		return err
	}
	defer source.Close()
	rec, err := record.Create(record.Folder(), "drill", time.Now())
	if err != nil {
		return err
	}
	ready := make(chan struct{})
	close(ready)
	b := bench{source: source, rec: rec, screen: screen, interval: drill.SampleInterval, title: "drill", guide: drillGuide(opts.Scenario), out: out}
	b.direct = func(updates <-chan watch.Update) <-chan watch.Update { return d.Direct(ctx, updates, rec, ready) }
	return b.run(ctx)
}

// loadBar shows how much of the table is loaded, on one line.
type loadBar struct {
	out  io.Writer
	open bool // the line is not finished
}

const loadBarWidth = 40

func (b *loadBar) show(done float64) {
	full := int(done * loadBarWidth)
	fmt.Fprintf(b.out, "\rloading %s%s %3.0f %%", strings.Repeat("#", full), strings.Repeat(".", loadBarWidth-full), done*100)
	b.open = true
}

func (b *loadBar) say(step string) {
	if b.open {
		fmt.Fprintln(b.out)
		b.open = false
	}
	fmt.Fprintln(b.out, step)
}
