package record

import (
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

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

// mostUnpacked bounds one sample, in bytes: a damaged file must not take the memory.
const mostUnpacked = 64 << 20

// Samples calls visit for each stored sample in the order in which they were taken, until it returns false. Texts stand in the sample that
// brought them first. Visit must not change the samples, which share parts. Nothing is held open meanwhile.
//
// Of a file that was merged from several people's, each time is told once: see pieces.
func (f *File) Samples(visit func(*probes.Sample, probes.Assessment) bool) error {
	return f.SamplesBetween(time.Time{}, time.Time{}, visit)
}

// SamplesBetween is Samples of a stretch of time, both ends included; a zero time is no end.
func (f *File) SamplesBetween(from, to time.Time, visit func(*probes.Sample, probes.Assessment) bool) error {
	itself := func(s *probes.Sample, a probes.Assessment) sampleBody { return sampleBody{*s, a} }
	return gather(f, reading{from: from, to: to}, itself, func(b sampleBody) bool { return visit(&b.Sample, b.Assessment) })
}

// brief is what Gather leaves out.
var brief = []string{
	"Sample.Backends.LeaderPID", "Sample.Backends.BackendStart", "Sample.Backends.XactStart", "Sample.Backends.QueryStart", "Sample.Backends.StateChange",
	"Sample.Backends.XidAge", "Sample.Backends.XminAge",
	"Sample.Statements.Deltas.Rows", "Sample.Statements.Deltas.BlocksHit", "Sample.Statements.Deltas.BlocksRead", "Sample.Statements.Deltas.TempBlocks",
	"Sample.Statements.Deltas.TotalCalls", "Sample.Statements.Deltas.TotalExecTime",
}

// Gather takes something from each sample and visits that in the order of Samples, until visit returns false: a third of the time that Samples takes. take is called
// from several goroutines; it must keep no slice of the sample. Zero there are: of sessions their leaders, times and ages; of statements their rows, blocks and totals.
func Gather[T any](f *File, take func(*probes.Sample, probes.Assessment) T, visit func(T) bool) error {
	return gather(f, reading{glance: true}, take, visit)
}

// reading is what of the samples is read.
type reading struct {
	from, to time.Time
	glance   bool // not all of each, and what is read is not kept
}

// gather unpacks the runs of a stretch, some ahead, takes something from each sample, and visits that until visit returns false.
func gather[T any](f *File, r reading, take func(*probes.Sample, probes.Assessment) T, visit func(T) bool) error {
	pieces, err := f.pieces(r.from, r.to)
	if err != nil {
		return fmt.Errorf("reading the samples of %s: %w", f.path, err)
	}
	type unpacked struct {
		taken []T
		err   error
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
				taken, err := takeOf(f, p, r.glance, take)
				result <- unpacked{taken, err}
			})
		}
	})
	for result := range ahead {
		run := <-result
		if run.err != nil {
			return fmt.Errorf("reading the samples of %s: %w", f.path, run.err)
		}
		for _, one := range run.taken {
			if !visit(one) {
				return nil
			}
		}
	}
	return nil
}

// takeOf takes something from each sample of a piece.
func takeOf[T any](f *File, p piece, glance bool, take func(*probes.Sample, probes.Assessment) T) ([]T, error) {
	var taken []T
	err := f.unpack(p.run, glance, func(_ int64, b *sampleBody) {
		if !p.holds(b.Sample.At) {
			return
		}
		s := b.Sample // what is changed of it must not be held against the next one
		if len(taken) == 0 && !p.seam.IsZero() {
			join(&s, p.seam)
		}
		taken = append(taken, take(&s, b.Assessment))
	})
	return taken, err
}

type packedSample struct {
	seq    int64
	layout string
	body   []byte
}

// unpack reads a run.
func (f *File) unpack(r run, glance bool, visit func(seq int64, b *sampleBody)) error {
	rows, err := query(f.db, selectRun, func(rows *sql.Rows) (p packedSample, err error) {
		return p, rows.Scan(&p.seq, &p.layout, &p.body)
	}, r.track, r.first, r.last)
	if err != nil {
		return err
	}
	texts, err := f.runTexts(r)
	if err != nil || len(rows) == 0 {
		return err
	}
	reader, err := readerOf(rows[0].layout, glance)
	if err != nil {
		return err
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostUnpacked))
	if err != nil {
		return err
	}
	defer decoder.Close()
	var packed []byte
	sums := totals{}
	for _, row := range rows {
		if packed, err = decoder.DecodeAll(row.body, packed[:0]); err != nil {
			return fmt.Errorf("unpacking sample %d: %w", row.seq, err)
		}
		body, err := reader.Next(packed)
		if err != nil {
			return fmt.Errorf("unpacking sample %d: %w", row.seq, err)
		}
		if !glance {
			sums.in(&body.Sample)
		}
		body.Sample.Statements.Texts = texts[row.seq]
		visit(row.seq, body)
	}
	return nil
}

func readerOf(layout string, glance bool) (*pack.Reader[sampleBody], error) {
	if glance {
		return pack.NewGlancer[sampleBody](layout, sampleKeys(), brief...)
	}
	return pack.NewReader[sampleBody](layout, sampleKeys())
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
