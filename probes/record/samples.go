package record

import (
	"database/sql"
	"fmt"
	"reflect"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record/pack"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

const (
	insertTrack  = `INSERT INTO track (ulid, began) VALUES (?, ?)`
	insertLayout = `INSERT INTO layout (body) VALUES (?) ON CONFLICT (body) DO UPDATE SET body = excluded.body RETURNING id`
	insertSample = `INSERT INTO sample (track, seq, run, at, clients, layout, body) VALUES (?, ?, ?, ?, ?, ?, ?)`
	insertText   = `INSERT INTO text (track, query_id, seq, body) VALUES (?, ?, ?, ?) ON CONFLICT (track, query_id) DO NOTHING`
)

const (
	// runLength is how many samples are read to get at the last of them, at most.
	runLength = 60
	// runGap is the silence after which a run ends: within one, samples follow each other.
	runGap = 10 * time.Second
)

// sampleBody is what is packed: a sample without the statements' texts, and what watch made of it.
type sampleBody struct {
	Sample     probes.Sample
	Assessment probes.Assessment
}

// sampleKeys tells the rows of a sample apart.
func sampleKeys() pack.Keys {
	return pack.Keys{
		reflect.TypeFor[probes.Backend]():        {"PID", "BackendStart"},
		reflect.TypeFor[probes.StatementDelta](): {"StatementKey"},
		reflect.TypeFor[probes.DatabaseDelta]():  {"OID"},
	}
}

// track is what this program writes into the file.
type track struct {
	id, layout, seq, run int64
	last                 time.Time // of the sample before
	broken               bool      // the sample before was not stored: the next one cannot be held against it
	samples              *pack.Writer[sampleBody]
	totals               totals
	encoder              *zstd.Encoder
	packed, body         []byte // reused
}

// AddSample stores a sample. It may be lost in a power cut within the second; the file never is. The sample must not change any more.
//
// Samples come every second while the disk may be busy with the incident, and each is worth little alone: they do not wait for the disk.
func (f *File) AddSample(s *probes.Sample, a probes.Assessment) error {
	err := f.write(relaxed, func(tx *sql.Tx) error {
		if f.track == nil {
			started, err := f.startTrack(tx)
			if err != nil {
				return err
			}
			f.track = started
		}
		return f.track.add(tx, s, a)
	})
	if err != nil {
		f.breakTrack()
		return fmt.Errorf("storing a sample in the incident file: %w", err)
	}
	return nil
}

// breakTrack makes the next sample stand for itself, after one that may not be in the file.
func (f *File) breakTrack() {
	f.writing.Lock()
	defer f.writing.Unlock()
	switch {
	case f.track == nil:
	case f.track.seq == 1: // the track itself may not be there
		f.track = nil
	default:
		f.track.broken = true
	}
}

// startTrack begins to record, as a track of its own.
func (f *File) startTrack(tx *sql.Tx) (*track, error) {
	samples, err := pack.NewWriter[sampleBody](sampleKeys())
	if err != nil {
		return nil, err
	}
	now := time.Now()
	id, err := f.ids.next(now)
	if err != nil {
		return nil, err
	}
	t := &track{samples: samples}
	result, err := tx.Exec(insertTrack, id, formatTime(now))
	if err != nil {
		return nil, err
	}
	if t.id, err = result.LastInsertId(); err != nil {
		return nil, err
	}
	if err := tx.QueryRow(insertLayout, samples.Layout()).Scan(&t.layout); err != nil {
		return nil, err
	}
	t.encoder, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	return t, err
}

func (t *track) add(tx *sql.Tx, s *probes.Sample, a probes.Assessment) error {
	t.seq++
	gap := s.At.Sub(t.last)
	if t.seq == 1 || t.broken || t.seq-t.run >= runLength || gap < 0 || gap > runGap {
		t.samples.Begin()
		t.totals = totals{}
		t.run, t.broken = t.seq, false
	}
	t.last = s.At
	body := t.pack(sampleBody{t.totals.out(s), a})
	if _, err := tx.Exec(insertSample, t.id, t.seq, t.run, formatTime(s.At), s.Counts().Total, t.layout, body); err != nil {
		return err
	}
	for id, text := range s.Statements.Texts { // as Samples promise them already; the file does not rely on it
		if _, err := tx.Exec(insertText, t.id, id, t.seq, sqltext.Public(text)); err != nil {
			return err
		}
	}
	return nil
}

func (t *track) pack(body sampleBody) []byte {
	t.packed = t.samples.Append(t.packed[:0], &body)
	t.body = t.encoder.EncodeAll(t.packed, t.body[:0])
	return t.body
}
