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
	packer               *packer
}

// packer packs and compresses samples, run by run.
type packer struct {
	samples      *pack.Writer[sampleBody]
	totals       totals
	encoder      *zstd.Encoder
	packed, body []byte // reused
}

func newPacker() (*packer, error) {
	samples, err := pack.NewWriter[sampleBody](sampleKeys())
	if err != nil {
		return nil, err
	}
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	return &packer{samples: samples, totals: totals{}, encoder: encoder}, err
}

// begin begins a run.
func (p *packer) begin() {
	p.samples.Begin()
	p.totals = totals{}
}

// pack returns the next sample of the run as it is stored; the bytes are good until the next one.
func (p *packer) pack(s *probes.Sample, a probes.Assessment) []byte {
	p.packed = p.samples.Append(p.packed[:0], &sampleBody{p.totals.out(s), a})
	p.body = p.encoder.EncodeAll(p.packed, p.body[:0])
	return p.body
}

// layout returns the number in the file of how samples are packed.
func (p *packer) layout(tx *sql.Tx) (id int64, err error) {
	return id, tx.QueryRow(insertLayout, p.samples.Layout()).Scan(&id)
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
	packer, err := newPacker()
	if err != nil {
		return nil, err
	}
	now := time.Now()
	id, err := f.ids.next(now)
	if err != nil {
		return nil, err
	}
	t := &track{packer: packer}
	result, err := tx.Exec(insertTrack, id, formatTime(now))
	if err != nil {
		return nil, err
	}
	if t.id, err = result.LastInsertId(); err != nil {
		return nil, err
	}
	t.layout, err = packer.layout(tx)
	return t, err
}

func (t *track) add(tx *sql.Tx, s *probes.Sample, a probes.Assessment) error {
	t.seq++
	gap := s.At.Sub(t.last)
	if t.seq == 1 || t.broken || t.seq-t.run >= runLength || gap < 0 || gap > runGap {
		t.packer.begin()
		t.run, t.broken = t.seq, false
	}
	t.last = s.At
	if _, err := tx.Exec(insertSample, t.id, t.seq, t.run, formatTime(s.At), s.Counts().Total, t.layout, t.packer.pack(s, a)); err != nil {
		return err
	}
	for id, text := range s.Statements.Texts { // as Samples promise them already; the file does not rely on it
		if _, err := tx.Exec(insertText, t.id, id, t.seq, sqltext.Public(text)); err != nil {
			return err
		}
	}
	return nil
}
