package record

import (
	"cmp"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// selectRuns answers from the index sample_run alone.
const (
	selectRuns  = `SELECT track, run, max(seq), min(at), max(at) FROM sample GROUP BY track, run ORDER BY track, run`
	selectLast  = `SELECT coalesce(max(at), '') FROM sample WHERE track = ? AND run = ? AND at BETWEEN ? AND ?`
	selectCurve = `SELECT track, run, at, clients FROM sample ORDER BY track, run, seq`
)

// run is samples that are read together: of one track, without a gap, in the order of their times.
type run struct {
	track, first, last int64
	from, to           time.Time
}

// runs returns those of every track, track by track.
func (f *File) runs() ([]run, error) {
	runs, err := query(f.db, selectRuns, func(rows *sql.Rows) (r run, err error) {
		return r, rows.Scan(&r.track, &r.first, &r.last, column{&r.from}, column{&r.to})
	})
	if err != nil {
		return nil, fmt.Errorf("which samples there are: %w", err)
	}
	return runs, nil
}

// piece is the part of a run that is told.
type piece struct {
	run      run
	from, to time.Time // both included, but for what open says
	open     bool      // all of the run, whatever its times
	seam     time.Time // where it follows another track's samples: the time of the last of them
}

func (p piece) holds(at time.Time) bool {
	return p.open || !at.Before(p.from) && !at.After(p.to)
}

// pieces returns what is told of a stretch of time; see piecesOf.
func (f *File) pieces(from, to time.Time) ([]piece, error) {
	runs, err := f.runs()
	if err != nil {
		return nil, err
	}
	pieces := piecesOf(runs, from, to)
	if len(runs) == 0 || runs[0].track == runs[len(runs)-1].track {
		return pieces, nil
	}
	return f.seams(pieces)
}

// piecesOf returns what is told of the stretch. Where two tracks saw the same time, as in a file merged from two responders' files, the one that began first is
// told, and of the others what it did not see: figures of both would count everything twice. One track alone is told as it was taken, also where the server's
// clock was set back.
func piecesOf(runs []run, from, to time.Time) []piece {
	var told []piece
	alone := len(runs) > 0 && runs[0].track == runs[len(runs)-1].track
	tracks := map[int64]time.Time{}
	for _, r := range runs {
		if began, known := tracks[r.track]; !known || r.from.Before(began) {
			tracks[r.track] = r.from
		}
	}
	slices.SortStableFunc(runs, func(a, b run) int {
		return cmp.Or(tracks[a.track].Compare(tracks[b.track]), cmp.Compare(a.track, b.track))
	})
	for _, r := range runs {
		if !to.IsZero() && r.from.After(to) || r.to.Before(from) {
			continue
		}
		p := piece{run: r, from: r.from, to: r.to, open: alone && from.IsZero() && to.IsZero()}
		if from.After(p.from) {
			p.from = from
		}
		if !to.IsZero() && to.Before(p.to) {
			p.to = to
		}
		if alone {
			told = append(told, p)
		} else {
			told = append(told, without(p, told)...)
		}
	}
	if !alone {
		slices.SortStableFunc(told, func(a, b piece) int { return a.from.Compare(b.from) })
	}
	return told
}

// moment is the least time that parts two samples.
const moment = time.Nanosecond

// without returns what is left of a piece where other tracks are told already.
func without(p piece, told []piece) []piece {
	left := []piece{p}
	for _, other := range told {
		if other.run.track == p.run.track {
			continue
		}
		var rest []piece
		for _, l := range left {
			if other.to.Before(l.from) || other.from.After(l.to) {
				rest = append(rest, l)
				continue
			}
			if l.from.Before(other.from) {
				rest = append(rest, piece{run: l.run, from: l.from, to: other.from.Add(-moment)})
			}
			if l.to.After(other.to) {
				rest = append(rest, piece{run: l.run, from: other.to.Add(moment), to: l.to})
			}
		}
		left = rest
	}
	return left
}

// seams finds where pieces follow another track's, and leaves out those without a sample.
func (f *File) seams(pieces []piece) ([]piece, error) {
	var told []piece
	var track int64
	var last time.Time
	for _, p := range pieces {
		if track != 0 && track != p.run.track {
			p.seam = last
		}
		var to time.Time
		if err := f.db.QueryRow(selectLast, p.run.track, p.run.first, formatTime(p.from), formatTime(p.to)).Scan(column{&to}); err != nil {
			return nil, err
		}
		if !to.IsZero() {
			told, track, last = append(told, p), p.run.track, to
		}
	}
	return told, nil
}

// join makes the first sample after a seam begin anew, as that of a new connection does: what it counted since a reading of its own was told already.
func join(s *probes.Sample, seam time.Time) {
	s.Interval = 0
	if s.Statements.Since.Before(seam) {
		s.Statements.Since, s.Statements.Deltas = time.Time{}, nil
	}
	s.Databases = nil
	s.Writes = probes.Writes{}
}

// Point is a time and the client connections then, pgmedic's own not counted.
type Point struct {
	At      time.Time
	Clients int
}

// Curve returns the client connections of every sample, in the order of Samples. It reads no sample for that: six hours take some ten milliseconds.
func (f *File) Curve() ([]Point, error) {
	type key struct{ track, run int64 }
	of := map[key][]Point{}
	_, err := query(f.db, selectCurve, func(rows *sql.Rows) (none struct{}, err error) {
		var k key
		var p Point
		err = rows.Scan(&k.track, &k.run, column{&p.At}, &p.Clients)
		of[k] = append(of[k], p)
		return none, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the connections of %s: %w", f.path, err)
	}
	runs, err := f.runs()
	if err != nil {
		return nil, err
	}
	var curve []Point
	for _, p := range piecesOf(runs, time.Time{}, time.Time{}) {
		for _, point := range of[key{p.run.track, p.run.first}] {
			if p.holds(point.At) {
				curve = append(curve, point)
			}
		}
	}
	return curve, nil
}
