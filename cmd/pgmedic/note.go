package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/pgmedic/pgmedic/probes/record"
)

// noteFlags is what a note may say besides its text.
type noteFlags struct {
	note              record.Note
	at, zone          string
	supersede, remove string
}

func newNote() *cobra.Command {
	var flags noteFlags
	cmd := &cobra.Command{
		Use:   "note INCIDENT [TEXT]",
		Short: "Write a note onto an incident's timeline",
		Long: `Write a note onto the timeline of an incident file, also while a workbench records into it. The database is not needed.

--at says when it was: 16:20 (the one in the record or next to it), -10m, ~16:20±5m, 2026-11-23 16:20, 2026-11-23T16:20+02:00; without it, now. A time without a zone
is of --zone, else of the zone that the file shows, else UTC. What may mean two times is asked for.

Nothing is edited in place: --supersede puts a corrected version in an event's place, --remove takes one back; both stay in the file. An event's id is what
pgmedic timeline --format csv shows, or the beginning of it.`,
		Example: `  pgmedic note orders.pgmedic "first ticket: reports do not open" --at 16:17 --mark detected
  pgmedic note orders.pgmedic "the batch was started by hand" --at "~16:10±5m" --author anna
  pgmedic note orders.pgmedic "the cache was cold" --hypothesis rejected`,
		Args: usageArgs(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			flags.note.Text = strings.Join(args[1:], "")
			return addTo(args[0], func(f *record.File) error {
				said, err := flags.write(f, cmd.Flags())
				if err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), said)
				return nil
			})
		},
	}
	flags.add(cmd.Flags())
	cmd.MarkFlagsMutuallyExclusive("decision", "hypothesis", "mark", "supersede", "remove")
	return cmd
}

func (n *noteFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&n.at, "at", "now", "when it was")
	flags.StringVar(&n.zone, "zone", "", "time zone of --at, as Europe/Berlin")
	flags.StringVar(&n.note.Author, "author", author(), "who says it")
	flags.BoolVar(&n.note.Decision, "decision", false, "it is a decision")
	flags.StringVar(&n.note.Hypothesis, "hypothesis", "", "it is a hypothesis: "+strings.Join(record.HypothesisStates(), ", "))
	flags.StringVar(&n.note.Mark, "mark", "", "it marks a moment of the incident: "+strings.Join(record.PersonsMarks(), ", ")+"; TEXT may be left out")
	flags.BoolVar(&n.note.Star, "star", false, "it is to be seen first")
	flags.BoolVar(&n.note.Internal, "internal", false, "it stays out of what is written for the public")
	flags.StringVar(&n.supersede, "supersede", "", "id of the event that it corrects")
	flags.StringVar(&n.remove, "remove", "", "id of the event to take back")
}

// write stores what was asked for, and returns what to say of it.
func (n *noteFlags) write(f *record.File, flags *pflag.FlagSet) (string, error) {
	if n.remove != "" {
		if n.note.Text != "" {
			return "", usageError{errors.New("--remove takes an event back, and no text")}
		}
		gone, err := f.Remove(n.remove, n.note.Author)
		return fmt.Sprintf("taken back: %s  %s", stampOf(gone, time.UTC), gone.Title), err
	}
	zone, err := zoneOf(f, n.zone)
	if err != nil {
		return "", err
	}
	span, err := f.Span()
	if err != nil {
		return "", err
	}
	if n.note.When, err = (record.TimeReader{Now: time.Now(), Zone: zone, From: span.From, To: span.To}).Parse(n.at); err != nil {
		return "", usageError{err}
	}
	n.note.Source = "note"
	var stored record.Event
	if n.supersede != "" {
		stored, err = f.Correct(n.supersede, func(e *record.Event) { n.change(e, flags) })
	} else {
		stored, err = f.AddNote(n.note)
	}
	return fmt.Sprintf("%s  %s\nid %s", stampOf(stored, zone), stored.Title, stored.ID), err
}

// change puts into an event what was said of it.
func (n *noteFlags) change(e *record.Event, flags *pflag.FlagSet) {
	if n.note.Text != "" {
		e.SetText(n.note.Text)
	}
	if flags.Changed("at") {
		e.At, e.Within, e.Basis = n.note.When.At, n.note.When.Within, n.note.When.Basis
	}
	if flags.Changed("star") {
		e.Star = n.note.Star
	}
	if flags.Changed("internal") {
		e.Internal = n.note.Internal
	}
	e.Author = n.note.Author
}

// stampOf is when an event was, in UTC and in the zone where that is another.
func stampOf(e record.Event, zone *time.Location) string {
	text := e.At.UTC().Format("2006-01-02 15:04:05 UTC")
	if e.Within > 0 {
		text += " ±" + e.Within.String()
	}
	if zone != time.UTC {
		text += e.At.In(zone).Format(" (15:04:05 " + zone.String() + ")")
	}
	return text
}
