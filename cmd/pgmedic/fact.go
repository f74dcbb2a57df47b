package main

import (
	"github.com/spf13/cobra"

	"github.com/pgmedic/pgmedic/playbooks/report"
)

// factRows is how many samples are shown of a fact's window.
const factRows = 20

func newFact() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "fact INCIDENT [ID]",
		Short: "Show what a figure of the report was made from",
		Long: `Show what a figure of the report was made from: its value, window, method and conditions, and the samples, the plan or the event behind it. ID is what stands in
brackets behind the figure, such as 1f6757. Without an id all facts of the incident are listed. The database is not needed.`,
		Args: usageArgs(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return report.WriteFacts(cmd.OutOrStdout(), incidentPath(args[0]))
			}
			rows := factRows
			if all {
				rows = 0
			}
			return report.Trace(cmd.OutOrStdout(), incidentPath(args[0]), args[1], rows)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "show every sample of its window, not the first and the last alone")
	return cmd
}
