package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pgmedic/pgmedic/playbooks/report"
)

func newReport() *cobra.Command {
	var folder string
	cmd := &cobra.Command{
		Use:   "report INCIDENT",
		Short: "Write the post-incident report of a recorded incident",
		Long: `Write the post-incident report of a recorded incident: report.md, facts.json and a chart.

Every figure in the report was measured and stands in facts.json with how it was measured. What only people know is marked "To fill in".
The database is not needed. Without -o the report goes into a folder beside the incident file.`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if folder == "" {
				folder = reportFolder(args[0])
			}
			path, err := report.Write(args[0], folder)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), path)
			return nil
		},
	}
	cmd.Flags().StringVarP(&folder, "output", "o", "", "folder to write to (default: beside the incident file)")
	return cmd
}

// reportFolder is where an incident's report goes when nobody says otherwise.
func reportFolder(incident string) string {
	return strings.TrimSuffix(incident, ".pgmedic") + "-report"
}
