package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// The server's functions for a backup of a running cluster; from 15 on they have other names.
const (
	backupStart   = `SELECT pg_backup_start('standby', true)`
	backupStop    = `SELECT labelfile FROM pg_backup_stop(false)`
	backupStart14 = `SELECT pg_start_backup('standby', true, false)`
	backupStop14  = `SELECT labelfile FROM pg_stop_backup(false, false)`
)

// Standby starts a streaming standby of a running server, with the primary's settings and these over them; the superuser's password is the same. It
// copies the data by the server's own backup functions, because not every installation has pg_basebackup.
func Standby(ctx context.Context, primary *Server, settings map[string]string) (*Server, error) {
	all := maps.Clone(primary.settings)
	if all == nil {
		all = map[string]string{}
	}
	all["primary_conninfo"] = fmt.Sprintf("host=127.0.0.1 port=%d user=%s password=%s application_name=standby",
		primary.port, superuser, primary.password)
	maps.Copy(all, settings)
	s := &Server{bin: primary.bin, account: primary.account, settings: all, password: primary.password}
	return s.startAs(ctx, func(ctx context.Context) error {
		if err := s.copyCluster(ctx, primary); err != nil {
			return fmt.Errorf("copying the primary's data for a standby: %w", err)
		}
		return nil
	})
}

// copyCluster copies a running primary's data.
func (s *Server) copyCluster(ctx context.Context, primary *Server) error {
	conn, err := pgx.Connect(ctx, primary.DSN("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.Background()) }()
	start, stop := backupStart, backupStop
	if version, err := strconv.ParseFloat(conn.PgConn().ParameterStatus("server_version"), 64); err == nil && version < 15 {
		start, stop = backupStart14, backupStop14
	}
	if _, err := conn.Exec(ctx, start); err != nil {
		return err
	}
	if err := copyFolder(s.account, primary.data(), s.data(), notCopied); err != nil {
		return err
	}
	var label string
	if err := conn.QueryRow(ctx, stop).Scan(&label); err != nil {
		return err
	}
	return errors.Join(
		writeFor(s.account, filepath.Join(s.data(), "backup_label"), label),
		writeFor(s.account, filepath.Join(s.data(), "standby.signal"), ""),
	)
}

// notCopied are what belongs to the primary's process, and its WAL, which the standby fetches itself.
var notCopied = map[string]bool{"postmaster.pid": true, "postmaster.opts": true, "pg_wal": true, "pg_replslot": true, "pg_stat_tmp": true}

// copyFolder copies a cluster's folder but for some names, perhaps while its server works in it: files may vanish.
func copyFolder(account *account, from, to string, but map[string]bool) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, below)
		parent := filepath.Dir(below)
		switch {
		case entry.IsDir() && but[parent]:
			return filepath.SkipDir // the server makes what it needs below
		case entry.IsDir():
			return errors.Join(os.Mkdir(target, 0o700), giveTo(account, target))
		case but[below] || but[parent] || !entry.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return writeFor(account, target, string(data))
	})
}
