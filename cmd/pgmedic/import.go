package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pgmedic/pgmedic/probes/logs"
	"github.com/pgmedic/pgmedic/probes/record"
)

// importer is what an import is asked to do.
type importer struct {
	format, zone, as, undo, author string
	yes                            bool
}

func newImport() *cobra.Command {
	var i importer
	cmd := &cobra.Command{
		Use:   "import INCIDENT FILE",
		Short: "Put what others wrote down onto an incident's timeline",
		Long: `Put what others wrote down onto the timeline of an incident file: PostgreSQL's csvlog or jsonlog, a table in CSV, JSON lines (message, datetime, timestamp_desc), or
lines that begin with a time, such as a list of deploys. Of the server's log it takes what matters in an incident, by SQLSTATE: refused connections (53300), cancelled
statements, lock waits, deadlocks, checkpoints, restarts; those of one sort in one second become one event with their number. Literals are taken out.

It shows first what would be added, and asks; without a terminal it needs --yes. A time without a zone asks for --zone. Importing a file twice adds nothing, also under
another name; a log that went on brings what is new. --undo takes an import back.`,
		Example: `  pgmedic import orders.pgmedic postgresql.csv
  pgmedic import orders.pgmedic deploys.txt --as deploys --zone Europe/Berlin
  pgmedic import orders.pgmedic --undo 3QSG…`,
		Args: usageArgs(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (i.undo == "") == (len(args) == 1) {
				return usageError{errors.New("name a file to import, or with --undo what to take back")}
			}
			return addTo(args[0], func(f *record.File) error {
				if i.undo != "" {
					return i.takeBack(cmd.OutOrStdout(), f)
				}
				return i.run(cmd.OutOrStdout(), f, args[1])
			})
		},
	}
	cmd.Flags().StringVar(&i.format, "format", string(logs.Auto), "auto, csvlog, jsonlog, csv, jsonl or lines")
	cmd.Flags().StringVar(&i.zone, "zone", "", "time zone of times that name none, as Europe/Berlin")
	cmd.Flags().StringVar(&i.as, "as", "", "what the lines are, for example deploys, alerts or chat")
	cmd.Flags().BoolVar(&i.yes, "yes", false, "add without asking")
	cmd.Flags().StringVar(&i.undo, "undo", "", "the import to take back, by its id")
	cmd.Flags().StringVar(&i.author, "author", author(), "who imports it")
	return cmd
}

func (i importer) takeBack(out io.Writer, f *record.File) error {
	n, err := logs.Undo(f, i.undo, i.author)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "taken back: %d events\n", n)
	return nil
}

// run reads the file, shows what it would add, and adds it once that is wanted.
func (i importer) run(out io.Writer, f *record.File, path string) error {
	in, err := i.read(path)
	if err != nil {
		return err
	}
	plan, err := in.Against(f)
	if err != nil {
		return err
	}
	preview(out, in, plan)
	if len(plan.Add) == 0 {
		fmt.Fprintln(out, "nothing to add")
		return nil
	}
	if !i.yes {
		if wanted, err := asks(out, os.Stdin); err != nil || !wanted {
			return err
		}
	}
	if err := in.Store(f, plan, i.author); err != nil {
		return err
	}
	fmt.Fprintf(out, "added %d events; to take them back: pgmedic import %s --undo %s\n", len(plan.Add), f.Path(), plan.Batch)
	return nil
}

func (i importer) read(path string) (*logs.Import, error) {
	format, err := logs.ParseFormat(i.format)
	if err != nil {
		return nil, usageError{fmt.Errorf("--format is %w", err)}
	}
	options := logs.Options{Format: format, As: i.as}
	if i.zone != "" {
		if options.Zone, err = logs.Zone(i.zone); err != nil {
			return nil, usageError{fmt.Errorf("--zone: %w", err)}
		}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("importing: %w", err)
	}
	defer file.Close()
	return logs.Read(file, path, options)
}

// previewRows is how many events a preview shows.
const previewRows = 10

// preview shows what an import would add and what it leaves out.
func preview(out io.Writer, in *logs.Import, plan logs.Plan) {
	fmt.Fprintf(out, "%s, %s: %d events to add, %d there already\n", in.Name, in.Format, len(plan.Add), plan.Already)
	if n := len(plan.Add); n > 0 {
		fmt.Fprintf(out, "from %s to %s UTC\n", plan.Add[0].At.Format(time.DateTime), plan.Add[n-1].At.Format(time.DateTime))
	}
	if plan.Outside > 0 {
		fmt.Fprintf(out, "%d of them lie more than an hour outside the record: is the zone right?\n", plan.Outside)
	}
	states := map[string]int{}
	for _, e := range plan.Add {
		if state := e.Data["sqlstate"]; state != "" {
			n := 0
			_, _ = fmt.Sscan(e.Data["count"], &n) // none where it is no number
			states[state] += n
		}
	}
	for _, state := range slices.Sorted(maps.Keys(states)) {
		fmt.Fprintf(out, "  SQLSTATE %s: %d lines\n", state, states[state])
	}
	for _, e := range plan.Add[:min(len(plan.Add), previewRows)] {
		fmt.Fprintf(out, "  %s  %s\n", e.At.Format(time.DateTime), e.Title)
	}
	if n := len(plan.Add) - previewRows; n > 0 {
		fmt.Fprintf(out, "  … and %d more\n", n)
	}
	for _, o := range in.Out {
		fmt.Fprintf(out, "left out: %d lines (%s…): %s\n", o.Count, strings.Trim(fmt.Sprint(o.Lines), "[]"), o.Reason)
	}
}

// asks asks on a terminal whether to go ahead.
func asks(out io.Writer, in *os.File) (bool, error) {
	if !isTerminal(in) {
		return false, usageError{errors.New("nothing was added: give --yes where there is no terminal to ask on")}
	}
	fmt.Fprint(out, "add them? (y/N) ")
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && err != io.EOF {
		return false, err
	}
	if strings.EqualFold(strings.TrimSpace(answer), "y") || strings.EqualFold(strings.TrimSpace(answer), "yes") {
		return true, nil
	}
	fmt.Fprintln(out, "nothing was added")
	return false, nil
}
