package record

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	insertEvent = `INSERT INTO event
		(id, kind, at, ended, within, basis, recorded_at, author, source, server, title, body, sql, data, evidence, star, internal, supersedes, removed)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`
	selectEvents = `SELECT id, kind, at, ended, within, basis, recorded_at, author, source, server, title, body, sql, data, evidence, star, internal, supersedes, removed
		FROM event ORDER BY at, id`
	selectFirst = `SELECT CASE supersedes WHEN '' THEN id ELSE supersedes END FROM event WHERE id = ?`
)

// AddEvent stores an event durably (synchronous=FULL) before it returns; it fills ID and RecordedAt where they are empty, and returns the
// stored event. An event whose ID is in the file already is not stored again, so that a doubtful write can be repeated.
//
// Where Supersedes names a later version, the first one is stored there; that of no event in the file is refused.
func (f *File) AddEvent(e Event) (Event, error) {
	stored, err := f.AddEvents([]Event{e})
	if err != nil {
		return e, err
	}
	return stored[0], nil
}

// AddEvents stores several events as AddEvent does, all or none.
func (f *File) AddEvents(events []Event) ([]Event, error) {
	if len(events) == 0 {
		return nil, nil
	}
	stored := slices.Clone(events)
	for i := range stored {
		if err := f.complete(&stored[i]); err != nil {
			return nil, err
		}
	}
	err := f.write(durable, func(tx *sql.Tx) error {
		for i := range stored {
			if err := addEvent(tx, &stored[i]); err != nil {
				return fmt.Errorf("%q: %w", stored[i].Title, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("storing the event in the incident file: %w", err)
	}
	return stored, nil
}

// complete fills what an event has none of yet.
func (f *File) complete(e *Event) error {
	now := time.Now()
	if e.RecordedAt.IsZero() {
		e.RecordedAt = now
	}
	if e.ID == "" {
		id, err := f.ids.next(now)
		if err != nil {
			return err
		}
		e.ID = id
	}
	e.At, e.End, e.RecordedAt = utc(e.At), utc(e.End), utc(e.RecordedAt)
	return nil
}

func addEvent(tx *sql.Tx, e *Event) error {
	if e.Supersedes != "" {
		if err := tx.QueryRow(selectFirst, e.Supersedes).Scan(&e.Supersedes); errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("it supersedes the event %s, which the file does not hold", e.Supersedes)
		} else if err != nil {
			return err
		}
	}
	data, err := json.Marshal(e.Data)
	if err != nil {
		return err
	}
	evidence, err := json.Marshal(e.Evidence)
	if err != nil {
		return err
	}
	_, err = tx.Exec(insertEvent, e.ID, e.Kind, formatTime(e.At), formatTime(e.End), int64(e.Within), e.Basis, formatTime(e.RecordedAt),
		e.Author, e.Source, e.Server, e.Title, e.Body, e.SQL, string(data), string(evidence), e.Star, e.Internal, e.Supersedes, e.Removed)
	return err
}

// Events returns the timeline as it stands now, oldest first: of each event its newest version, under the id of the first one, so that what names it still
// finds it. What was taken back is left out. See Versions for everything that the file holds.
func (f *File) Events() ([]Event, error) {
	versions, err := f.Versions()
	if err != nil {
		return nil, err
	}
	newest := map[string]Event{}
	for _, e := range versions {
		first := cmp.Or(e.Supersedes, e.ID)
		if known, found := newest[first]; !found || known.olderThan(e) {
			newest[first] = e
		}
	}
	var current []Event
	for first, e := range newest {
		if !e.Removed {
			e.ID = first
			current = append(current, e)
		}
	}
	slices.SortFunc(current, func(a, b Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return current, nil
}

// olderThan says whether another version of the same event is newer. Two people's versions go by the time at which each was recorded.
func (e Event) olderThan(other Event) bool {
	if (e.Supersedes == "") != (other.Supersedes == "") {
		return e.Supersedes == ""
	}
	return cmp.Or(e.RecordedAt.Compare(other.RecordedAt), cmp.Compare(e.ID, other.ID)) < 0
}

// Versions returns every version of every event by its own id, tombstones too, by the time of the event.
func (f *File) Versions() ([]Event, error) {
	events, err := query(f.db, selectEvents, scanEvent)
	if err != nil {
		return nil, fmt.Errorf("reading the timeline of %s: %w", f.path, err)
	}
	return events, nil
}

func scanEvent(rows *sql.Rows) (e Event, err error) {
	var data, evidence []byte
	err = rows.Scan(&e.ID, &e.Kind, column{&e.At}, column{&e.End}, &e.Within, &e.Basis, column{&e.RecordedAt},
		&e.Author, &e.Source, &e.Server, &e.Title, &e.Body, &e.SQL, &data, &evidence, &e.Star, &e.Internal, &e.Supersedes, &e.Removed)
	if err != nil {
		return e, err
	}
	return e, errors.Join(json.Unmarshal(data, &e.Data), json.Unmarshal(evidence, &e.Evidence))
}
