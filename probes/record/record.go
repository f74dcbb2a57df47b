// Package record is the incident file: one SQLite file that holds the samples, the timeline's events, the plans and the facts of one
// incident. It is the only state; everything else is made from it.
package record

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/adrg/xdg"
)

// Extension ends the name of every incident file.
const Extension = ".pgmedic"

// File is an open incident file. Its methods may be called from several goroutines.
type File struct {
	path     string
	db       *sql.DB
	readOnly bool
	shared   bool // another program may write it: it is left to SQLite to clear up, which does so when the last one closes it
	ids      *idMaker

	writing sync.Mutex // one transaction at a time; guards what follows
	level   string     // the PRAGMA synchronous in force
	track   *track     // nil: no sample was stored yet
	closed  bool
}

// Create makes a new incident file with mode 0600, in a folder of mode 0700 that it makes where needed. database becomes part of the name,
// <utc-date>T<time>Z-<database>.pgmedic; at is local time.
//
// A file has one writer, the one that made it: where the name is taken already, Create refuses it.
func Create(folder, database string, at time.Time) (*File, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder for incident files: %w", err)
	}
	return CreateAt(filepath.Join(folder, fileName(database, at)))
}

// CreateAt is Create with a path that somebody chose, in a folder that exists.
func CreateAt(path string) (*File, error) {
	if err := claim(path); err != nil {
		return nil, err
	}
	f, err := openFile(path, "rw")
	if err != nil {
		return nil, err
	}
	if err := f.initialise(); err != nil {
		_ = f.db.Close() // the first error tells more
		return nil, fmt.Errorf("setting up the incident file %s: %w", path, err)
	}
	return f, nil
}

// claim makes the empty file, and fails where it exists: two writers would mix two incidents in one file.
func claim(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("the incident file %s exists, and nothing is overwritten; where another pgmedic began to record this database in the same second, start again: %w", path, err)
	}
	if err != nil {
		return fmt.Errorf("making the incident file: %w", err)
	}
	return file.Close()
}

// initialise makes the schema in one transaction, so that a file is either empty or complete.
func (f *File) initialise() error {
	if _, err := f.db.Exec(useWriteAheadLog); err != nil {
		return err
	}
	return f.write(durable, func(tx *sql.Tx) error {
		_, err := tx.Exec(schema)
		return err
	})
}

// Open opens an existing incident file to read, also while its writer lives or after it was killed. A foreign, broken or newer file is
// refused with what to do.
func Open(path string) (*File, error) {
	return openExisting(path, "ro")
}

// OpenToAdd opens an existing incident file to read, and to add events, plans and facts to, also while a workbench records into it.
func OpenToAdd(path string) (*File, error) {
	return openExisting(path, "rw")
}

func openExisting(path, mode string) (*File, error) {
	if _, err := os.Stat(path); err != nil {
		var failed *os.PathError
		if errors.As(err, &failed) {
			err = failed.Err // without the path, which stands here already
		}
		return nil, fmt.Errorf("opening the incident file %s: %w; name a file that ends in %s, pgmedic keeps its own in %s", path, err, Extension, Folder())
	}
	f, err := openFile(path, mode)
	if err != nil {
		return nil, err
	}
	f.readOnly, f.shared = mode == "ro", true
	err = f.checkFormat()
	if err != nil && mode == "ro" && cannotOpen(err) && f.isWhole() {
		_ = f.db.Close() // nothing was read
		if f, err = openFile(path, unchanging); err != nil {
			return nil, err
		}
		f.readOnly, f.shared = true, true
		err = f.checkFormat()
	}
	if err == nil && mode == "rw" {
		err = f.checkWritable()
	}
	if err != nil {
		_ = f.db.Close() // the first error tells more
		return nil, err
	}
	return f, nil
}

// Folder is where incident files are kept: pgmedic/incidents in the XDG state folder.
func Folder() string { return filepath.Join(xdg.StateHome, "pgmedic", "incidents") }

// Path returns where the file is.
func (f *File) Path() string { return f.path }

// Close writes everything out and leaves one file without a write-ahead log beside it. Where another program still reads the file, the log has
// to stay, emptied; the error says so.
func (f *File) Close() error {
	f.writing.Lock()
	defer f.writing.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	var err error
	if !f.readOnly && !f.shared {
		err = f.foldLog()
	}
	return errors.Join(err, f.db.Close())
}

// fileName is <utc-date>T<time>Z-<database>.pgmedic.
func fileName(database string, at time.Time) string {
	return at.UTC().Format("2006-01-02T150405Z") + "-" + slug(database) + Extension
}

// slugLength bounds the database's part of a file name.
const slugLength = 40

// slug makes a database's name safe for a file name everywhere: what is no ASCII letter, digit or underscore becomes one hyphen.
func slug(database string) string {
	words := strings.FieldsFunc(strings.ToLower(database), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_')
	})
	name := strings.Join(words, "-")
	if len(name) > slugLength {
		name = name[:slugLength]
	}
	if name == "" {
		return "database"
	}
	return name
}
