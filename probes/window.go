package probes

import (
	"slices"
	"sort"
	"strings"
	"time"
)

// Window keeps what the screens and the playbooks look back on: the last minutes of samples in full, an hour of counts, and every
// statement's text seen. It belongs to one goroutine. Last is the newest sample as it was taken; Current completes it with what slower probes read before.
type Window struct {
	keep    time.Duration
	samples []*Sample // oldest first
	counts  []Counts  // oldest first, up to countsKept
	texts   *Recent[int64, string]
	entries *Recent[StatementKey, StatementDelta] // what counted last, by its key; by the key without the role, the one of them with the most time
	now     Assessment
	newest  newest
}

// countsKept bounds the counts: an hour at one sample a second.
const countsKept = 3600

// StatementSpan is the time over which the statements' figures are taken.
const StatementSpan = 60 * time.Second

// StatementsKept bounds what is remembered of statements that do not run any more: twice as many as pg_stat_statements keeps as a rule
// (pg_stat_statements.max).
const StatementsKept = 10_000

// CallSum is ended calls with the time that they took.
type CallSum struct {
	Calls int64
	Time  time.Duration
}

// Mean is 0 without calls.
func (c CallSum) Mean() time.Duration {
	if c.Calls <= 0 {
		return 0
	}
	return c.Time / time.Duration(c.Calls)
}

// Assessment is how the present compares with what is normal; made by watch, see there for the definitions.
type Assessment struct {
	Baseline  Baseline
	Onset     time.Time // of the incident that runs, or ran last; zero: none so far
	Recovered time.Time // zero while it runs
	Peak      int       // most client connections since the onset
	// Calm is the statements' calls outside incidents: their baselines, of at least BaseMinimumCalls calls each; nil while nobody knows what calm is.
	// It is shared and never changed. It is not stored: the samples that it stands on are.
	Calm map[StatementKey]CallSum `json:"-"`
}

// InIncident says whether an onset was seen and no recovery yet.
func (a Assessment) InIncident() bool { return !a.Onset.IsZero() && a.Recovered.IsZero() }

// Baseline is the median number of client connections outside incidents.
type Baseline struct {
	Median float64
	N      int // samples it stands on
}

// BaselineMinimum is the least number of samples that makes a baseline.
const BaselineMinimum = 60

// Known says whether there are enough samples; where not, every factor stays blank.
func (b Baseline) Known() bool { return b.N >= BaselineMinimum }

// NewWindow keeps samples in full for the given time, at least StatementSpan.
func NewWindow(keep time.Duration) *Window {
	return &Window{keep: max(keep, StatementSpan), texts: NewRecent[int64, string](StatementsKept), entries: NewRecent[StatementKey, StatementDelta](StatementsKept)}
}

// Add takes a sample and what watch made of it.
func (w *Window) Add(s *Sample, a Assessment) {
	w.now = a
	w.samples = append(w.samples, s)
	for len(w.samples) > 1 && (s.At.Sub(w.samples[0].At) > w.keep || w.samples[0].At.After(s.At)) { // After: the server's clock was set back
		w.samples = w.samples[1:]
	}
	w.newest.add(s)
	w.counts = append(w.counts, s.Counts())
	if len(w.counts) > countsKept {
		w.counts = w.counts[len(w.counts)-countsKept:]
	}
	for id, text := range s.Statements.Texts {
		w.texts.Put(id, text)
	}
	for _, b := range s.Backends {
		w.texts.Get(b.QueryID) // in use
	}
	for _, d := range s.Statements.Deltas {
		w.texts.Get(d.QueryID)
		w.remember(d)
	}
}

// remember keeps who calls a statement, for heldRow.
func (w *Window) remember(d StatementDelta) {
	w.entries.Put(d.StatementKey, d)
	known, found := w.entries.Get(d.whoever())
	if !found || known.StatementKey == d.StatementKey || d.TotalExecTime > known.TotalExecTime {
		w.entries.Put(d.whoever(), d)
	}
}

// whoever is the key without the role.
func (k StatementKey) whoever() StatementKey {
	k.UserOID = 0
	return k
}

// Last returns the newest sample, nil before the first.
func (w *Window) Last() *Sample {
	if len(w.samples) == 0 {
		return nil
	}
	return w.samples[len(w.samples)-1]
}

// Assessment returns what watch made of the newest sample.
func (w *Window) Assessment() Assessment { return w.now }

// Counts returns the connection counts kept, oldest first. The caller must not change them.
func (w *Window) Counts() []Counts { return w.counts }

// Text returns a statement's normalised text, empty where it is not known yet.
func (w *Window) Text(queryID int64) string {
	text, _ := w.texts.Get(queryID)
	return text
}

// StatementLoad is one row of the statements pane: what a statement did in the window, and how many connections run it now.
type StatementLoad struct {
	StatementKey
	Database       string
	User           string
	Text           string  // empty: not known yet
	Held           int     // client connections that run it now
	Load           float64 // connections it kept busy on average: Δ total_exec_time ÷ Δ time; counts calls that ended. See Sampled
	CallsPerSecond float64
	Calls          int64         // that ended in the window
	Mean           time.Duration // of those calls; 0 when none ended
	BaseMean       time.Duration // 0: unknown
	BaseOf         BaseKind
	Sampled        bool // known from sampled activity alone: Load is the mean number of sessions seen running it, nothing is known of calls
	Lagging        bool // sessions run it and no call ended in the window, or calls last longer than it: Load, which counts a call when it ends, lags behind
}

// BaseKind says what a statement's baseline mean stands on.
type BaseKind string

// The kinds of baseline of a statement's mean.
const (
	BaseNone   BaseKind = ""
	BaseRecord BaseKind = "record" // calls recorded outside incidents
	BaseStats  BaseKind = "stats"  // everything since the statistics were reset, the spike included
)

// BaseMinimumCalls is the least number of calls that makes a statement's baseline.
const BaseMinimumCalls = 20

// Factor returns Mean ÷ BaseMean, and false where either is unknown.
func (l StatementLoad) Factor() (float64, bool) {
	if l.Mean <= 0 || l.BaseMean <= 0 {
		return 0, false
	}
	return float64(l.Mean) / float64(l.BaseMean), true
}

// StatementSpanSeen returns how much time the window's statement figures really cover: no more than StatementSpan, but where a single reading does.
func (w *Window) StatementSpanSeen() time.Duration {
	if told := w.lastTold(); told != nil && told.Statements.Sampled != "" {
		return w.sampledSpan()
	}
	var seen time.Duration
	for _, s := range w.statementSamples() {
		seen += s.At.Sub(s.Statements.Since)
	}
	return seen
}

// statementSamples returns the readings that lie within the last StatementSpan, oldest first. Of the newest it is enough that it ended there: at a slow
// pace, or after a machine that stood still, it alone covers as much.
func (w *Window) statementSamples() []*Sample {
	var found []*Sample
	for _, s := range slices.Backward(w.samples) {
		if !s.StatementsRead() {
			continue
		}
		from := s.Statements.Since
		if len(found) == 0 {
			from = s.At
		}
		if w.Last().At.Sub(from) > StatementSpan {
			break
		}
		found = append(found, s)
	}
	slices.Reverse(found)
	return found
}

// Losses is what pg_stat_statements lost of its figures within the last StatementSpan.
type Losses struct {
	Reset   bool      // the statistics were reset
	ResetAt time.Time // when last; the figures begin there. Zero before 14: then they are too small
	Evicted int64     // times that entries were thrown out; what they had counted since the reading before is lost
}

// StatementLosses returns what makes the statements' figures incomplete.
func (w *Window) StatementLosses() Losses {
	var l Losses
	for _, s := range w.samples {
		if w.Last().At.Sub(s.At) > StatementSpan {
			continue
		}
		if s.Statements.Reset {
			l.Reset, l.ResetAt = true, s.Statements.ResetAt
		}
		l.Evicted += s.Statements.Evicted
	}
	return l
}

// Statements returns what the statements did over the last StatementSpan, by connections held now, then by load.
func (w *Window) Statements() []StatementLoad {
	last := w.Last()
	if last == nil {
		return nil
	}
	if told := w.lastTold(); told != nil && told.Statements.Sampled != "" {
		return w.sampledStatements(told)
	}
	rows := map[StatementKey]*StatementLoad{}
	totals := map[StatementKey]CallSum{}
	times := map[StatementKey]time.Duration{}
	for _, s := range w.statementSamples() {
		for _, d := range s.Statements.Deltas {
			row := loadRow(rows, d.StatementKey, d.Database, d.User)
			row.Calls += d.Calls
			times[d.StatementKey] += d.ExecTime
			totals[d.StatementKey] = CallSum{d.TotalCalls, d.TotalExecTime}
		}
	}
	for _, b := range last.Backends {
		if b.runs() {
			w.heldRow(rows, b).Held++
		}
	}
	seen := w.StatementSpanSeen().Seconds()
	loads := make([]StatementLoad, 0, len(rows))
	for key, row := range rows {
		row.Text = w.Text(key.QueryID)
		if strings.HasPrefix(row.Text, OwnTag) {
			continue // pgmedic's own, counted before its text was read
		}
		row.fill(times[key], seen)
		row.Lagging = row.Held > 0 && seen > 0 && (row.Calls == 0 || row.Mean.Seconds() >= seen)
		row.BaseMean, row.BaseOf = w.baseMean(key, totals[key])
		loads = append(loads, *row)
	}
	sort.Slice(loads, func(i, j int) bool { return loads[i].before(loads[j]) })
	return loads
}

// heldRow returns the row of the statement that a session runs. The activity names the role that logged in, the statistics count for the
// current one (SET ROLE): where nothing was counted for the former, the role whose calls took the most time is taken.
func (w *Window) heldRow(rows map[StatementKey]*StatementLoad, b Backend) *StatementLoad {
	key := StatementKey{b.DatabaseOID, b.UserOID, b.QueryID, true}
	if _, counted := w.entries.Get(key); !counted {
		if other, found := w.entries.Get(key.whoever()); found {
			return loadRow(rows, other.StatementKey, other.Database, other.User)
		}
	}
	return loadRow(rows, key, b.Database, b.User)
}

func loadRow(rows map[StatementKey]*StatementLoad, key StatementKey, database, user string) *StatementLoad {
	row := rows[key]
	if row == nil {
		row = &StatementLoad{StatementKey: key, Database: database, User: user}
		rows[key] = row
	}
	return row
}

func (l *StatementLoad) fill(exec time.Duration, seconds float64) {
	if l.Calls > 0 {
		l.Mean = exec / time.Duration(l.Calls)
	}
	if seconds > 0 {
		l.Load = exec.Seconds() / seconds
		l.CallsPerSecond = float64(l.Calls) / seconds
	}
}

func (l StatementLoad) before(other StatementLoad) bool {
	if l.Held != other.Held {
		return l.Held > other.Held
	}
	if l.Load != other.Load {
		return l.Load > other.Load
	}
	return l.QueryID < other.QueryID
}

func (w *Window) baseMean(key StatementKey, total CallSum) (time.Duration, BaseKind) {
	if calm, known := w.now.Calm[key]; known {
		return calm.Mean(), BaseRecord
	}
	if total.Calls >= BaseMinimumCalls {
		return total.Mean(), BaseStats
	}
	return 0, BaseNone
}
