// Command pgmedic is an incident workbench for PostgreSQL. Each subcommand is one file here: flags and wiring only.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // a report is the same on a machine that has no time zones

	"github.com/spf13/cobra"

	"github.com/pgmedic/pgmedic/cmd/pgmedic/quietterm"
)

// Exit codes, as --help lists them.
const (
	exitOK    = 0
	exitError = 1 // what was asked for could not be done
	exitUsage = 2 // the command line was not understood, or a terminal is missing; the doctor's 3 and 4 are warnings and critical findings
)

// usageError is an error of the command line.
type usageError struct{ error }

// Garbage is collected late while there is little of it: on a machine that the incident keeps busy every cycle is waited for. Near the limit it is as usual.
const (
	garbagePercent = 400
	garbageLimit   = 64 << 20 // bytes
)

func main() {
	quietterm.Restore()
	debug.SetGCPercent(garbagePercent)
	debug.SetMemoryLimit(garbageLimit)
	os.Exit(run(os.Args[1:]))
}

// run carries the command line out and returns the exit code.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var usage usageError
	var seen verdict
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &seen):
		return int(seen)
	case errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "pgmedic: %v\nSee pgmedic --help.\n", err)
		return exitUsage
	default:
		fmt.Fprintf(os.Stderr, "pgmedic: %v\n", err)
		return exitError
	}
}

// newRoot returns the command with all its subcommands.
func newRoot() *cobra.Command {
	root := newWorkbench()
	root.AddCommand(newDrill(), newReplay(), newReport(), newSnapshot(), newDoctor(), newAdvise(),
		newRecord(), newTimeline(), newFact(), newNote(), newImport(), newMerge(), newExport(), newIncidents())
	root.Version = version()
	root.SetVersionTemplate("pgmedic {{.Version}}\n")
	root.SilenceErrors = true
	root.SilenceUsage = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().Bool("help", false, "show help") // -h is the host, as in psql
	return root
}

// usageArgs makes a wrong number of arguments an error of the command line, and flags that exclude each other.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := errors.Join(check(cmd, args), cmd.ValidateFlagGroups()); err != nil {
			return usageError{err}
		}
		return nil
	}
}
