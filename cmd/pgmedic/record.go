package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/watch"
	"github.com/pgmedic/pgmedic/ui"
)

// The rolling window that --keep takes.
const (
	leastKept = record.FineSpan
	mostKept  = 31 * 24 * time.Hour
)

func newRecord() *cobra.Command {
	var server connection
	var interval, keep time.Duration
	cmd := &cobra.Command{
		Use:   "record [DSN]",
		Short: "Keep a rolling record of a server, so that an incident has a baseline",
		Long: `Keep a rolling record of a server, without a terminal: a sample a second of the last hour, one in ten seconds before that, for as long as --keep says. A workbench
that is opened on the same address begins with it: it has the baseline from before the spike, and since when the spike is there, and its incident file holds the last hour.

It holds one session, changes nothing, and writes what it sees as events to standard output. One pgmedic records a server; a second one is refused. It runs until it is
ended (SIGTERM, SIGINT), and goes on with the same file afterwards.`,
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			dsn, err := server.dsn(args)
			if err != nil {
				return err
			}
			switch {
			case interval < ui.LeastInterval || interval > ui.MostInterval:
				return usageError{fmt.Errorf("--interval is %s, not %s", intervalRange, interval)}
			case keep < leastKept || keep > mostKept:
				return usageError{fmt.Errorf("--keep is %s to %s, not %s", leastKept, mostKept, keep)}
			}
			source, err := live.New(live.Config{DSN: dsn, Interval: interval, LookOnly: true, ReadOnly: "record only looks", Analyze: "record only looks"})
			if err != nil {
				return usageError{err}
			}
			defer closeSoon(source)
			rolling, err := record.OpenRolling(rollingPath(dsn), keep)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "recording %s into %s\n", source.Target(), rolling.Path())
			return errors.Join(keepRecording(cmd.Context(), cmd.OutOrStdout(), source, rolling), rolling.Close())
		},
	}
	server.addFlags(cmd.Flags())
	cmd.Flags().DurationVar(&interval, "interval", time.Second, "time between samples, "+intervalRange)
	cmd.Flags().DurationVar(&keep, "keep", 24*time.Hour, "how much is kept")
	return cmd
}

// keepRecording records until it is told to end, and tells what happens.
func keepRecording(ctx context.Context, out io.Writer, source *live.Server, rolling *record.Rolling) error {
	failing := "" // why nothing can be written, as told last
	for update := range watch.FollowFrom(ctx, source, rolling, watch.Past{Path: rolling.Path()}) {
		if update.Failed != nil {
			return update.Failed
		}
		for _, e := range update.Events {
			fmt.Fprintf(out, "%s  %s\n", e.At.UTC().Format("2006-01-02 15:04:05 UTC"), e.Title)
		}
		if now := said(update.RecordErr); now != failing {
			failing = now
			if now == "" {
				now = "the record can be written again"
			}
			fmt.Fprintln(os.Stderr, "pgmedic:", now)
		}
	}
	return nil
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// rollingPath is where the rolling record of what a connection string names is kept.
func rollingPath(dsn string) string {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return "" // live.New has said what is wrong with it
	}
	return record.RollingPath(config.Host, config.Port, databaseOf(dsn))
}
