package record

import (
	"bytes"
	"compress/flate"
	"database/sql"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record/pack"
)

const (
	selectRun     = `SELECT s.seq, l.body, s.body FROM sample s JOIN layout l ON l.id = s.layout WHERE s.track = ? AND s.seq BETWEEN ? AND ? ORDER BY s.seq`
	selectRunText = `SELECT seq, query_id, body FROM text WHERE track = ? AND seq BETWEEN ? AND ?`
	selectTexts   = `SELECT query_id, body FROM text ORDER BY track DESC`
)

// unpackAhead is how many runs are unpacked while one is looked at.
const unpackAhead = 2

// Samples calls visit for each stored sample in the order in which they were taken, until it returns false. Texts stand in the sample that
// brought them first. Visit must not change the samples, which share parts. Nothing is held open meanwhile.
//
// Of a file that was merged from several people's, each time is told once: see pieces.
func (f *File) Samples(visit func(*probes.Sample, probes.Assessment) bool) error {
	return f.SamplesBetween(time.Time{}, time.Time{}, visit)
}

// SamplesBetween is Samples of a stretch of time, both ends included; a zero time is no end.
func (f *File) SamplesBetween(from, to time.Time, visit func(*probes.Sample, probes.Assessment) bool) error {
	runs, err := f.runs()
	if err != nil {
		return err
	}
	seam := seam{}
	return f.unpackAll(piecesOf(runs, from, to), func(p piece, bodies []sampleBody) bool {
		for i := range bodies {
			if b := &bodies[i]; p.holds(b.Sample.At) {
				seam.join(p.run.track, &b.Sample)
				if !visit(&b.Sample, b.Assessment) {
					return false
				}
			}
		}
		return true
	})
}

// unpackAll unpacks the pieces' runs, some ahead, until visit returns false.
func (f *File) unpackAll(pieces []piece, visit func(piece, []sampleBody) bool) error {
	type unpacked struct {
		bodies []sampleBody
		err    error
	}
	var working sync.WaitGroup
	defer working.Wait()
	ahead := make(chan chan unpacked, unpackAhead)
	stop := make(chan struct{})
	defer close(stop)
	working.Go(func() {
		defer close(ahead)
		for _, p := range pieces {
			result := make(chan unpacked, 1)
			select {
			case ahead <- result:
			case <-stop:
				return
			}
			working.Go(func() {
				bodies, err := f.unpack(p.run)
				result <- unpacked{bodies, err}
			})
		}
	})
	next := 0
	for result := range ahead {
		run := <-result
		if run.err != nil {
			return fmt.Errorf("reading the samples of %s: %w", f.path, run.err)
		}
		if !visit(pieces[next], run.bodies) {
			return nil
		}
		next++
	}
	return nil
}

type packedSample struct {
	seq    int64
	layout string
	body   []byte
}

// unpack reads a run.
func (f *File) unpack(r run) ([]sampleBody, error) {
	rows, err := query(f.db, selectRun, func(rows *sql.Rows) (p packedSample, err error) {
		return p, rows.Scan(&p.seq, &p.layout, &p.body)
	}, r.track, r.first, r.last)
	if err != nil {
		return nil, err
	}
	texts, err := f.runTexts(r)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	reader, err := pack.NewReader[sampleBody](rows[0].layout, sampleKeys())
	if err != nil {
		return nil, err
	}
	inflate := flate.NewReader(nil)
	var packed bytes.Buffer
	sums := totals{}
	bodies := make([]sampleBody, 0, len(rows))
	for _, row := range rows {
		packed.Reset()
		if err := inflate.(flate.Resetter).Reset(bytes.NewReader(row.body), nil); err != nil {
			return nil, err
		}
		if _, err := io.Copy(&packed, inflate); err != nil {
			return nil, fmt.Errorf("unpacking sample %d: %w", row.seq, err)
		}
		body, err := reader.Next(packed.Bytes())
		if err != nil {
			return nil, fmt.Errorf("unpacking sample %d: %w", row.seq, err)
		}
		sums.in(&body.Sample)
		body.Sample.Statements.Texts = texts[row.seq]
		bodies = append(bodies, *body)
	}
	return bodies, nil
}

func (f *File) runTexts(r run) (map[int64]map[int64]string, error) {
	type textRow struct {
		seq, queryID int64
		body         string
	}
	rows, err := query(f.db, selectRunText, func(rows *sql.Rows) (row textRow, err error) {
		return row, rows.Scan(&row.seq, &row.queryID, &row.body)
	}, r.track, r.first, r.last)
	texts := map[int64]map[int64]string{}
	for _, row := range rows {
		if texts[row.seq] == nil {
			texts[row.seq] = map[int64]string{}
		}
		texts[row.seq][row.queryID] = row.body
	}
	return texts, err
}

// Texts returns the normalised statement texts seen, by query id.
func (f *File) Texts() (map[int64]string, error) {
	type textRow struct {
		queryID int64
		body    string
	}
	rows, err := query(f.db, selectTexts, func(rows *sql.Rows) (row textRow, err error) {
		return row, rows.Scan(&row.queryID, &row.body)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the statement texts of %s: %w", f.path, err)
	}
	texts := map[int64]string{}
	for _, row := range rows {
		texts[row.queryID] = row.body
	}
	return texts, nil
}
