package price

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// What a sample reads: whole pages at random, first a few to learn how fast they come, then as many as the time allows.
const (
	firstPages     = 200
	mostPages      = 2000
	mostRows       = 150_000
	mostConditions = 24
	mostPartitions = 100                    // a sample locks every partition
	firstTimeout   = 800 * time.Millisecond // on a busy server most of it is waiting for a processor
	sampleTimeout  = 600 * time.Millisecond
	sampleLockWait = "100ms"
	largeValue     = 2000 // bytes, as stored: a larger value is not taken out of its row to be compared
	mostUnknown    = 0.05 // of the rows may have such a value where the condition is counted all the same
)

// Budget is what the samples for one statement may cost the server together; what they took is taken from it. It knows what was asked for one statement: nothing is tried again.
type Budget struct {
	Time time.Duration

	asked map[asked]bool
}

// asked is a question about the values of a table; none stands for all, where no sample of them can be had.
type asked struct {
	table *table.Table
	what  string
}

// NewBudget is what the samples for one statement may take: the most of the time that judging it may cost the server.
func NewBudget() *Budget { return &Budget{Time: time.Second} }

// keptForValues is what counting rows leaves of a budget for ReadWidths and ReadValues.
const keptForValues = 200 * time.Millisecond

// forRows is what is left for counting rows.
func (b *Budget) forRows() time.Duration { return b.Time - keptForValues }

// first says whether a question is asked for the first time, of a table that can be asked.
func (b *Budget) first(t *table.Table, what string) bool {
	if b.asked[asked{t, ""}] || b.asked[asked{t, what}] {
		return false
	}
	b.note(t, what)
	return true
}

func (b *Budget) note(t *table.Table, what string) {
	if b.asked == nil {
		b.asked = map[asked]bool{}
	}
	b.asked[asked{t, what}] = true
}

// Sample is how many rows of a part of a table meet each set of a few conditions. The parts are whole pages at random, so that columns that depend on each other are
// seen together, which the planner's statistics are not. The values in the conditions are neither kept nor logged.
type Sample struct {
	Rows  float64 // that were looked at
	Pages float64 // of the table that were read, about
	Whole bool    // all of the table was read
	Took  time.Duration

	conditions []counted
	names      map[string]string // of conditions, by their texts
	groups     []combination
	density    float64 // rows on a page
	directed   []directed
}

// counted is a condition whose rows are counted, and its bit.
type counted struct {
	name      string // by which it is known: its text without qualifiers
	sql       string
	condition plan.Condition
	guarded   []string // columns whose values may be too large to look at
	clustered bool     // its rows lie near each other
	dropped   bool     // too many rows have values too large to look at, or the server refused to compute it
}

// combination is how many rows of a leaf meet the same conditions; leaf is 0 where the table is not partitioned.
type combination struct{ met, unknown, leaf, rows int64 }

// TakeSample counts the rows that meet the conditions and every set of them, in one pass over at most 2,000 pages. It never runs a function that is not the server's own. nil: the
// table cannot be read now, by this role or in the time that is left, or no condition can be counted.
func TakeSample(ctx context.Context, tx pgx.Tx, t *table.Table, alias string, conditions []plan.Condition, budget *Budget) (*Sample, error) {
	s := &Sample{names: map[string]string{}}
	every := everyOne(conditions)
	for _, c := range append(every, beginnings(t, every)...) {
		s.add(t, alias, c)
	}
	if len(s.conditions) == 0 || t.Pages == 0 || len(t.Partitions) > mostPartitions || t.Kind == "f" {
		return nil, nil
	}
	if err := s.read(ctx, tx, t, alias, budget); err != nil {
		return nil, fmt.Errorf("counting rows in a sample of %s: %w", t, err)
	}
	if s.Rows == 0 {
		return nil, nil
	}
	return s, nil
}

// everyOne is the conditions and those inside the arms of an OR.
func everyOne(conditions []plan.Condition) []plan.Condition {
	var all []plan.Condition
	for _, c := range conditions {
		all = append(all, c)
		for _, arm := range c.Arms {
			all = append(all, everyOne(arm)...)
		}
	}
	return all
}

// add takes a condition into the sample, if it may be computed.
func (s *Sample) add(t *table.Table, alias string, c plan.Condition) {
	name := sampleName(c)
	sql, ok := computed(t, alias, c)
	if !ok || len(s.conditions) == mostConditions || slices.ContainsFunc(s.conditions, func(k counted) bool { return k.name == name }) {
		return
	}
	k := counted{name: name, sql: sql, condition: c}
	for _, column := range columnsOf(c) {
		of := t.Columns[column]
		if c.Kind == plan.IsNull || c.Kind == plan.IsNotNull {
			continue // looks at no value
		}
		if of.Length == -1 && !slices.Contains(k.guarded, column) {
			k.guarded = append(k.guarded, column)
		}
		k.clustered = k.clustered || math.Abs(of.Correlation) > clusteredFrom
	}
	s.conditions = append(s.conditions, k)
}

// sampleName is what a condition is known by in a sample, under whatever alias it is printed.
func sampleName(c plan.Condition) string {
	return strings.Join(tokens(shape.Bare(unqualified(c))), " ")
}

// computed is the SQL that computes the condition with the server's own functions alone; false where that is not possible.
func computed(t *table.Table, alias string, c plan.Condition) (string, bool) {
	if sql, ok := ofEnum(t, alias, c); ok {
		return sql, true
	}
	columns := columnsOf(c)
	if !c.Harmless() || len(columns) == 0 || c.Qualifier != "" && c.Qualifier != alias {
		return "", false
	}
	for _, column := range columns {
		if of, known := t.Columns[column]; !known || of.TypeOID >= table.FirstOwnType {
			return "", false
		}
	}
	return c.Text, true
}

// ofEnum compares a column of an enumeration by its labels: the type's name could not be resolved in pg_catalog, its functions are the server's.
func ofEnum(t *table.Table, alias string, c plan.Condition) (string, bool) {
	words := tokens(c.Value)
	if t.Columns[c.Column].Category != "E" || len(words) < 3 || words[1] != "::" || !strings.HasPrefix(strings.TrimPrefix(words[0], "E"), "'") {
		return "", false
	}
	label := "pg_catalog.textin(pg_catalog.enum_out(" + sqltext.Ident(alias, c.Column) + "))"
	list := strings.HasSuffix(strings.Join(words, ""), "[]")
	switch {
	case c.Kind == plan.Equality && !list:
		return label + " = " + words[0] + "::text", true
	case c.Kind == plan.AnyOf && list:
		return label + " = ANY (" + words[0] + "::text[])", true
	case c.Kind == plan.NotEqual && !list:
		return label + " <> " + words[0] + "::text", true
	case c.Kind == plan.NotEqual:
		return label + " <> ALL (" + words[0] + "::text[])", true
	}
	return "", false
}

// sampleSQL groups the rows of a sample by the conditions that they meet: a bit for each, and one for each that has a value too large to look at; and by leaf. It runs in a transaction that
// only reads, with pg_catalog alone as search_path, and fails where row security would put functions of others into it. Reads at most 2,000 pages, for 600 ms at most; versions 13
// and later; needs SELECT on the columns.
const sampleSQL = "SELECT /* pgmedic:index-sample */ %s, %s, count(*) FROM %s AS %s%s GROUP BY 1, 2, 3"

// noLeaf stands for the leaf where there is none.
const noLeaf = "0::int8"

// read counts in a few pages, and where they come fast enough in more.
func (s *Sample) read(ctx context.Context, tx pgx.Tx, t *table.Table, alias string, budget *Budget) error {
	pages := float64(t.Pages)
	s.density = max(t.Rows, 1) / pages
	wanted := min(pages, mostPages, max(mostRows/s.density, 1))
	for _, part := range []float64{min(wanted, firstPages), wanted} {
		timeout := firstTimeout
		if part > firstPages {
			perPage := s.Took / time.Duration(max(s.Pages, 1))
			part = min(part, math.Floor(float64(min(budget.forRows(), sampleTimeout/2))/float64(perPage+1)))
			timeout = sampleTimeout
		}
		if part <= s.Pages || part < firstPages && s.Rows > 0 || budget.forRows() <= 0 {
			return nil
		}
		ok, err := s.pass(ctx, tx, t, alias, part, min(timeout, budget.forRows()), budget)
		if !ok || err != nil {
			return err
		}
	}
	return nil
}

// pass reads so many pages. Where the server refuses to compute a condition, such as one that divides by zero in a row that the statement never reaches, those that are more
// than a comparison are left out.
func (s *Sample) pass(ctx context.Context, tx pgx.Tx, t *table.Table, alias string, pages float64, timeout time.Duration, budget *Budget) (bool, error) {
	from, leaf, method := "ONLY "+sqltext.Ident(t.Schema, t.Name), noLeaf, ""
	if t.Kind == "p" {
		from, leaf = sqltext.Ident(t.Schema, t.Name), sqltext.Ident(alias)+".tableoid::int8"
	}
	if pages < float64(t.Pages) {
		method = " TABLESAMPLE SYSTEM (" + strconv.FormatFloat(100*pages/float64(t.Pages), 'f', 6, 64) + ") REPEATABLE (1)"
	}
	groups, err := s.ask(ctx, tx, fmt.Sprintf(sampleSQL, s.bits(alias), leaf, from, sqltext.Ident(alias), method), timeout, budget)
	if state := pgerr.State(err); isOfData(state) && s.dropInvolved() {
		groups, err = s.ask(ctx, tx, fmt.Sprintf(sampleSQL, s.bits(alias), leaf, from, sqltext.Ident(alias), method), timeout, budget)
	}
	if groups == nil || err != nil {
		return false, unlessRefused(err)
	}
	s.groups, s.Pages, s.Whole, s.Rows = groups, pages, method == "", meeting(groups, nil)
	s.density = s.Rows / max(s.Pages, 1)
	s.dropLarge()
	return true, nil
}

// isOfData says whether the server refused a value, or a name that pg_catalog does not know.
func isOfData(state string) bool {
	return strings.HasPrefix(state, "22") || strings.HasPrefix(state, "42") && state != "42501" && state != "42P01"
}

// unlessRefused keeps only the errors that are none of the server's: no right, a lock, too slow mean that there is no sample.
func unlessRefused(err error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) || errors.Is(err, errNoAnswer) {
		return nil
	}
	return err
}

// dropInvolved leaves out what is more than a comparison of a column; false where there is nothing such, or nothing else.
func (s *Sample) dropInvolved() bool {
	plain, involved := 0, 0
	for i := range s.conditions {
		k := &s.conditions[i]
		switch k.condition.Kind {
		case plan.NonSargable, plan.Opaque, plan.Disjunction, plan.RowRange:
			k.dropped = true
			involved++
		default:
			plain++
		}
	}
	return plain > 0 && involved > 0
}

// dropLarge leaves out the conditions that were not computed in too many rows.
func (s *Sample) dropLarge() {
	for i := range s.conditions {
		var unknown int64
		for _, g := range s.groups {
			if g.unknown&(1<<i) != 0 {
				unknown += g.rows
			}
		}
		s.conditions[i].dropped = s.conditions[i].dropped || float64(unknown) > mostUnknown*s.Rows
	}
}

// bits is the SQL of both masks.
func (s *Sample) bits(alias string) string {
	met, unknown := "0::int8", "0::int8"
	for i, k := range s.conditions {
		if k.dropped {
			continue
		}
		large := tooLarge(alias, k.guarded)
		bit := strconv.FormatInt(1<<i, 10)
		if large == "" {
			met += " + CASE WHEN " + k.sql + " THEN " + bit + " ELSE 0 END"
			continue
		}
		met += " + CASE WHEN " + large + " THEN 0 WHEN " + k.sql + " THEN " + bit + " ELSE 0 END"
		unknown += " + CASE WHEN " + large + " THEN " + bit + " ELSE 0 END"
	}
	return met + ", " + unknown
}

// tooLarge says in SQL whether one of the columns has a large value; what is stored elsewhere is not read for it.
func tooLarge(alias string, columns []string) string {
	var texts []string
	for _, c := range columns {
		texts = append(texts, fmt.Sprintf("coalesce(pg_column_size(%s), 0) > %d", sqltext.Ident(alias, c), largeValue))
	}
	return strings.Join(texts, " OR ")
}

// ask sends one count.
func (s *Sample) ask(ctx context.Context, tx pgx.Tx, sql string, timeout time.Duration, budget *Budget, more ...setting) ([]combination, error) {
	settings := append([]setting{{"search_path", "pg_catalog"}, {"statement_timeout", milliseconds(timeout)}, {"lock_timeout", sampleLockWait}, {"row_security", "off"},
		{"jit", "off"}, {"max_parallel_workers_per_gather", "0"}}, more...)
	began := time.Now()
	rows, err := aside(ctx, tx, sql, settings...)
	took := time.Since(began)
	s.Took += took
	budget.Time -= took
	if err != nil {
		return nil, err
	}
	var groups []combination
	for _, row := range rows {
		var g combination
		for i, into := range []*int64{&g.met, &g.unknown, &g.leaf, &g.rows} {
			if *into, err = strconv.ParseInt(string(row[i]), 10, 64); err != nil {
				return nil, err
			}
		}
		groups = append(groups, g)
	}
	return groups, nil
}

func milliseconds(d time.Duration) string {
	return strconv.FormatInt(max(d.Milliseconds(), 1), 10) + "ms"
}
