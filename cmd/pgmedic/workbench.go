package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/catalogue"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/watch"
	"github.com/pgmedic/pgmedic/ui"
)

// analyzeAsked is why EXPLAIN ANALYZE is not taken along with the other plans on other people's servers.
const analyzeAsked = "EXPLAIN ANALYZE runs the statement: E asks first"

// intervalRange says what --interval takes: ui.LeastInterval to ui.MostInterval.
const intervalRange = "200ms to 1m"

func newWorkbench() *cobra.Command {
	var server connection
	var screen screen
	var interval time.Duration
	var readOnly, noRecord bool
	cmd := &cobra.Command{
		Use:   "pgmedic [DSN]",
		Short: "Incident workbench for PostgreSQL",
		Long: `pgmedic shows who holds a PostgreSQL server's connections, which statement makes them hold on, and why it is slow; it drafts an index,
builds it CONCURRENTLY after you typed its name, and writes the post-incident report.

Without a subcommand it opens the workbench. DSN is a URI or a key=value string as psql takes it, or a database's name; without one the PG* variables,
PGSERVICE and ~/.pgpass say where to connect. Nothing is changed on the server without a confirmation that you type.

Exit codes: 0 done, 1 it could not be done, 2 the command line was not understood or a terminal is missing; pgmedic doctor --help has two more.`,
		Args:                       usageArgs(databaseOrNothing),
		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, args []string) error {
			dsn, err := server.dsn(args)
			if err != nil {
				return err
			}
			if interval < ui.LeastInterval || interval > ui.MostInterval {
				return usageError{fmt.Errorf("--interval is %s, not %s", intervalRange, interval)}
			}
			if err := screen.check("pgmedic snapshot, doctor, report INCIDENT and drill --auto need none"); err != nil {
				return err
			}
			source, err := live.New(live.Config{
				DSN: dsn, Interval: interval, Analyze: analyzeAsked, ReadOnly: readOnlyReason(readOnly, noRecord),
			})
			if err != nil {
				return usageError{err}
			}
			defer source.Close()
			b := bench{source: source, screen: screen, interval: interval, out: cmd.OutOrStdout(), past: rollingPath(dsn)}
			if !noRecord {
				if b.rec, err = record.Create(record.Folder(), databaseOf(dsn), time.Now()); err != nil {
					return fmt.Errorf("%w\nWith --no-record pgmedic looks on without a record, and changes nothing", err)
				}
			}
			return b.run(cmd.Context())
		},
	}
	server.addFlags(cmd.Flags())
	screen.addFlags(cmd.Flags())
	cmd.Flags().DurationVar(&interval, "interval", time.Second, "time between samples, "+intervalRange)
	cmd.Flags().BoolVar(&readOnly, "read-only", false, "change nothing on the server, whatever is confirmed")
	cmd.Flags().BoolVar(&noRecord, "no-record", false, "keep no incident file; implies --read-only, because an intent must be on record before it is carried out")
	return cmd
}

// databaseOrNothing refuses what is meant to be a subcommand: a word that is nearly one would else be taken for a database.
func databaseOrNothing(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			return fmt.Errorf("there is no subcommand %s; did you mean pgmedic %s? To open a database of that name: pgmedic dbname=%s",
				args[0], strings.Join(near, " or pgmedic "), args[0])
		}
	}
	return cobra.MaximumNArgs(1)(cmd, args)
}

func readOnlyReason(readOnly, noRecord bool) string {
	switch {
	case readOnly:
		return "started with --read-only"
	case noRecord:
		return "started with --no-record: an intent must be on record before it is carried out"
	}
	return ""
}

// databaseOf names the database of a connection string, for the incident file's name.
func databaseOf(dsn string) string {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return "postgres"
	}
	if config.Database == "" {
		return config.User
	}
	return config.Database
}

// bench is a workbench on a live server, with or without a record.
type bench struct {
	source   *live.Server
	rec      *record.File // nil: nothing is recorded, nothing can be changed
	screen   screen
	interval time.Duration
	past     string                // path of a rolling record of the same address, which need not be there
	title    string                // shown before the server's name, for example "drill"
	guide    func(ui.Scene) string // a line for somebody who has never been here; nil: none
	out      io.Writer
	direct   func(<-chan watch.Update) <-chan watch.Update // sits between the record and the screen; nil: nothing does
}

// run follows the server until the person leaves, then closes the record and says where it is.
func (b bench) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var rec watch.Recorder
	var keep playbooks.Recorder
	if b.rec != nil {
		rec, keep = b.rec, b.rec
	}
	past := watch.Past{Path: b.past}
	if b.rec != nil {
		past.Keep = func(path string, since time.Time) error {
			_, err := b.rec.AddPast(path, since)
			return err
		}
	}
	updates := watch.FollowFrom(ctx, b.source, rec, past)
	if b.direct != nil {
		updates = b.direct(updates)
	}
	deps := ui.Deps{
		Updates: updates, Source: b.source, Ask: b.source.Ask(), Record: b.rec,
		Engine: playbooks.NewEngine(b.source, keep, time.Now), Books: catalogue.All(),
		Author: author(), Zone: time.Local, Interval: b.interval, Now: time.Now, Theme: b.screen.theme(os.Stdout), Title: b.title, Guide: b.guide,
	}
	if b.rec != nil {
		deps.ReportFolder = reportFolder(b.rec.Path())
		deps.Earlier = func() []record.Event {
			return record.Earlier(filepath.Dir(b.rec.Path()), b.rec.Path(), time.Now().Add(-earlierSpan))
		}
	}
	err := ui.Run(ctx, deps)
	stop()
	for range updates { // Follow has written its last sample when it closes the channel
	}
	return errors.Join(err, b.closeRecord())
}

// earlierSpan is how far back incident files are looked into for what was begun, or is still in force.
const earlierSpan = 90 * 24 * time.Hour

// author is who writes the notes: the account that pgmedic runs under.
func author() string {
	if account, err := user.Current(); err == nil {
		return account.Username
	}
	return os.Getenv("USER")
}

// closeRecord closes the incident file and says where it is. One of a server that was never reached holds nothing for anybody and is removed.
func (b bench) closeRecord() error {
	if b.rec == nil {
		return nil
	}
	if isEmpty(b.rec) {
		return errors.Join(fmt.Errorf("%s was never reached: nothing was recorded", b.source.Target()), b.rec.Close(), os.Remove(b.rec.Path()))
	}
	if err := b.rec.Close(); err != nil {
		return fmt.Errorf("closing the incident file %s: %w", b.rec.Path(), err)
	}
	fmt.Fprintf(b.out, "incident: %s\nreport it with: pgmedic report %s\n", b.rec.Path(), b.rec.Path())
	return nil
}

// isEmpty says whether a record holds neither a sample nor anything that a person said.
func isEmpty(rec *record.File) bool {
	empty := true
	samplesErr := rec.Samples(func(*probes.Sample, probes.Assessment) bool { empty = false; return false })
	events, eventsErr := rec.Events()
	said := slices.ContainsFunc(events, func(e record.Event) bool { return e.Kind == record.Said })
	return samplesErr == nil && eventsErr == nil && empty && !said
}
