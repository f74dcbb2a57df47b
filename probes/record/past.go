package record

import (
	"database/sql"
	"fmt"
	"time"
)

// pastSamples is mergeSamples of the runs that end at a time or later.
const pastSamples = `INSERT INTO sample (track, seq, run, at, clients, layout, body)
	SELECT t.id, s.seq, s.run, s.at, s.clients, l.id, s.body FROM other.sample s
	JOIN (SELECT track, run FROM other.sample GROUP BY track, run HAVING max(at) >= ?) late ON late.track = s.track AND late.run = s.run
	JOIN other.track theirs ON theirs.id = s.track JOIN track t ON t.ulid = theirs.ulid
	JOIN other.layout layouts ON layouts.id = s.layout JOIN layout l ON l.body = layouts.body
	WHERE true ORDER BY s.rowid ON CONFLICT (track, seq) DO NOTHING`

// AddPast copies what a rolling record of the same server holds since a time, so that this file has what was before the incident: its samples, in whole runs, and the
// texts of the statements. It returns how many samples that were. An hour of a busy server is 23 MB.
func (f *File) AddPast(path string, since time.Time) (samples int64, err error) {
	if err := checkSource(path); err != nil {
		return 0, err
	}
	err = f.withOther(path, relaxed, func(tx *sql.Tx) error {
		for _, text := range [...]string{mergeTracks, mergeLayouts, mergeTexts} {
			if _, err := tx.Exec(text); err != nil {
				return err
			}
		}
		result, err := tx.Exec(pastSamples, formatTime(since))
		if err != nil {
			return err
		}
		samples, err = result.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("taking over what %s holds: %w", path, err)
	}
	return samples, nil
}
