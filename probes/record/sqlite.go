package record

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed schema.sql
var schema string

// What the header of an incident file says; schema.sql sets the same.
const (
	applicationID = 0x70676d64 // "pgmd"
	schemaVersion = 2
)

const (
	// useWriteAheadLog lets readers in while the file is written.
	useWriteAheadLog = `PRAGMA journal_mode = WAL`
	// emptyLog moves everything from the log into the file.
	emptyLog = `PRAGMA wal_checkpoint(TRUNCATE)`
	// useOneFile removes the log; it needs the file for itself.
	useOneFile = `PRAGMA journal_mode = DELETE`

	// durable makes a commit wait for the disk. It makes what was committed before durable too, since the log is written in order.
	durable = `PRAGMA synchronous = FULL`
	// relaxed leaves the wait to the next durable commit or checkpoint: a power cut can take the last commits, never harm the file.
	relaxed = `PRAGMA synchronous = NORMAL`

	// touch changes nothing, as a transaction that may write.
	touch = `DELETE FROM setting WHERE false`

	readApplicationID = `PRAGMA application_id`
	readUserVersion   = `PRAGMA user_version`
)

// unchanging opens a file to read that nobody can change, without the lock and the index of the log that SQLite would make beside it.
const unchanging = "ro&immutable=1"

// fileAddress is how SQLite is told of a file; mode is "ro", "rw" or unchanging. None makes a file.
func fileAddress(path, mode string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("opening the incident file %s: %w", path, err)
	}
	address := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: "mode=" + mode}
	return address.String(), nil
}

// openFile opens the SQLite file. One connection serves all: SQLite has one writer anyway, and PRAGMA synchronous belongs to a connection.
func openFile(path, mode string) (*File, error) {
	address, err := fileAddress(path, mode)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", address+"&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, fmt.Errorf("opening the incident file %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	return &File{path: path, db: db, ids: newIDMaker()}, nil
}

// checkWritable refuses a file that SQLite has opened to read only, as in a folder that is.
func (f *File) checkWritable() error {
	tx, err := f.db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	_, err = tx.Exec(touch)
	if err := errors.Join(err, tx.Rollback()); err != nil {
		return fmt.Errorf("%s cannot be added to: %w; copy it to where you may write, and open it there", f.path, err)
	}
	return nil
}

// isWhole says whether no log stands beside the file: with one, its tail would be lost to whoever does not read it.
func (f *File) isWhole() bool {
	info, err := os.Stat(f.path + "-wal")
	return errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0
}

// cannotOpen says whether SQLite could not make what it needs beside the file, as in a folder that is read only.
func cannotOpen(err error) bool {
	var failed *sqlite.Error
	return errors.As(err, &failed) && (failed.Code()&0xff == sqlite3.SQLITE_CANTOPEN || failed.Code()&0xff == sqlite3.SQLITE_READONLY)
}

// checkFormat refuses what is no incident file, and what a newer pgmedic wrote.
func (f *File) checkFormat() error {
	var id, version int64
	err := f.db.QueryRow(readApplicationID).Scan(&id)
	if err == nil {
		err = f.db.QueryRow(readUserVersion).Scan(&version)
	}
	switch {
	case err != nil:
		return fmt.Errorf("opening the incident file %s: %w%s", f.path, err, wayOut(err))
	case id != applicationID:
		return fmt.Errorf("%s is not an incident file of pgmedic, or was never begun: look for a file that ends in %s in %s", f.path, Extension, Folder())
	case version < schemaVersion:
		return fmt.Errorf("%s was written by a pgmedic from before its first release (schema %d): only that one reads it", f.path, version)
	case version > schemaVersion:
		return fmt.Errorf("%s was written by a newer pgmedic (schema %d, this one reads up to %d): update pgmedic to read it",
			f.path, version, schemaVersion)
	}
	return nil
}

// wayOut says what to do about an error of SQLite on opening; empty where nothing is known.
func wayOut(err error) string {
	var failed *sqlite.Error
	if !errors.As(err, &failed) {
		return ""
	}
	switch failed.Code() & 0xff { // the primary result code
	case sqlite3.SQLITE_NOTADB:
		return "; it is not an incident file: look for a file that ends in " + Extension + " in " + Folder()
	case sqlite3.SQLITE_CORRUPT:
		return "; it is damaged, perhaps cut off while it was copied: copy it again"
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return "; its newest part stands in the -wal file beside it, which cannot be read in a folder that is read only: copy both into one that you may write to, and open it there"
	}
	return ""
}

// write runs fn in one transaction. level is durable or relaxed.
func (f *File) write(level string, fn func(tx *sql.Tx) error) error {
	if f.readOnly {
		return fmt.Errorf("%s is open to read only", f.path)
	}
	f.writing.Lock()
	defer f.writing.Unlock()
	if f.closed {
		return fmt.Errorf("%s is closed", f.path)
	}
	if f.level != level {
		if _, err := f.db.Exec(level); err != nil {
			return err
		}
		f.level = level
	}
	tx, err := f.db.Begin()
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// foldLog leaves one file without a log beside it.
func (f *File) foldLog() error {
	var blocked, pages, moved int
	if err := f.db.QueryRow(emptyLog).Scan(&blocked, &pages, &moved); err != nil {
		return fmt.Errorf("writing out the incident file %s: %w", f.path, err)
	}
	var mode string
	err := f.db.QueryRow(useOneFile).Scan(&mode)
	if err == nil && mode != "delete" {
		err = errors.New("journal mode stays " + mode)
	}
	if err != nil {
		return fmt.Errorf("%s keeps its -wal file, as another program reads it: hand over both: %w", f.path, err)
	}
	return nil
}

// querier is what a query can be sent to: the file, or a transaction on it.
type querier interface {
	Query(query string, args ...any) (*sql.Rows, error)
}

// query reads all rows of a query.
func query[T any](from querier, text string, scan func(*sql.Rows) (T, error), args ...any) ([]T, error) {
	rows, err := from.Query(text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
