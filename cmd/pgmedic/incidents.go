package main

import (
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

func newIncidents() *cobra.Command {
	var folder string
	cmd := &cobra.Command{
		Use:   "incidents",
		Short: "List the incident files that are kept",
		Long: `List the incident files that are kept, the newest first: from when to when they were recorded, the most client connections, and how many spikes and events
they hold; then the rolling records. Other subcommands find a file here by its name.`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := listFolder(cmd.OutOrStdout(), folder, "no incident files in "+folder); err != nil || cmd.Flags().Changed("folder") {
				return err
			}
			return listFolder(cmd.OutOrStdout(), record.RollingFolder(), "no rolling records: pgmedic record DSN keeps one, so that an incident has a baseline")
		},
	}
	cmd.Flags().StringVar(&folder, "folder", record.Folder(), "where to look")
	return cmd
}

// listFolder lists a folder's files, or says that there are none.
func listFolder(out io.Writer, folder, none string) error {
	all, err := record.List(folder)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(out, none)
		return nil
	}
	fmt.Fprintln(out, folder)
	return writeIncidents(out, all)
}

func writeIncidents(out io.Writer, all []record.Listed) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "file\tfrom (UTC)\tfor\tpeak\tspikes\tevents\tsize")
	for _, l := range all {
		name := sqltext.CleanLine(filepath.Base(l.Path))
		switch {
		case l.Err != nil:
			fmt.Fprintf(table, "%s\tnot readable: %s\n", name, sqltext.CleanLine(l.Err.Error()))
		case l.Span.Samples == 0:
			fmt.Fprintf(table, "%s\tno samples\t\t\t\t%d\t%s\n", name, l.Events, megabytes(l.Size))
		default:
			fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%d\t%s\n", name, l.Span.From.Format(time.DateTime), l.Span.To.Sub(l.Span.From).Round(time.Second),
				l.Span.Peak, len(l.Onsets), l.Events, megabytes(l.Size))
		}
	}
	return table.Flush()
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }
