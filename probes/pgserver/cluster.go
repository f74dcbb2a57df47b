package pgserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// initdb makes the cluster in data, with the superuser's password and UTF-8 in the C locale, the same on every machine.
func (s *Server) initdb(ctx context.Context) error {
	account := s.account
	pwfile := filepath.Join(s.dir, "password")
	if err := writeFor(account, pwfile, s.password+"\n"); err != nil {
		return fmt.Errorf("writing the superuser's password for initdb: %w", err)
	}
	defer os.Remove(pwfile)
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "initdb"), "--pgdata", s.data(), "--username", superuser, "--pwfile", pwfile,
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	cmd.Dir = s.dir
	cmd.Env = environment()
	cmd.SysProcAttr = account.attributes()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initialising a cluster in %s with %s%s: %w: %s", s.data(), cmd.Path, account.note(), err, tail(string(out)))
	}
	return nil
}

// ownSettings are pgserver's own; those of Options go over them.
func (s *Server) ownSettings() map[string]string {
	return map[string]string{
		"listen_addresses":         "127.0.0.1",
		"port":                     strconv.Itoa(s.port),
		"unix_socket_directories":  "",
		"shared_preload_libraries": "pg_stat_statements",
		"max_connections":          "100",
		"timezone":                 "UTC",
		"log_timezone":             "UTC",
	}
}

// writeSettings writes pgmedic.conf and lets postgresql.conf include it at its end. It may be called again for another port.
func (s *Server) writeSettings(settings map[string]string) error {
	all := s.ownSettings()
	maps.Copy(all, settings)
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&text, "%s = '%s'\n", name, strings.ReplaceAll(all[name], "'", "''"))
	}
	const include = "include 'pgmedic.conf'\n"
	main := filepath.Join(s.data(), "postgresql.conf")
	before, err := os.ReadFile(main)
	if err == nil && !strings.HasSuffix(string(before), include) {
		err = os.WriteFile(main, []byte(string(before)+include), 0o644) // keeps the file's owner
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(s.data(), "pgmedic.conf"), []byte(text.String()), 0o644)
	}
	if err != nil {
		return fmt.Errorf("writing the throw-away server's settings: %w", err)
	}
	return nil
}

// errEnded means that the server ended before it was ready.
var errEnded = errors.New("the server ended before it was ready")

// waitReady waits until the server takes connections; it gives no signal to a parent, so this looks again every few milliseconds.
func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for !s.isReady() {
		select {
		case <-s.process.done:
			return fmt.Errorf("starting a throw-away server in %s: %w; the end of its log: %s", s.dir, errEnded, s.logTail())
		case <-ctx.Done():
			return fmt.Errorf("waiting for the throw-away server in %s: %w; the end of its log: %s", s.dir, ctx.Err(), s.logTail())
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

// isReady reads what the server says of itself in postmaster.pid, as pg_ctl does: in the first line its process, in the eighth its state. A connection would
// hold a slot for some time after its end.
func (s *Server) isReady() bool {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	lines := strings.Split(string(text), "\n")
	return err == nil && len(lines) >= 8 && lines[0] == strconv.Itoa(s.PID()) && strings.TrimSpace(lines[7]) == "ready"
}

// logTail returns the last lines of the server's log.
func (s *Server) logTail() string {
	text, err := os.ReadFile(s.log())
	if err != nil {
		return "(no log)"
	}
	return tail(string(text))
}

// tail returns the last lines of a text.
func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}
