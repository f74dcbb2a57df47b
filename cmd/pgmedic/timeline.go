package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/pgmedic/pgmedic/playbooks/redact"
	"github.com/pgmedic/pgmedic/playbooks/timeline"
	"github.com/pgmedic/pgmedic/probes/record"
)

func newTimeline() *cobra.Command {
	var format, level, zoneName, to string
	cmd := &cobra.Command{
		Use:   "timeline INCIDENT",
		Short: "Write an incident's timeline as markdown, CSV or JSON lines",
		Long: `Write the timeline of an incident file: what pgmedic saw, what was done, said, marked and imported, by the server's clock. Times are UTC; --zone, else the zone that the
file shows, stands beside them. ± is how far a time may be off, ≈ says that it is not known which of two neighbours came first.

Values, ids and addresses become aliases; --redact public also hides hosts, databases, roles, applications and people, and leaves out what is internal. CSV and JSON lines
hold the ids that pgmedic note --supersede and --remove take; imported again, they add nothing.`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			how, err := timeline.ParseFormat(format)
			if err != nil {
				return usageError{fmt.Errorf("--format is %w", err)}
			}
			who, err := redact.ParseLevel(level)
			if err != nil {
				return usageError{fmt.Errorf("--redact is %w", err)}
			}
			if to == "" {
				return writeTimeline(cmd.OutOrStdout(), args[0], zoneName, how, who)
			}
			out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
			if err != nil {
				return fmt.Errorf("writing the timeline: %w", err)
			}
			return errors.Join(writeTimeline(out, args[0], zoneName, how, who), out.Close())
		},
	}
	cmd.Flags().StringVar(&format, "format", string(timeline.Markdown), "md, csv or jsonl")
	cmd.Flags().StringVar(&level, "redact", string(redact.Default), "default (for your own people) or public")
	cmd.Flags().StringVar(&zoneName, "zone", "", "time zone to show beside UTC, as Europe/Berlin")
	cmd.Flags().StringVarP(&to, "output", "o", "", "file to write to (default: standard output)")
	return cmd
}

func writeTimeline(out io.Writer, incident, zoneName string, format timeline.Format, level redact.Level) (err error) {
	f, err := record.Open(incidentPath(incident))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var zone *time.Location
	if zone, err = zoneOf(f, zoneName); err != nil {
		return err
	}
	gate, err := redact.Open(level, f)
	if err != nil {
		return err
	}
	events, err := timeline.Load(f)
	if err != nil {
		return err
	}
	return timeline.Write(out, events, format, gate, zone)
}
