// Package drill rehearses incidents on a throw-away server: the seed's schema and its data distribution, an application with pools, and what goes wrong.
package drill

import (
	"context"
	"errors"
	"fmt"

	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/record"
)

// The sizes of the table: for a spike, for locks, which need no large one, and the least at which there still is a whale to speak of.
const (
	DefaultRows = 600_000
	LocksRows   = 60_000
	leastRows   = 10_000
)

// sharedBuffers holds the table of the default size: a server that fetches every page anew spends so long on each query that the story takes twice
// the time.
const sharedBuffers = "512MB"

// databaseName is the drill's database: it stands in the incident file's name, on the screen and in the report's title.
const databaseName = "drill"

// Options of a drill.
type Options struct {
	Scenario Scenario // empty: Spike
	Rows     int      // of reports.reports; 0: as many as the scenario needs
	Keep     bool     // Stop leaves the server running
	Bin      string   // folder of the server's binaries; empty: found
	Hold     bool     // Auto holds the line during the spike
}

// Drill is a running rehearsal: a server under the application's load.
type Drill struct {
	plot     plot
	server   *pgserver.Server
	app      *app
	arrivals *arrivals
	patterns []Pattern
	keep     bool   // Stop leaves the server running; only once everything has started
	giveBack func() // of the share of the machine that was taken
}

// Start starts the server, fills it, calibrates and starts the calm load. say gets each step with its figure; progress the share of rows loaded, 0
// to 1. Both are called one call at a time. ctx bounds the start; what runs afterwards ends with Stop.
func Start(ctx context.Context, opts Options, say func(string), progress func(done float64)) (*Drill, error) {
	chosen, err := plotOf(opts)
	if err != nil {
		return nil, fmt.Errorf("starting the drill: %w", err)
	}
	if opts.Rows == 0 {
		opts.Rows = chosen.rows()
	}
	if opts.Rows < leastRows {
		return nil, fmt.Errorf("starting the drill with %d rows: it takes %d at least to show anything; leave the number out for %d",
			opts.Rows, leastRows, chosen.rows())
	}
	settings := map[string]string{"shared_buffers": sharedBuffers}
	server, err := pgserver.Start(ctx, pgserver.Options{Bin: opts.Bin, Keep: opts.Keep, Settings: settings})
	if err != nil {
		return nil, fmt.Errorf("starting the drill: %w", err)
	}
	d := &Drill{plot: chosen, server: server, giveBack: takeShare()}
	say(fmt.Sprintf("server: PostgreSQL from %s in %s", server.Bin(), server.Dir()))
	if err := d.prepare(ctx, opts.Rows, say, progress); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the drill: %w", err), d.Stop())
	}
	d.keep = opts.Keep
	return d, nil
}

// prepare fills the server and brings the application to its calm load.
func (d *Drill) prepare(ctx context.Context, rows int, say func(string), progress func(float64)) error {
	data := newPopulation(rows)
	password, err := d.fill(ctx, data, say, progress)
	if err != nil {
		return err
	}
	if d.patterns, err = readPatterns(ctx, d.DSN()); err != nil {
		return err
	}
	if err := d.plot.prepare(ctx, d, password); err != nil {
		return err
	}
	if d.app, err = newApp(ctx, d.DSN(), password); err != nil {
		return err
	}
	capacity, err := d.app.calibrate(ctx, newChooser(data))
	if err != nil {
		return err
	}
	calm, words := d.plot.calm(capacity)
	say(fmt.Sprintf("calibrated: %s; %s", capacity, words))
	d.app.reconnect()
	if err := forgetStatements(ctx, d.DSN()); err != nil {
		return err
	}
	d.arrivals = startArrivals(d.app, newChooser(data), calm)
	return nil
}

// DSN is how to connect to its database as superuser.
func (d *Drill) DSN() string { return d.server.DSN(databaseName) }

// Spike raises the arrivals to three times the calm rate.
func (d *Drill) Spike() { d.arrivals.factor(spikeFactor) }

// Calm lowers the arrivals to the calm rate.
func (d *Drill) Calm() { d.arrivals.factor(1) }

// Errors returns what the application's clients have seen since the last call: failed acquisitions and refused connections.
func (d *Drill) Errors() []record.Event { return d.app.log.takeErrors() }

// Served returns what the application's clients have got done since the last call.
func (d *Drill) Served() Served { return d.app.log.takeServed() }

// Patterns are parameter values of the dedup query by name: the whale first, then two smaller ones.
func (d *Drill) Patterns() []Pattern { return d.patterns }

// Stop ends the load and, unless it is kept, the server and its folder.
func (d *Drill) Stop() error {
	if d.giveBack != nil {
		defer d.giveBack()
	}
	d.plot.stop()
	if d.arrivals != nil {
		d.arrivals.stop()
	}
	if d.app != nil {
		d.app.close()
	}
	if d.keep {
		return nil
	}
	return d.server.Stop()
}

// Kept says how to connect to the server that Stop leaves running, and how to end it; empty where there is none. The password stands in it: it is this
// throw-away server's own, and nobody else knows it.
func (d *Drill) Kept() string {
	if !d.keep {
		return ""
	}
	return fmt.Sprintf("server: it goes on in %s\nconnect: psql '%s'\nend it: kill -INT %d, then rm -r %s\n", d.server.Dir(), d.DSN(), d.server.PID(), d.server.Dir())
}
