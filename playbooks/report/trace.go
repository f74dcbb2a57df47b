package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Facts returns every fact of an incident file: those that it holds, and those that a report computes from its samples, plans and events.
func Facts(path string) ([]record.Fact, error) {
	in, err := load(path)
	if err != nil {
		return nil, err
	}
	return factsOf(in).facts, nil
}

// WriteFacts lists the facts of an incident file, a line each.
func WriteFacts(w io.Writer, path string) error {
	facts, err := Facts(path)
	if err != nil {
		return err
	}
	ids := shortIDs(facts)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range facts {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", ids[f.ID], f.Kind, sqltext.CleanLine(f.Subject), value(f), window(f.From, f.To))
	}
	return table.Flush()
}

// Trace writes what a fact is, and what it was made from: the samples of its window, the plan, the event. id is the fact's, or the beginning of it as the report cites
// it. At most rows samples are written, the first and the last; 0: all.
func Trace(w io.Writer, path, id string, rows int) error {
	in, err := load(path)
	if err != nil {
		return err
	}
	facts := factsOf(in).facts
	f, err := findFact(facts, id)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	out := &tracer{w: w, in: in, facts: facts, rows: rows}
	out.fact(f)
	out.sources(f)
	return out.err
}

// findFact returns the fact whose id is or begins with id.
func findFact(facts []record.Fact, id string) (record.Fact, error) {
	id = strings.ToLower(strings.Trim(strings.TrimSpace(id), "[]"))
	var found []record.Fact
	for _, f := range facts {
		if id != "" && strings.HasPrefix(f.ID, id) {
			found = append(found, f)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return record.Fact{}, fmt.Errorf("there is no fact %q; without an id all facts are listed", sqltext.CleanLine(id))
	}
	var near []string
	for _, f := range found {
		near = append(near, f.ID+" "+f.Kind)
	}
	return record.Fact{}, fmt.Errorf("%d facts begin with %s: %s", len(found), id, strings.Join(near, ", "))
}

// tracer writes until the first error.
type tracer struct {
	w     io.Writer
	in    *incident
	facts []record.Fact
	rows  int
	err   error
}

func (t *tracer) printf(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format, args...)
	}
}

func (t *tracer) fact(f record.Fact) {
	t.printf("fact %s  %s", f.ID, f.Kind)
	if f.Subject != "" {
		t.printf(" of %s", sqltext.CleanLine(f.Subject))
	}
	t.printf("\n\n  value       %s (%s %s)\n  status      %s\n  n           %s\n  window      %s UTC\n  method      %s\n", value(f),
		strconv.FormatFloat(f.Value, 'f', -1, 64), f.Unit, f.Status, count(f.N), exactWindow(f.From, f.To), sqltext.CleanLine(f.Method))
	if f.Conditions != "" {
		t.printf("  conditions  %s\n", sqltext.CleanLine(f.Conditions))
	}
	t.printf("  source      %s\n", sqltext.CleanLine(f.Source))
}

// exactWindow is a window to the millisecond, so that a sample can be told in it.
func exactWindow(from, to time.Time) string {
	const layout = "2006-01-02 15:04:05.000"
	switch {
	case from.IsZero() && to.IsZero():
		return "–"
	case to.IsZero() || from.Equal(to):
		return from.UTC().Format(layout)
	}
	return from.UTC().Format(layout) + " – " + to.UTC().Format(layout)
}

// sources writes what the fact was made from.
func (t *tracer) sources(f record.Fact) {
	found := false
	for _, id := range strings.Fields(f.Source) {
		found = t.plan(id) || t.event(id) || t.derived(id) || found
	}
	if f.Source == sourceOfSamples {
		t.samples(f)
	} else if !found {
		t.printf("\nIt was read by pgmedic then, as the method says: nothing else of it is in the file.\n")
	}
}

func (t *tracer) plan(id string) bool {
	at := slices.IndexFunc(t.in.plans, func(p record.StoredPlan) bool { return p.ID == id })
	if at < 0 {
		return false
	}
	p := t.in.plans[at].Plan
	t.printf("\nPlan %s, taken at %s UTC; %s\n\n%s", id, stamp(p.Origin.TakenAt), t.in.conditions(p), indent(tree(p)))
	return true
}

func (t *tracer) event(id string) bool {
	at := slices.IndexFunc(t.in.events, func(e record.Event) bool { return e.ID == id })
	if at < 0 {
		return false
	}
	e := t.in.events[at]
	t.printf("\nEvent %s, %s, %s UTC (%s): %s\n", id, e.Kind, stamp(e.At), e.Basis, sqltext.CleanLine(e.Title))
	for _, text := range [...]string{e.Body, e.SQL} {
		if text != "" {
			t.printf("\n%s", indent(sqltext.Clean(text)+"\n"))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(e.Data)) {
		t.printf("  %s = %s\n", sqltext.CleanLine(key), sqltext.CleanLine(e.Data[key]))
	}
	return true
}

// derived goes on with the fact that it was computed from.
func (t *tracer) derived(id string) bool {
	at := slices.IndexFunc(t.facts, func(f record.Fact) bool { return f.ID == id })
	if at < 0 {
		return false
	}
	t.printf("\nIt was computed from:\n\n")
	t.fact(t.facts[at])
	t.sources(t.facts[at])
	return true
}

func indent(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ") + "\n"
}

// samples writes the samples of the fact's window, and what they come to.
func (t *tracer) samples(f record.Fact) {
	seen := t.in.between(f.From, f.To)
	id, err := strconv.ParseInt(f.Subject, 10, 64)
	ofStatement := err == nil
	t.printf("\nThe samples of its window: %d. Connections are client backends, pgmedic's own not counted.\n\n", len(seen))
	if len(seen) == 0 || t.err != nil {
		return
	}
	table := tabwriter.NewWriter(t.w, 0, 0, 2, ' ', tabwriter.AlignRight)
	head := "  at (UTC)\tconnections\tactive\tin transaction\tidle\tof the limit\tinterval s\t"
	if ofStatement {
		head += "ran it\tcalls ended\ttheir time ms\tcounted since\t"
	}
	fmt.Fprintln(table, head)
	for i, m := range seen {
		if t.rows > 0 && i == t.rows/2 && len(seen) > t.rows {
			fmt.Fprintf(table, "  … %d more …\t\n", len(seen)-t.rows)
		}
		if t.rows > 0 && i >= t.rows/2 && i < len(seen)-(t.rows-t.rows/2) {
			continue
		}
		fmt.Fprintf(table, "  %s\t%d\t%d\t%d\t%d\t%d of %d\t%.3f\t", m.At.UTC().Format("15:04:05.000"), m.Counts.Total, m.Counts.Active, m.Counts.IdleInTx, m.Counts.Idle,
			m.Limit.Taken, m.Limit.Slots, m.Interval.Seconds())
		if ofStatement {
			calls, took := m.of(id)
			fmt.Fprintf(table, "%d\t%d\t%.3f\t%s\t", m.Held[id], calls, inMillis(took), sinceWords(m, f.From))
		}
		fmt.Fprintln(table)
	}
	if t.err = table.Flush(); t.err == nil {
		t.sums(seen, f, id, ofStatement)
	}
}

// of is what a statement finished between a sample and the reading before.
func (m moment) of(id int64) (calls int64, took time.Duration) {
	for _, d := range m.Done {
		if d.QueryID == id {
			calls, took = calls+d.Calls, took+d.Time
		}
	}
	return calls, took
}

// sinceWords says from when a reading counts; one that reaches over the window's edge belongs to neither side.
func sinceWords(m moment, from time.Time) string {
	switch {
	case m.Since.IsZero():
		return "–"
	case m.Since.Before(from):
		return "before the window: left out"
	}
	return m.Since.UTC().Format("15:04:05.000")
}

// sums writes what the samples come to, so that the figure can be computed again.
func (t *tracer) sums(seen []moment, f record.Fact, id int64, ofStatement bool) {
	totals := make([]int, len(seen))
	for i, m := range seen {
		totals[i] = m.Counts.Total
	}
	slices.Sort(totals)
	median := float64(totals[(len(totals)-1)/2]+totals[len(totals)/2]) / 2
	t.printf("\n  connections: least %d, median %s, most %d\n", totals[0], number(median), totals[len(totals)-1])
	if !ofStatement {
		return
	}
	w := t.in.workOf(id, phase{From: f.From, To: f.To})
	t.printf("  ran it: %d in %d samples; calls ended: %d in %.3f s of readings wholly inside; their time: %.3f s\n", w.HeldSum, w.HeldOf, w.Calls, w.Covered.Seconds(), w.Time.Seconds())
}
