package price

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
)

// Updates is which columns of a table its UPDATE statements set, as far as pg_stat_statements shows them.
type Updates struct {
	Known   bool             // it was read: a column that is not there is set by no statement that it has
	Columns map[string]int64 // calls that set the column
}

// brinKeepsHOT is the version from which on a change of what a BRIN index holds leaves an update HOT.
const brinKeepsHOT = 160000

// WriteOf is what indexes with so many entries cost those who write the table, as it is known at a time of the server's clock.
func WriteOf(t *table.Table, at time.Time, entries float64, updates Updates, indexes ...shape.Index) Write {
	w := Write{Share: 1, At: at, HOT: t.Activity.HotUpdates, All: t.Activity.Updates, Inserts: t.Activity.Inserts, Since: t.Activity.Since}
	if t.Rows > 0 {
		w.Share = min(entries/float64(max(len(indexes), 1))/t.Rows, 1)
	}
	for _, x := range indexes {
		w.gin = w.gin || x.Method == "gin"
		for _, column := range endsHOT(t, x) {
			w.judge(t, column, updates)
		}
		for _, c := range x.Where {
			for _, column := range c.Columns {
				if updates.Columns[column] > 0 {
					w.Passing = append(w.Passing, column)
				}
			}
		}
	}
	if len(w.Passing) > 0 {
		w.Share = 1
	}
	w.updated = len(updates.Columns) > 0
	return w
}

// endsHOT are the columns whose change would be HOT without the index and is not with it: those that no other index has.
func endsHOT(t *table.Table, x shape.Index) []string {
	if x.Method == "brin" && t.Costs.Version >= brinKeepsHOT {
		return nil
	}
	return slices.DeleteFunc(x.Columns(), func(column string) bool {
		return slices.ContainsFunc(t.Indexes, func(other table.Existing) bool {
			summarises := other.Shape.Method == "brin" && t.Costs.Version >= brinKeepsHOT
			return !summarises && slices.Contains(other.Shape.Columns(), column)
		})
	})
}

func (w *Write) judge(t *table.Table, column string, updates Updates) {
	switch {
	case updates.Columns[column] > 0:
		w.Set = append(w.Set, column)
		w.HOTLost = w.HOTLost || t.Activity.HotUpdates > 0 || t.Activity.Updates == 0 // none was counted that would tell
	case !updates.Known && t.Activity.HotUpdates > 0:
		w.HOTUnknown = true
	}
}

// String says it in words, for a person and for the JSON's write_cost.
func (w Write) String() string {
	text := w.inserts()
	switch {
	case w.All == 0:
		text += w.uncounted()
	case w.HOTLost:
		text += fmt.Sprintf("; updates set %s: of %s updates %s were HOT, and those that change it are no more", strings.Join(unrepeated(w.Set), ", "), thousands(w.All), thousands(w.HOT))
	case w.HOTUnknown:
		text += fmt.Sprintf("; %s of %s updates were HOT, which those that change one of its columns would not be: whether any does is not known", thousands(w.HOT), thousands(w.All))
	case w.HOT == 0:
		text += fmt.Sprintf("; none of %s updates was HOT, so each writes an entry", thousands(w.All))
	default:
		text += fmt.Sprintf("; %s of %s updates were HOT and stay so", thousands(w.HOT), thousands(w.All))
	}
	return text
}

// uncounted says what is known of updates of which the table's statistics have none: they come late, and may have been reset.
func (w Write) uncounted() string {
	switch {
	case w.HOTLost:
		return fmt.Sprintf("; updates set %s, though none is counted since the statistics were reset: those that change it are not HOT", strings.Join(unrepeated(w.Set), ", "))
	case w.updated:
		return "; updates set none of its columns that no other index has"
	}
	return "; no update is counted so far"
}

func (w Write) inserts() string {
	what := "an entry"
	if w.gin {
		what = "an entry for each of their keys"
	}
	text := fmt.Sprintf("%s of inserts get %s", share(w.Share), what)
	if w.Share >= 0.995 {
		text = "every insert gets " + strings.Replace(what, "their", "its", 1)
	}
	if len(w.Passing) > 0 {
		text = "inserts get " + what + " as long as the predicate holds; a later update of " + strings.Join(unrepeated(w.Passing), ", ") + " takes the row in or out"
	}
	if seconds := w.At.Sub(w.Since).Seconds(); !w.Since.IsZero() && seconds > 60 {
		if rate := w.Share * float64(w.Inserts) / seconds; rate >= 0.1 {
			text += fmt.Sprintf(", %.2g a second in the mean", rate)
		}
	}
	return text
}

func unrepeated(names []string) []string {
	names = slices.Sorted(slices.Values(names))
	return slices.Compact(names)
}

func share(part float64) string {
	switch {
	case part > 0 && part < 0.001:
		return "less than 0.1 %"
	case part < 0.1:
		return fmt.Sprintf("%.1f %%", 100*part)
	}
	return fmt.Sprintf("%.0f %%", math.Floor(100*part))
}

func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
