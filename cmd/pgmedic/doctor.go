package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pgmedic/pgmedic/playbooks/doctor"
)

// verdict ends the command with an exit code of its own, after everything was said: it is not an error to tell.
type verdict int

func (v verdict) Error() string { return fmt.Sprintf("exit code %d", int(v)) }

func newDoctor() *cobra.Command {
	var server connection
	var format, role string
	var grants, ascii bool
	var width int
	cmd := &cobra.Command{
		Use:   "doctor [DSN]",
		Short: "Say what would be blind or badly set in an incident, and how to mend it",
		Long: `Examine a server on a quiet day: what this role cannot see or do and which grant lets it, which settings make an incident worse or later seen, what already
waits to become one. Each finding says what was read, what it means in an incident, the SQL or setting that mends it on this version and service, whether that takes a
reload or a restart, and how to verify it. The doctor reads only.

With --grants it prints the SQL that makes a role which may look only, and what it needs besides to act.

What is not answered in 30 s is left out of the report, which says so.

DSN, -h, -p, -U and -d are as for the workbench. Connect as the role that pgmedic will use: what is blind depends on it.

Exit codes: 0 nothing to mend, or notes only; 3 warnings; 4 critical; 1 the server could not be reached or examined; 2 the command line was not understood.`,
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			write, known := doctorFormats(ascii, textWidth(width))[format]
			switch {
			case !known:
				return usageError{fmt.Errorf("--format is text, markdown or json, not %q", format)}
			case cmd.Flags().Changed("role") && !grants:
				return usageError{errors.New("--role is for --grants: without it the doctor examines as the role that it connects as (-U)")}
			case width != 0 && width < doctor.LeastWidth:
				return usageError{fmt.Errorf("--width is %d or more, not %d", doctor.LeastWidth, width)}
			}
			dsn, err := server.dsn(args)
			if err != nil {
				return err
			}
			report, err := doctor.Examine(cmd.Context(), dsn)
			if errors.Is(err, doctor.ErrDSN) {
				return usageError{err}
			}
			if err != nil {
				return err
			}
			out, err := write(report, grants, role)
			if err != nil {
				return fmt.Errorf("writing the report as %s: %w", format, err)
			}
			if _, err := fmt.Fprint(cmd.OutOrStdout(), out); err != nil {
				return fmt.Errorf("writing the report: %w", err)
			}
			if code := report.ExitCode(); code != exitOK && !grants {
				return verdict(code)
			}
			return nil
		},
	}
	server.addFlags(cmd.Flags())
	cmd.Flags().StringVar(&format, "format", "text", "text, markdown (for a chat or a wiki) or json")
	cmd.Flags().BoolVar(&grants, "grants", false, "print the grants for a role that may look, and for one that may also act, instead of the findings")
	cmd.Flags().StringVar(&role, "role", "pgmedic", "with --grants: the role to grant to")
	cmd.Flags().BoolVar(&ascii, "ascii", false, "text with ASCII marks only")
	cmd.Flags().IntVar(&width, "width", 0, fmt.Sprintf("width of the text, %d or more (default: the terminal's, else %d)", doctor.LeastWidth, pipeWidth))
	return cmd
}

// doctorFormats are the ways to write what the doctor found, by the name that --format takes.
func doctorFormats(ascii bool, width int) map[string]func(*doctor.Report, bool, string) (string, error) {
	marks := doctor.Symbols
	if ascii {
		marks = doctor.ASCII
	}
	return map[string]func(*doctor.Report, bool, string) (string, error){
		"text": func(r *doctor.Report, grants bool, role string) (string, error) {
			if grants {
				return r.Grants(role).Text(width), nil
			}
			return r.Text(marks, width), nil
		},
		"markdown": func(r *doctor.Report, grants bool, role string) (string, error) {
			if grants {
				return r.Grants(role).Markdown(), nil
			}
			return r.Markdown(), nil
		},
		"json": func(r *doctor.Report, grants bool, role string) (string, error) {
			if grants {
				return r.Grants(role).JSON()
			}
			return r.JSON()
		},
	}
}
