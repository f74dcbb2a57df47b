package record

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/pgmedic/pgmedic/probes"
)

const (
	attach = `ATTACH DATABASE ? AS other`
	detach = `DETACH DATABASE other`

	mergeTracks  = `INSERT INTO track (ulid, began) SELECT ulid, began FROM other.track WHERE true ORDER BY id ON CONFLICT (ulid) DO NOTHING`
	mergeLayouts = `INSERT INTO layout (body) SELECT body FROM other.layout WHERE true ORDER BY id ON CONFLICT (body) DO NOTHING`
	mergeSamples = `INSERT INTO sample (track, seq, run, at, clients, layout, body)
		SELECT t.id, s.seq, s.run, s.at, s.clients, l.id, s.body FROM other.sample s
		JOIN other.track theirs ON theirs.id = s.track JOIN track t ON t.ulid = theirs.ulid
		JOIN other.layout layouts ON layouts.id = s.layout JOIN layout l ON l.body = layouts.body
		WHERE true ORDER BY s.rowid ON CONFLICT (track, seq) DO NOTHING`
	mergeTexts = `INSERT INTO text (track, query_id, seq, body)
		SELECT t.id, x.query_id, x.seq, x.body FROM other.text x
		JOIN other.track theirs ON theirs.id = x.track JOIN track t ON t.ulid = theirs.ulid
		WHERE true ON CONFLICT (track, query_id) DO NOTHING`
	mergeEvents = `INSERT INTO event SELECT * FROM other.event WHERE true ON CONFLICT (id) DO NOTHING`
	mergePlans  = `INSERT INTO plan SELECT * FROM other.plan WHERE true ON CONFLICT (id) DO NOTHING`
	mergeFacts  = `INSERT INTO fact (id, kind, subject, value, unit, n, since, until, method, conditions, source, status)
		SELECT id, kind, subject, value, unit, n, since, until, method, conditions, source, status FROM other.fact WHERE true ORDER BY seq ON CONFLICT (id) DO NOTHING`
	mergeSettings = `INSERT INTO setting SELECT * FROM other.setting WHERE true ON CONFLICT (name) DO NOTHING`
)

// Merged is what Merge has added of one file.
type Merged struct {
	Path                          string
	Samples, Events, Plans, Facts int64
}

// Merge makes one new file, at path, of several people's: of each event, plan and fact one copy by its id, and every sample. The files stay as they are. Files of
// different servers are refused: their samples cannot be told as one.
func Merge(path string, from ...string) (_ []Merged, err error) {
	for _, other := range from {
		if err := checkSource(other); err != nil {
			return nil, err
		}
	}
	if err := sameSystem(from); err != nil {
		return nil, err
	}
	f, err := CreateAt(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var all []Merged
	for _, other := range from {
		added, err := f.add(other)
		if err != nil {
			return all, fmt.Errorf("merging %s into %s: %w", other, path, err)
		}
		all = append(all, added)
	}
	return all, nil
}

// checkSource opens a file for what Open refuses, and what cannot be copied by this pgmedic.
func checkSource(path string) error {
	f, err := Open(path)
	if err != nil {
		return err
	}
	return f.Close()
}

// sameSystem refuses files of different clusters.
func sameSystem(paths []string) error {
	var seen []string
	for _, path := range paths {
		of, err := systemsOf(path)
		if err != nil {
			return err
		}
		if len(seen) > 0 && len(of) > 0 && !slices.ContainsFunc(of, func(one string) bool { return slices.Contains(seen, one) }) {
			return fmt.Errorf("%s was recorded on another cluster (system identifier %s) than the file before it (%s): report each by itself", path, of[0], seen[0])
		}
		seen = append(seen, of...)
	}
	return nil
}

// systemsOf returns the system identifiers of a file's first sample and its events.
func systemsOf(path string) (systems []string, err error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	err = f.Samples(func(s *probes.Sample, _ probes.Assessment) bool {
		systems = append(systems, s.Server.SystemIdentifier)
		return false
	})
	if err != nil {
		return nil, err
	}
	events, err := f.Versions()
	for _, e := range events {
		if its := identity.FindStringSubmatch(e.Server); its != nil {
			systems = append(systems, its[2])
		}
	}
	slices.Sort(systems)
	return slices.DeleteFunc(slices.Compact(systems), func(s string) bool { return cmp.Or(s, "0") == "0" }), err
}

// add copies what another file holds and this one does not.
func (f *File) add(path string) (Merged, error) {
	m := Merged{Path: path}
	err := f.withOther(path, durable, func(tx *sql.Tx) error {
		var none int64
		for _, step := range []struct {
			text  string
			added *int64
		}{
			{mergeTracks, &none}, {mergeLayouts, &none}, {mergeSamples, &m.Samples}, {mergeTexts, &none},
			{mergeEvents, &m.Events}, {mergePlans, &m.Plans}, {mergeFacts, &m.Facts}, {mergeSettings, &none},
		} {
			result, err := tx.Exec(step.text)
			if err != nil {
				return err
			}
			if *step.added, err = result.RowsAffected(); err != nil {
				return err
			}
		}
		return nil
	})
	return m, err
}

// withOther runs fn in one transaction in which another file is there too, as the schema other.
func (f *File) withOther(path, level string, fn func(*sql.Tx) error) error {
	address, err := fileAddress(path, "ro")
	if err != nil {
		return err
	}
	if _, err := f.db.Exec(attach, address); err != nil {
		return err
	}
	err = f.write(level, fn)
	_, left := f.db.Exec(detach)
	return errors.Join(err, left)
}
