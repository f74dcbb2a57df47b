package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/pgmedic/pgmedic/playbooks/catalogue"
	"github.com/pgmedic/pgmedic/playbooks/snapshot"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
)

// pipeWidth is the width of the text where there is no terminal to ask.
const pipeWidth = 100

func newSnapshot() *cobra.Command {
	var server connection
	var format string
	var width int
	var ascii bool
	opts := snapshot.Options{Books: catalogue.All()}
	cmd := &cobra.Command{
		Use:   "snapshot [DSN]",
		Short: "Look at a server for two seconds and say what is going on",
		Long: `Look at a server for two seconds and say what is going on, the answer first: who holds the connections, what they run and wait for, who blocks
whom, what is open for long, what the playbooks see, and what could not be seen and why. Nothing is changed, nothing is recorded; no terminal is needed.

The text is for a terminal or a mail, the markdown fits one chat message, the JSON's fields are stable (units in their names, null is unknown).
It is fit to be passed on: statements without their constants, no values, and aliases for the clients' addresses, within names too, unless --addresses is
given.

On a full server it keeps trying for a slot as long as --wait says. Exit codes: 0 done, 1 the server could not be looked at, or stopped answering during the
look (what was seen until then is written), 2 the command line was not understood.`,
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			dsn, err := server.dsn(args)
			if err != nil {
				return err
			}
			if err := checkSnapshot(opts, format, width); err != nil {
				return err
			}
			source, err := live.New(live.Config{DSN: dsn, Interval: snapshot.Interval(opts.For), LookOnly: true, ReadOnly: "a snapshot only looks", Analyze: "a snapshot only looks"})
			if err != nil {
				return usageError{err}
			}
			defer closeSoon(source)
			seen, err := snapshot.Take(cmd.Context(), source, opts)
			if err != nil {
				return err
			}
			if err := writeSnapshot(cmd.OutOrStdout(), seen, format, width, ascii); err != nil {
				return err
			}
			if seen.BrokenOff != nil {
				return fmt.Errorf("the look was cut short: %s", *seen.BrokenOff)
			}
			return nil
		},
	}
	server.addFlags(cmd.Flags())
	cmd.Flags().StringVar(&format, "format", "text", "text, markdown (for one chat message) or json")
	cmd.Flags().DurationVar(&opts.For, "for", 2*time.Second, "how long to look, 0s to 1m; with 0s there are no statement figures")
	cmd.Flags().DurationVar(&opts.Wait, "wait", 10*time.Second, "how long to try to get in")
	cmd.Flags().IntVar(&width, "width", 0, fmt.Sprintf("width of the text, %d or more (default: the terminal's, else %d)", snapshot.LeastWidth, pipeWidth))
	cmd.Flags().BoolVar(&ascii, "ascii", false, "text with ASCII marks only")
	cmd.Flags().BoolVar(&opts.Addresses, "addresses", false, "show the clients' addresses as they are")
	return cmd
}

// closeSoon closes the source, and does not wait for a server that does not answer: the program ends, and with it the connection.
func closeSoon(source *live.Server) {
	closed := make(chan struct{})
	go func() {
		source.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(time.Second):
	}
}

// checkSnapshot refuses what cannot be done.
func checkSnapshot(opts snapshot.Options, format string, width int) error {
	switch {
	case format != "text" && format != "markdown" && format != "json":
		return usageError{fmt.Errorf("--format is text, markdown or json, not %q", format)}
	case opts.For < 0 || opts.For > probes.StatementSpan:
		return usageError{fmt.Errorf("--for is 0s to %s, not %s", probes.StatementSpan, opts.For)}
	case opts.Wait <= 0:
		return usageError{fmt.Errorf("--wait is more than 0s, not %s", opts.Wait)}
	case width != 0 && width < snapshot.LeastWidth:
		return usageError{fmt.Errorf("--width is %d or more, not %d", snapshot.LeastWidth, width)}
	}
	return nil
}

func writeSnapshot(out io.Writer, seen *snapshot.Snapshot, format string, width int, ascii bool) error {
	var text string
	switch format {
	case "markdown":
		text = seen.Markdown()
	case "json":
		var err error
		if text, err = seen.JSON(); err != nil {
			return err
		}
	default:
		text = seen.Text(textWidth(width), ascii)
	}
	if _, err := io.WriteString(out, text); err != nil {
		return fmt.Errorf("writing the snapshot: %w", err)
	}
	return nil
}

// textWidth is the width that was asked for, else the terminal's, else COLUMNS, else pipeWidth.
func textWidth(asked int) int {
	if asked > 0 {
		return asked
	}
	if width, _, err := term.GetSize(os.Stdout.Fd()); err == nil && width > 0 {
		return width
	}
	if columns, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && columns > 0 {
		return columns
	}
	return pipeWidth
}
