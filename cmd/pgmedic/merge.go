package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pgmedic/pgmedic/probes/record"
)

func newMerge() *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "merge INCIDENT INCIDENT... -o FILE",
		Short: "Make one incident file of several people's",
		Long: `Make one new incident file of several that were recorded of the same cluster: of each event, plan and fact one copy, and of every time one sample. The files
stay as they are, and nothing is overwritten; merging again adds nothing.`,
		Args: usageArgs(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return usageError{errors.New("-o names the file to make")}
			}
			paths := make([]string, len(args))
			for i, name := range args {
				paths[i] = incidentPath(name)
			}
			all, err := record.Merge(to, paths...)
			if err != nil {
				return err
			}
			for _, m := range all {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %d samples, %d events, %d plans, %d facts\n", m.Path, m.Samples, m.Events, m.Plans, m.Facts)
			}
			fmt.Fprintln(cmd.OutOrStdout(), to)
			return nil
		},
	}
	cmd.Flags().StringVarP(&to, "output", "o", "", "file to make")
	return cmd
}

func newExport() *cobra.Command {
	return &cobra.Command{
		Use:   "export INCIDENT FILE",
		Short: "Write a copy of an incident file to send to somebody",
		Long: `Write a copy of an incident file to send to somebody: one file that holds everything, also while the incident is recorded. Statements stand in it without
their literals; hosts, roles, applications, addresses and notes are as they are. For others than your own people, send a report.`,
		Args: usageArgs(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := record.Export(incidentPath(args[0]), args[1]); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), args[1])
			return nil
		},
	}
}
