package record

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/adrg/xdg"
	"github.com/gofrs/flock"

	"github.com/pgmedic/pgmedic/probes"
)

// The rolling window: every sample of the last FineSpan, before that one in FoldSpan.
const (
	FineSpan = time.Hour
	FoldSpan = 10 * time.Second
)

// foldEvery is how often the rolling window is moved.
const foldEvery = time.Minute

// settingFolded begins the names of the settings that hold up to which seq a track is folded.
const settingFolded = "folded "

// Rolling is an incident file that holds the last hours alone, so that there is a baseline before an incident. It has one writer.
type Rolling struct {
	*File
	keep   time.Duration
	lock   *flock.Flock
	folded map[int64]int64 // by track: up to which seq
	moved  time.Time       // server time
}

// RollingFolder is where rolling records are kept: pgmedic/rolling in the XDG state folder.
func RollingFolder() string { return filepath.Join(xdg.StateHome, "pgmedic", "rolling") }

// RollingPath is where the rolling record of a database is kept, by the address that it is reached at.
func RollingPath(host string, port uint16, database string) string {
	return filepath.Join(RollingFolder(), slug(host)+"-"+strconv.Itoa(int(port))+"-"+slug(database)+Extension)
}

// OpenRolling opens a rolling record to go on with, or makes it with its folder. keep is how much of it is kept. While another program writes it, it is refused.
func OpenRolling(path string, keep time.Duration) (_ *Rolling, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder for rolling records: %w", err)
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	mine, err := lock.TryLock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("locking the rolling record %s: %w", path, err)
	case !mine:
		return nil, fmt.Errorf("another pgmedic writes the rolling record %s: one is enough; what it records is what a workbench on this server begins with", path)
	}
	r := &Rolling{keep: keep, lock: lock, folded: map[int64]int64{}}
	if _, err = os.Stat(path); errors.Is(err, os.ErrNotExist) {
		r.File, err = CreateAt(path)
	} else {
		r.File, err = OpenToAdd(path)
	}
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return r, nil
}

// AddSample stores a sample as File does, and moves the window now and then: what it then writes takes some ten milliseconds.
func (r *Rolling) AddSample(s *probes.Sample, a probes.Assessment) error {
	if err := r.File.AddSample(s, a); err != nil {
		return err
	}
	if age := s.At.Sub(r.moved); !r.moved.IsZero() && age >= 0 && age < foldEvery {
		return nil
	}
	r.moved = s.At
	return r.move(s.At)
}

// move folds what is older than FineSpan and removes what is older than the window.
func (r *Rolling) move(now time.Time) error {
	runs, err := r.runs()
	if err != nil {
		return err
	}
	for _, run := range runs {
		if !run.to.Before(now.Add(-FineSpan)) || run.to.Before(now.Add(-r.keep)) {
			continue
		}
		if err := r.foldOnce(run); err != nil {
			return fmt.Errorf("folding samples of %s: %w", r.path, err)
		}
	}
	return r.dropBefore(runs, now.Add(-r.keep))
}

// foldOnce folds a run that is not folded yet.
func (r *Rolling) foldOnce(run run) error {
	name := settingFolded + strconv.FormatInt(run.track, 10)
	if _, known := r.folded[run.track]; !known {
		var seq int64
		if err := r.db.QueryRow(selectSetting, name).Scan(&seq); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		r.folded[run.track] = seq
	}
	if run.last <= r.folded[run.track] {
		return nil
	}
	if err := r.foldRun(run, FoldSpan); err != nil {
		return err
	}
	r.folded[run.track] = run.last
	return r.write(relaxed, func(tx *sql.Tx) error {
		_, err := tx.Exec(upsertSetting, name, strconv.FormatInt(run.last, 10))
		return err
	})
}

// Close closes the file and lets another program go on with it.
func (r *Rolling) Close() error {
	return errors.Join(r.File.Close(), r.lock.Unlock())
}
