package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pgmedic/pgmedic/playbooks/report"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

func newReport() *cobra.Command {
	var folder string
	var strict bool
	cmd := &cobra.Command{
		Use:   "report INCIDENT",
		Short: "Write the post-incident report of a recorded incident",
		Long: `Write the post-incident report of a recorded incident: report.md, facts.json, and charts as SVG and PNG.

Every figure in the report was measured and stands in facts.json with how it was measured. What only people know is marked "To fill in".
What people write into it stays: only blocks that nobody has changed are made anew. What an edited block would be now is shown, and goes to report.md.new beside it.
What speaks against it is told on standard error, also of what people have written into it: a figure that is no fact, a ratio without ground, an action of nobody, an
alert that cannot fire, a claim that the record does not bear out; --strict makes that exit code 3. pgmedic fact shows what a figure was made from.
The database is not needed. Without -o the report goes into a folder beside the incident file.`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			incident := incidentPath(args[0])
			if folder == "" {
				folder = reportFolder(incident)
			}
			written, err := report.Write(incident, folder)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), written.Path)
			return tellReport(cmd.ErrOrStderr(), written, strict)
		},
	}
	cmd.Flags().StringVarP(&folder, "output", "o", "", "folder to write to (default: beside the incident file)")
	cmd.Flags().BoolVar(&strict, "strict", false, fmt.Sprintf("exit with code %d where something speaks against the report", exitLint))
	return cmd
}

// exitLint is the exit code of a report that something speaks against.
const exitLint = 3

// tellReport tells what people's edits keep from being made anew, and what speaks against the report.
func tellReport(out io.Writer, written report.Written, strict bool) error {
	if len(written.Kept) > 0 {
		fmt.Fprintf(out, "you edited %s: kept as it is. What it would be now stands in report.md.new, and differs so:\n%s\n", strings.Join(written.Kept, ", "), sqltext.Clean(written.Diff))
	}
	for _, l := range written.Lints {
		fmt.Fprintf(out, "%s:%d: %s: %s: %s\n", filepath.Base(written.Path), l.Line, l.Rule, sqltext.CleanLine(l.Text), l.Why)
	}
	if strict && len(written.Lints) > 0 {
		return verdict(exitLint)
	}
	return nil
}

// reportFolder is where an incident's report goes when nobody says otherwise.
func reportFolder(incident string) string {
	return strings.TrimSuffix(incident, ".pgmedic") + "-report"
}
