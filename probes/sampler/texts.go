package sampler

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

const (
	// textsEvery is the least time between two reads of texts: each costs the server its whole file of them. A statement whose text did not come is
	// asked for again after this time, and then ever more rarely, up to textsRarest.
	textsEvery  = 5 * time.Second
	textsRarest = 5 * time.Minute
	// textsOfTop is for how many statements of a sample, by execution time, a text is wanted besides those that sessions run now.
	textsOfTop = 30
)

// textReader remembers which texts are wanted, which were handed on already, and which statements are pgmedic's own.
type textReader struct {
	known   *probes.Recent[int64, textState]
	wanted  map[int64]bool // since the last read
	learned bool           // pg_stat_statements was asked for the statements of pgmedic's own that it has from before
	due     time.Time      // server time of the next read, if one is wanted
}

// textState is what is known of one statement's text.
type textState struct {
	whole bool      // it was read and need not be again
	own   bool      // it is pgmedic's own
	tries int       // how often it was asked for
	due   time.Time // server time of the next try
}

func newTextReader() textReader {
	return textReader{known: probes.NewRecent[int64, textState](probes.StatementsKept), wanted: map[int64]bool{}}
}

// mayBeOwn returns a function that says whether an entry may be pgmedic's own: a role and a database that pgmedic has sessions of made it, and its
// text was never asked for. It is then wanted.
func (t *textReader) mayBeOwn(backends []probes.Backend) func(probes.StatementKey) bool {
	type place struct{ database, user uint32 }
	ours := map[place]bool{}
	for _, b := range backends {
		if b.Ours {
			ours[place{b.DatabaseOID, b.UserOID}] = true
		}
	}
	return func(key probes.StatementKey) bool {
		state, _ := t.known.Get(key.QueryID)
		if state.whole || state.tries > 0 || !ours[place{key.DatabaseOID, key.UserOID}] {
			return false
		}
		t.wanted[key.QueryID] = true
		return true
	}
}

// withoutOwn leaves pgmedic's own statements out, as far as they are known as such.
func (t *textReader) withoutOwn(deltas []probes.StatementDelta) []probes.StatementDelta {
	return slices.DeleteFunc(deltas, func(d probes.StatementDelta) bool {
		state, _ := t.known.Get(d.QueryID)
		return state.own
	})
}

// want notes the statements that a screen would show and whose text is not known.
func (t *textReader) want(sample *probes.Sample) {
	for _, b := range sample.Backends {
		if b.IsClient() && b.State == "active" {
			t.wantOne(b.QueryID, sample.At)
		}
	}
	top := slices.Clone(sample.Statements.Deltas)
	slices.SortFunc(top, func(a, b probes.StatementDelta) int { return cmp.Compare(b.ExecTime, a.ExecTime) })
	for _, d := range top[:min(textsOfTop, len(top))] {
		t.wantOne(d.QueryID, sample.At)
	}
}

func (t *textReader) wantOne(id int64, at time.Time) {
	if state, _ := t.known.Get(id); id != 0 && !state.whole && !at.Before(state.due) {
		t.wanted[id] = true
	}
}

// take returns what is wanted and notes that it is being asked for.
func (t *textReader) take(at time.Time) []int64 {
	ids := slices.Collect(maps.Keys(t.wanted))
	clear(t.wanted)
	for _, id := range ids {
		state, _ := t.known.Get(id)
		state.due = at.Add(min(textsEvery<<min(state.tries, 10), textsRarest))
		state.tries++
		t.known.Put(id, state)
	}
	return ids
}

// note keeps what was read, and returns whether it is to be handed on.
func (t *textReader) note(id int64, text string, clipped bool) bool {
	state, _ := t.known.Get(id)
	state.own = state.own || strings.Contains(text, probes.OwnTag)
	state.whole = state.whole || state.own || !clipped && !sqltext.Several(text)
	t.known.Put(id, state)
	return !state.own
}

func (t *textReader) isWhole(id int64) bool {
	state, _ := t.known.Get(id)
	return state.whole
}

// readTexts brings the texts that are wanted into the sample. A connection's first sample, whose figures somebody waits for, goes without.
func (r *statementReader) readTexts(ctx context.Context, sample *probes.Sample) error {
	t := &r.texts
	if t.due.IsZero() {
		t.due = sample.At.Add(1)
	}
	t.want(sample)
	if t.learned && len(t.wanted) == 0 || sample.At.Before(t.due) {
		return nil
	}
	t.due = sample.At.Add(textsEvery)
	ids := t.take(sample.At)
	sample.Statements.Texts = map[int64]string{}
	if r.version >= 140000 && len(ids) > 0 {
		if err := r.readInto(ctx, sample, query("running_texts"), ids); err != nil {
			return err
		}
		ids = slices.DeleteFunc(ids, t.isWhole)
	}
	if r.extension.Schema == "" || t.learned && len(ids) == 0 {
		return nil
	}
	t.learned = true
	err := r.readInto(ctx, sample, query("texts", "{schema}", r.extension.Schema), ids)
	sample.Statements.Deltas = t.withoutOwn(sample.Statements.Deltas)
	return err
}

// readInto takes texts from a query of query id, text, and whether the text was clipped. One that is clipped, or holds other statements of the same
// message too, is shown and a better one wanted.
func (r *statementReader) readInto(ctx context.Context, sample *probes.Sample, sql string, ids []int64) error {
	rows, err := r.conn.Query(ctx, sql, ids)
	if err != nil {
		return err
	}
	var id *int64
	var text *string
	var clipped bool
	_, err = pgx.ForEachRow(rows, []any{&id, &text, &clipped}, func() error {
		if id != nil && text != nil && *text != HiddenText && r.texts.note(*id, *text, clipped) {
			sample.Statements.Texts[*id] = sqltext.Public(*text)
		}
		return nil
	})
	return err
}

// HiddenText is what the server shows in place of a text that the role may not see; it is not translated.
const HiddenText = "<insufficient privilege>"
