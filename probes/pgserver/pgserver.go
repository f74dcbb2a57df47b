// Package pgserver starts a throw-away PostgreSQL server for the drill and for every test: in a temp folder, on a free port of 127.0.0.1, ended
// when its parent ends.
package pgserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// superuser is the cluster's first role.
const superuser = "postgres"

// portTries is how often another port is tried when somebody took the free one before the server could.
const portTries = 3

// How long the server may take at most to come up, and to end after each signal.
const (
	startLimit = time.Minute
	stopLimit  = 10 * time.Second
)

// Options of a server.
type Options struct {
	Settings map[string]string // postgresql.conf, over pgserver's own
	Bin      string            // folder of the server's binaries; empty: Find
	Keep     bool              // the server lives on without its parent, until somebody stops it
}

// Server is a running throw-away server.
type Server struct {
	bin, dir string
	account  *account // whom it runs as
	settings map[string]string
	port     int
	password string
	keep     bool
	lock     *os.File // see folder.go; nil where it is kept
	process  *process
	stop     func() error // once
}

// Start initialises a cluster and starts it, with pg_stat_statements preloaded; as root it runs as postgres or nobody. Only who knows the DSN gets
// in: other users of the machine reach the port, but not the random password. It also removes what killed runs have left behind.
func Start(ctx context.Context, opts Options) (*Server, error) {
	s, err := newServer(ctx, opts)
	if err != nil {
		return nil, err
	}
	return s.startAs(ctx, s.initdb)
}

// newServer finds the binaries, and whom to run as.
func newServer(ctx context.Context, opts Options) (*Server, error) {
	bin := opts.Bin
	if bin == "" {
		found, err := Find(ctx)
		if err != nil {
			return nil, err
		}
		bin = found
	}
	if !serves(bin) {
		return nil, fmt.Errorf("starting a throw-away server: %s has no postgres and initdb: give the folder of a PostgreSQL server's binaries", bin)
	}
	account, err := serverAccount()
	if err != nil {
		return nil, err
	}
	sweep(os.TempDir(), account)
	return &Server{bin: bin, account: account, settings: opts.Settings, keep: opts.Keep, password: rand.Text()}, nil
}

// startAs starts a server in a new folder, in which cluster makes the data.
func (s *Server) startAs(ctx context.Context, cluster func(context.Context) error) (*Server, error) {
	if err := s.makeCluster(ctx, cluster); err != nil {
		return nil, err
	}
	if err := s.launch(ctx); err != nil {
		return nil, errors.Join(err, s.end())
	}
	return s, nil
}

// makeCluster makes a new folder, in which cluster makes the data.
func (s *Server) makeCluster(ctx context.Context, cluster func(context.Context) error) error {
	s.stop = sync.OnceValue(s.end)
	err := s.makeFolder(s.account)
	if err == nil {
		err = cluster(ctx)
	}
	if err != nil {
		return errors.Join(err, s.end())
	}
	return nil
}

// launch starts the cluster's server, on another port when the first is taken meanwhile.
func (s *Server) launch(ctx context.Context) error {
	var err error
	for range portTries {
		if s.port, err = freePort(); err != nil {
			return err
		}
		if err := s.writeSettings(s.settings); err != nil {
			return err
		}
		if s.process, err = startProcess(s); err != nil {
			return err
		}
		err = s.waitReady(ctx)
		if !errors.Is(err, errEnded) || portIsFree(s.port) {
			return err
		}
	}
	return err
}

// DSN returns a connection URI for a database, as the superuser.
func (s *Server) DSN(database string) string {
	uri := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, s.password),
		Host:     fmt.Sprintf("127.0.0.1:%d", s.port),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return uri.String()
}

// Bin returns the folder of its binaries.
func (s *Server) Bin() string { return s.bin }

// Dir returns its folder.
func (s *Server) Dir() string { return s.dir }

// Port returns the port of 127.0.0.1 that it listens on.
func (s *Server) Port() int { return s.port }

// PID returns its process, the postmaster.
func (s *Server) PID() int { return s.process.cmd.Process.Pid }

// Stop ends the server at once and removes its folder. A second call does nothing and returns the same.
func (s *Server) Stop() error { return s.stop() }

// end is Stop without the guard against a second call.
func (s *Server) end() error {
	var err error
	if s.process != nil {
		err = s.process.end()
	}
	_ = s.lock.Close()
	if rmErr := os.RemoveAll(s.dir); rmErr != nil {
		err = errors.Join(err, fmt.Errorf("removing the throw-away server's folder: %w", rmErr))
	}
	return err
}

// data is the cluster's data folder.
func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// log is the file that takes the server's messages.
func (s *Server) log() string { return filepath.Join(s.dir, "server.log") }
