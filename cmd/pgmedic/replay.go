package main

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/pgmedic/pgmedic/playbooks/catalogue"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/replay"
	"github.com/pgmedic/pgmedic/ui"
)

func newReplay() *cobra.Command {
	var screen screen
	cmd := &cobra.Command{
		Use:   "replay INCIDENT",
		Short: "Open the workbench on a recorded incident",
		Long: `Open the workbench on a recorded incident, as it was seen: space plays and pauses, ← and → step by samples, [ and ] change the speed from
0.25× to 16×, { and } go to the marks, J goes to an event or a time. The bar at the bottom has the connections of the whole record, what happened, and
the position.

The database is not needed, and nothing can be asked of it or changed: the plans shown are those that were taken then. n adds a note at the position;
all else in the file stays as it is. A file that is still being written can be replayed too.`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := record.Open(incidentPath(args[0]))
			if err != nil {
				return err
			}
			defer file.Close()
			if err := screen.check("pgmedic report INCIDENT needs none"); err != nil {
				return err
			}
			return runReplay(cmd.Context(), file, screen)
		},
	}
	screen.addFlags(cmd.Flags())
	return cmd
}

// runReplay shows the file until the person leaves.
func runReplay(ctx context.Context, file *record.File, screen screen) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	player, err := replay.Open(file, replay.Clock{Now: time.Now, After: time.After})
	if err != nil {
		return err
	}
	moves := player.Follow(ctx)
	err = ui.Run(ctx, ui.Deps{
		Source: player, Player: player, Moves: moves, Record: file, Books: catalogue.All(), ReportFolder: reportFolder(file.Path()),
		Author: author(), Zone: time.Local, Now: time.Now, Theme: screen.theme(os.Stdout),
	})
	stop()
	for range moves { // until nothing reads the file any more
	}
	return err
}
