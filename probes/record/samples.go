package record

import (
	"database/sql"
	"fmt"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

const (
	insertSample = `INSERT INTO sample (at, body) VALUES (?, ?)`
	insertText   = `INSERT INTO text (query_id, sample, body) VALUES (?, ?, ?) ON CONFLICT (query_id) DO NOTHING`
	// selectSamples reads a page, so that nothing is held open while the visitor works.
	selectSamples = `SELECT seq, body FROM sample WHERE seq > ? ORDER BY seq LIMIT 100`
	selectTexts   = `SELECT sample, query_id, body FROM text`
)

// AddSample stores a sample. It may be lost in a power cut within the second; the file never is.
//
// Samples come every second while the disk may be busy with the incident, and each is worth little alone: they do not wait for the disk.
func (f *File) AddSample(s *probes.Sample, a probes.Assessment) error {
	body, err := encodeSample(s, a)
	if err != nil {
		return fmt.Errorf("packing a sample: %w", err)
	}
	err = f.write(relaxed, func(tx *sql.Tx) error {
		result, err := tx.Exec(insertSample, formatTime(s.At), body)
		if err != nil {
			return err
		}
		seq, err := result.LastInsertId()
		if err != nil {
			return err
		}
		return addTexts(tx, seq, s.Statements.Texts)
	})
	if err != nil {
		return fmt.Errorf("storing a sample in the incident file: %w", err)
	}
	return nil
}

// addTexts stores texts as Samples promise them already; the file does not rely on it.
func addTexts(tx *sql.Tx, seq int64, texts map[int64]string) error {
	for id, text := range texts {
		if _, err := tx.Exec(insertText, id, seq, sqltext.Public(text)); err != nil {
			return err
		}
	}
	return nil
}

// Samples calls visit for each stored sample in the order in which they were taken, until it returns false. Texts stand in the sample that
// brought them first.
func (f *File) Samples(visit func(*probes.Sample, probes.Assessment) bool) error {
	texts, err := f.textsBySample()
	if err != nil {
		return err
	}
	last := int64(0)
	for {
		page, err := f.samplePage(last)
		if err != nil {
			return fmt.Errorf("reading the samples of %s: %w", f.path, err)
		}
		if len(page) == 0 {
			return nil
		}
		for _, row := range page {
			sample, assessment, err := decodeSample(row.body)
			if err != nil {
				return fmt.Errorf("unpacking sample %d of %s: %w", row.seq, f.path, err)
			}
			sample.Statements.Texts = texts[row.seq]
			if !visit(sample, assessment) {
				return nil
			}
		}
		last = page[len(page)-1].seq
	}
}

type sampleRow struct {
	seq  int64
	body []byte
}

func (f *File) samplePage(after int64) ([]sampleRow, error) {
	return query(f.db, selectSamples, func(rows *sql.Rows) (row sampleRow, err error) {
		return row, rows.Scan(&row.seq, &row.body)
	}, after)
}

// Texts returns the normalised statement texts seen, by query id.
func (f *File) Texts() (map[int64]string, error) {
	bySample, err := f.textsBySample()
	if err != nil {
		return nil, err
	}
	texts := map[int64]string{}
	for _, some := range bySample {
		for id, text := range some {
			texts[id] = text
		}
	}
	return texts, nil
}

func (f *File) textsBySample() (map[int64]map[int64]string, error) {
	type textRow struct {
		sample, queryID int64
		body            string
	}
	rows, err := query(f.db, selectTexts, func(rows *sql.Rows) (row textRow, err error) {
		return row, rows.Scan(&row.sample, &row.queryID, &row.body)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the statement texts of %s: %w", f.path, err)
	}
	texts := map[int64]map[int64]string{}
	for _, row := range rows {
		if texts[row.sample] == nil {
			texts[row.sample] = map[int64]string{}
		}
		texts[row.sample][row.queryID] = row.body
	}
	return texts, nil
}
