package sampler

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

const (
	// textsEvery is the least time between two reads of texts: each costs the server its whole file of them. A statement whose text did not come is
	// asked for again after this time, and then ever more rarely, up to textsRarest.
	textsEvery  = 5 * time.Second
	textsRarest = 5 * time.Minute
	// textsShare bounds the share of the time that the server spends on its file of texts: after a read pgmedic waits so many times as long as it took.
	textsShare = 100
	// textsWanted bounds how many texts are wanted at a time, the newest: where every statement is a new one, those before are not on a screen any more.
	textsWanted = 500
	// textsOfTop is for how many statements of a sample, by execution time, a text is wanted besides those that sessions run now.
	textsOfTop = 30
	// textsAlong is for how many more statements, by execution time since the statistics began, a read of the file brings the text: they cost the server
	// nothing more, and save it the next reads.
	textsAlong = 2000
)

// textReader remembers which texts are wanted, which were handed on already, and which statements are pgmedic's own. It outlives the connection: see
// Sampler.After. All times are this machine's, so that it does not matter when the server's clock is set.
type textReader struct {
	known   *probes.Recent[int64, textState]
	byText  *probes.Recent[textKey, int64] // the query ids by their texts; ambiguous where several have one
	version int                            // server_version_num
	wanted  []int64                        // since the last read, oldest first
	learned bool                           // pg_stat_statements was asked for the statements of pgmedic's own that it has from before
	due     time.Time                      // of the next read, if one is wanted; zero: not with the next sample
	fileDue time.Time                      // of the next read of pg_stat_statements' file
	fault   string                         // why the last of them failed; empty where it did not
	clock   func() time.Time
}

// textState is what is known of one statement's text.
type textState struct {
	whole bool      // it was read and need not be again
	own   bool      // it is pgmedic's own
	tries int       // how often it was asked for
	due   time.Time // of the next try
}

func newTextReader() *textReader {
	return &textReader{known: probes.NewRecent[int64, textState](probes.StatementsKept), byText: probes.NewRecent[textKey, int64](textKeysKept), clock: time.Now}
}

// withoutOwn leaves pgmedic's own statements out, as far as they are known as such: by the tag in their text. The first read of texts brings all that
// there are; one that pgmedic sends for the first time later is shown, without a text, until its own is read. To keep it back until then would keep back
// the application's new statements too. BEGIN, COMMIT and ROLLBACK of pgmedic's transactions cannot be told from the application's where both have the same
// role and database, because they then are one entry (16+), or have no room for a tag; they are a few a minute, of microseconds, only while something is
// explained or changed. A role of its own for pgmedic keeps them apart.
func (t *textReader) withoutOwn(deltas []probes.StatementDelta) []probes.StatementDelta {
	return slices.DeleteFunc(deltas, func(d probes.StatementDelta) bool {
		state, _ := t.known.Get(d.QueryID)
		return state.own
	})
}

// want notes the statements that a screen would show and whose text is not known.
func (t *textReader) want(sample *probes.Sample) {
	now := t.clock()
	for _, b := range sample.Backends {
		if b.IsClient() && b.State == "active" {
			t.wantOne(b.QueryID, now)
		}
	}
	top := slices.Clone(sample.Statements.Deltas)
	slices.SortFunc(top, func(a, b probes.StatementDelta) int { return cmp.Compare(b.ExecTime, a.ExecTime) })
	for _, d := range top[:min(textsOfTop, len(top))] {
		t.wantOne(d.QueryID, now)
	}
	t.wanted = t.wanted[max(len(t.wanted)-textsWanted, 0):]
}

func (t *textReader) wantOne(id int64, now time.Time) {
	if state, _ := t.known.Get(id); id != 0 && !state.whole && !now.Before(state.due) && !slices.Contains(t.wanted, id) {
		t.wanted = append(t.wanted, id)
	}
}

// take returns what is wanted and notes that it is being asked for.
func (t *textReader) take(now time.Time) []int64 {
	ids := t.wanted
	t.wanted = nil
	t.ask(ids, now)
	return ids
}

// ask notes that texts are being asked for.
func (t *textReader) ask(ids []int64, now time.Time) {
	for _, id := range ids {
		state, _ := t.known.Get(id)
		state.due = now.Add(min(textsEvery<<min(state.tries, 10), textsRarest) - early)
		state.tries++
		t.known.Put(id, state)
	}
}

// postpone undoes take for texts that only the file has: it may not be read yet.
func (t *textReader) postpone(ids []int64) {
	for _, id := range ids {
		state, _ := t.known.Get(id)
		state.due = t.fileDue
		state.tries = max(state.tries-1, 0) // 0: forgotten meanwhile
		t.known.Put(id, state)
	}
	t.wanted = ids
}

// ownText is handed on in place of the text of a statement of pgmedic's own, so that nobody goes on showing what was counted for it before.
const ownText = probes.OwnTag + "own */"

// note keeps what was read, and returns what is to be handed on; empty where that is nothing.
func (t *textReader) note(id int64, database uint32, text string, length int, clipped bool) string {
	state, _ := t.known.Get(id)
	told := state.own
	state.own = told || strings.Contains(text, probes.OwnTag)
	whole := !clipped && !sqltext.Several(text)
	state.whole = state.whole || state.own || whole
	t.known.Put(id, state)
	if whole && !state.own {
		t.learn(id, database, text, len(text) < length)
	}
	switch {
	case told:
		return ""
	case state.own:
		return ownText
	}
	return public(text, length)
}

func (t *textReader) isWhole(id int64) bool {
	state, _ := t.known.Get(id)
	return state.whole
}

// readTexts brings the texts that are wanted into the sample. A connection's first sample, whose figures somebody waits for, goes without.
func (r *statementReader) readTexts(ctx context.Context, sample *probes.Sample) error {
	t := r.texts
	if r.running.makesIDs {
		return nil // the texts came with the ids
	}
	now := t.clock()
	first := t.due.IsZero()
	if first {
		t.due = now
	}
	t.want(sample)
	if first || t.learned && len(t.wanted) == 0 || now.Before(t.due) {
		return nil
	}
	t.due = now.Add(textsEvery - early)
	ids := t.take(now)
	sample.Statements.Texts = map[int64]string{}
	if r.version >= 140000 && len(ids) > 0 {
		if err := r.readInto(ctx, sample, query("running_texts", "{query}", rawText(r.conn, "s.query")), ids); err != nil {
			return err
		}
		ids = slices.DeleteFunc(ids, t.isWhole)
	}
	if r.extension.Schema == "" || r.blind != "" || t.learned && len(ids) == 0 {
		return nil
	}
	if now.Before(t.fileDue) {
		t.postpone(ids)
		return nil
	}
	return r.readFile(ctx, sample, now, ids)
}

// readFile reads texts from pg_stat_statements. That costs the server its whole file of them, so the next time is the further away the longer it took; and
// where it fails, as it does for one invalid byte in the file (22021), the figures go on without, and it is tried again rarely.
func (r *statementReader) readFile(ctx context.Context, sample *probes.Sample, now time.Time, ids []int64) error {
	t := r.texts
	t.learned = true
	ids = append(ids, r.along(now)...)
	began := t.clock()
	sql := query("texts", "{schema}", r.extension.Schema, "{query}", rawText(r.conn, "s.query"))
	err := r.readInto(ctx, sample, sql, ids)
	took := t.clock().Sub(began)
	t.fileDue, t.fault = now.Add(min(took*textsShare, textsRarest)), ""
	sample.Statements.Deltas = t.withoutOwn(sample.Statements.Deltas)
	if err == nil || moved(err) {
		return err
	}
	t.fileDue = now.Add(textsRarest)
	t.fault = fmt.Sprintf("%s; tried again every %d minutes", textsFault(err), int(textsRarest.Minutes()))
	return errBlind(t.fault)
}

// along returns the statements with the most execution time whose text was never asked for, and notes that it is being asked for.
func (r *statementReader) along(now time.Time) []int64 {
	if r.differ.last == nil {
		return nil
	}
	entries := r.differ.last.entries
	unknown := slices.DeleteFunc(slices.Collect(maps.Keys(entries)), func(key probes.StatementKey) bool {
		state, found := r.texts.known.Get(key.QueryID)
		return found && (state.whole || state.tries > 0)
	})
	slices.SortFunc(unknown, func(a, b probes.StatementKey) int { return cmp.Compare(entries[b].execTime, entries[a].execTime) })
	var ids []int64
	for _, key := range unknown[:min(textsAlong, len(unknown))] {
		ids = append(ids, key.QueryID)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids) // several roles and databases may have it
	r.texts.ask(ids, now)
	return ids
}

// textsFault says why the file of texts cannot be read and what to do.
func textsFault(err error) string {
	state := pgerr.State(err)
	switch {
	case state == "22021" || state == "22P05":
		return "statements' texts cannot be read, because one of them holds bytes that are no text in this database's encoding; the figures go on, and texts " +
			"come from sessions while they run. SELECT pg_stat_statements_reset() drops it, with all figures"
	case wasCut(err):
		return "the server takes too long to read its file of statements' texts; the figures go on. A lower pg_stat_statements.max keeps it small (restart)"
	}
	return probeFault("texts", err)
}

// readInto takes texts from a query of query id, database, text, its whole length, and whether the server clipped it. One that is clipped, or holds other statements of
// the same message too, is shown and a better one wanted.
func (r *statementReader) readInto(ctx context.Context, sample *probes.Sample, sql string, ids []int64) error {
	rows, err := r.conn.Query(ctx, sql, ids)
	if err != nil {
		return err
	}
	var id *int64
	var database uint32
	var raw []byte
	var length *int
	var clipped bool
	_, err = pgx.ForEachRow(rows, []any{&id, &database, &raw, &length, &clipped}, func() error {
		text := string(raw)
		if id == nil || text == "" || text == HiddenText {
			return nil
		}
		if told := r.texts.note(*id, database, text, known(length), clipped); told != "" {
			sample.Statements.Texts[*id] = told
		}
		return nil
	})
	return err
}

// public makes a text fit for a sample; one of which the beginning only was read says so.
func public(text string, length int) string {
	if len(text) < length {
		return sqltext.Public(text) + " …"
	}
	return sqltext.Public(text)
}

// HiddenText is what the server shows in place of a text that the role may not see; it is not translated.
const HiddenText = "<insufficient privilege>"
