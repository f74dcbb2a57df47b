package apply

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
)

// meter measures how fast a step goes. But for blocker it belongs to the goroutine that watches.
type meter struct {
	step    string                 // the statement that was looked at last
	since   time.Time              // local clock, when that was first looked at
	blocker atomic.Pointer[string] // whom a brief step waited for last, for a person; nil: not known. Also read when it has ended

	phase, unit string
	began, last float64 // server clock, when the phase was first and last seen
	late        bool    // it was under way when it was first seen
	full        float64 // seconds that the whole of it takes at the rate of the last looks; 0: not known
	ended       []phaseTook
	readings    []reading

	searched bool               // a brief step's first round is over, and nobody was named in it
	found    playbooks.Progress // what the last look at a brief step saw
	rest     time.Time          // local clock, until when a brief step is not looked at again
}

// phaseTook is how long a phase that has ended took, in seconds.
type phaseTook struct {
	phase string
	took  float64
}

// reading is how far a phase was at a time of the server's clock, in seconds.
type reading struct{ at, done float64 }

// meterSpan is over how many readings, one a second, a rate is taken: long enough to be steady, short enough to show what changes.
const meterSpan = 15

// lateFrom is the share of a phase that is over from which on its beginning was missed.
const lateFrom = 0.1

// next begins anew, with another statement.
func (m *meter) next(sql string) {
	m.step, m.since = sql, time.Now()
	m.phase, m.unit, m.ended, m.readings = "", "", nil, nil
	m.searched, m.found = false, playbooks.Progress{}
	m.blocker.Store(nil)
}

// add notes a reading, and returns the rate a second and the time left at it; 0 where they are not known.
func (m *meter) add(phase, unit string, r reading, total float64) (rate float64, left time.Duration) {
	if phase != m.phase {
		m.endPhase(r.at)
		m.phase, m.unit, m.began, m.readings = phase, unit, r.at, nil
		m.late, m.full = total > 0 && r.done > lateFrom*total, 0
	}
	if unit != m.unit || len(m.readings) > 0 && r.done < m.readings[len(m.readings)-1].done {
		m.unit, m.readings = unit, nil
	}
	m.last = r.at
	m.readings = append(m.readings, r)
	if len(m.readings) > meterSpan {
		m.readings = m.readings[1:]
	}
	first := m.readings[0]
	if unit == "lockers" || r.at <= first.at || r.done <= first.done {
		return 0, 0
	}
	rate = (r.done - first.done) / (r.at - first.at)
	m.full = total / rate
	if total > r.done {
		left = seconds((total - r.done) / rate)
	}
	return rate, left
}

// endPhase notes how long a phase took that waited for nobody: by its rate where its beginning was missed.
func (m *meter) endPhase(at float64) {
	took := at - m.began
	if m.late {
		took = m.full
	}
	if m.phase != "" && took > 0 && !strings.HasPrefix(m.phase, "waiting") {
		m.ended = append(m.ended, phaseTook{m.phase, took})
	}
}

// worked is how long the step has worked so far, without what it waited for.
func (m *meter) worked() time.Duration {
	sum := 0.0
	for _, p := range m.ended {
		sum += p.took
	}
	if !strings.HasPrefix(m.phase, "waiting") {
		sum += m.last - m.began
	}
	return seconds(sum)
}

// phaseShare is the share of a build's time that falls to a phase. Waiting is not among them.
type phaseShare struct {
	phase string
	share float64
}

// The phases of a build.
const (
	phaseBuild         = "building index"
	phaseValidateIndex = "index validation: scanning index"
	phaseValidateSort  = "index validation: sorting tuples"
	phaseValidateTable = "index validation: scanning table"
)

// phaseShares is how a build divides among its phases: of a b-tree measured on 1.5 to 2.5 million rows in memory with integer, time and text keys, idle and with five
// busy clients on two cores, which slow all phases down alike. Other access methods report one phase for the building itself; then the validation of a GIN index takes
// 0.06 (words) to 0.4 times (trigrams of long texts) as long, which is not known before; of a BRIN index 4.5 times, as it knows no single rows; of others 0.1 times. All
// of it takes longer on a table that is read from disk.
var phaseShares = map[string][]phaseShare{
	"btree": {
		{"building index: scanning table", 0.55}, {"building index: sorting live tuples", 0.14}, {"building index: loading tuples in tree", 0.13},
		{phaseValidateIndex, 0.06}, {phaseValidateSort, 0.06}, {phaseValidateTable, 0.06},
	},
	"gin":  {{phaseBuild, 1}, {phaseValidateIndex, 0.14}, {phaseValidateSort, 0.03}, {phaseValidateTable, 0.07}},
	"brin": {{phaseBuild, 1}, {phaseValidateIndex, 0}, {phaseValidateSort, 0}, {phaseValidateTable, 4.5}},
	"":     {{phaseBuild, 1}, {phaseValidateIndex, 0.02}, {phaseValidateSort, 0.03}, {phaseValidateTable, 0.05}},
}

// sharesOf are those of a method; an empty one is a b-tree, where the phases do not say otherwise.
func sharesOf(method, phase string) []phaseShare {
	if method == "" && phase != phaseBuild {
		method = "btree"
	}
	if shares, ok := phaseShares[method]; ok {
		return shares
	}
	return phaseShares[""]
}

// whole is the time left of all phases, by how long those before this one took and by the rate of this one; 0 where that is not known. at is the server's clock.
func (m *meter) whole(method string, p playbooks.Progress, at float64) time.Duration {
	shares := sharesOf(method, p.Phase)
	took, known, of := at-m.began, 0.0, 0.0 // known: the seconds that this share of the whole takes
	for _, one := range m.ended {
		if share, ok := shareOf(shares, one.phase); ok {
			known, of = known+one.took, of+share
		}
	}
	share, ok := shareOf(shares, p.Phase)
	if !ok {
		return 0
	}
	if p.Left > 0 {
		known, of = known+m.full, of+share
	}
	if of == 0 {
		return 0
	}
	left := max(share*known/of-took, 0)
	if p.Left > 0 {
		left = p.Left.Seconds()
	}
	return seconds(left + after(shares, p.Phase)*known/of)
}

// shareOf is the share of a phase; false: it is not among them.
func shareOf(shares []phaseShare, phase string) (float64, bool) {
	for _, s := range shares {
		if s.phase == phase {
			return s.share, true
		}
	}
	return 0, false
}

// after is the share of all phases behind one.
func after(shares []phaseShare, phase string) float64 {
	sum, behind := 0.0, false
	for _, s := range shares {
		if behind {
			sum += s.share
		}
		behind = behind || s.phase == phase
	}
	return sum
}
