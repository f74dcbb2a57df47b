package live

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
	// textsEvery is the least time between two reads of texts: each costs the server its whole file of them.
	textsEvery = 5 * time.Second
	// textsOfTop is for how many statements of a sample, by execution time, a text is wanted besides those that sessions run now.
	textsOfTop = 30
	// ownTag begins every statement that pgmedic sends.
	ownTag = "/* pgmedic:"
)

// textReader remembers which texts are wanted, which were handed on already, and which statements are pgmedic's own.
type textReader struct {
	wanted map[int64]bool // since the last read
	handed map[int64]bool
	own    map[int64]bool
	due    time.Time // server time of the next read, if one is wanted
}

func newTextReader() textReader {
	return textReader{wanted: map[int64]bool{}, handed: map[int64]bool{}, own: map[int64]bool{}}
}

// withoutOwn leaves pgmedic's own statements out, as far as they are known as such.
func (t *textReader) withoutOwn(deltas []probes.StatementDelta) []probes.StatementDelta {
	return slices.DeleteFunc(deltas, func(d probes.StatementDelta) bool { return t.own[d.QueryID] })
}

// want notes the statements that a screen would show and whose text is not known.
func (t *textReader) want(sample *probes.Sample) {
	for _, b := range sample.Backends {
		if b.IsClient() && b.State == "active" {
			t.wantOne(b.QueryID)
		}
	}
	top := slices.Clone(sample.Statements.Deltas)
	slices.SortFunc(top, func(a, b probes.StatementDelta) int { return cmp.Compare(b.ExecTime, a.ExecTime) })
	for _, d := range top[:min(textsOfTop, len(top))] {
		t.wantOne(d.QueryID)
	}
}

func (t *textReader) wantOne(id int64) {
	if id != 0 && !t.handed[id] && !t.own[id] {
		t.wanted[id] = true
	}
}

// readTexts brings the texts that are wanted into the sample. A connection's first sample, whose figures somebody waits for, goes without.
func (r *statementReader) readTexts(ctx context.Context, sample *probes.Sample) error {
	t := &r.texts
	if t.due.IsZero() {
		t.due = sample.At.Add(1)
	}
	t.want(sample)
	if len(t.wanted) == 0 || sample.At.Before(t.due) {
		return nil
	}
	t.due = sample.At.Add(textsEvery)
	ids := slices.Collect(maps.Keys(t.wanted))
	clear(t.wanted)
	sample.Statements.Texts = map[int64]string{}
	if r.version >= 140000 {
		if err := r.readInto(ctx, sample, query("running_texts"), ids); err != nil {
			return err
		}
	}
	if r.extension.schema == "" {
		return nil
	}
	err := r.readInto(ctx, sample, query("texts", "{schema}", r.extension.schema), ids)
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
		switch {
		case id == nil || text == nil || *text == hiddenText:
		case strings.HasPrefix(*text, ownTag):
			r.texts.own[*id] = true
		default:
			r.texts.handed[*id] = !clipped && !severalStatements(*text)
			sample.Statements.Texts[*id] = publicText(*text)
		}
		return nil
	})
	return err
}

// hiddenText is what the server shows in place of a text that the role may not see; it is not translated.
const hiddenText = "<insufficient privilege>"

// publicText makes a text fit to be shown and stored: without literals, harmless for a terminal, and of utility statements, which may hold
// secrets where no literal is expected, the command's first word only.
func publicText(text string) string {
	if sqltext.IsUtility(text) {
		word, _, _ := strings.Cut(sqltext.OneLine(text), " ")
		return sqltext.CleanLine(strings.ToUpper(strings.TrimRight(word, ";")))
	}
	return sqltext.Clean(sqltext.Normalise(text))
}
