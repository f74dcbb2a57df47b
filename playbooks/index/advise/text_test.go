package advise

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/apply"
	"github.com/pgmedic/pgmedic/playbooks/index/judge"
	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/playbooks/index/rewrite"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
)

var update = flag.Bool("update", false, "write the golden files anew")

// key makes a plain key of a column.
func key(column string) shape.Key { return shape.Key{Column: column} }

// drafted is an answer with everything in it.
func drafted() Answer {
	due := shape.Index{Schema: "public", Table: "bills", Method: "btree", Keys: []shape.Key{key("customer"), key("due")},
		Where: []shape.Clause{{SQL: "paid_at IS NULL", Columns: []string{"paid_at"}}}}
	covering := shape.Index{Schema: "public", Table: "bills", Method: "btree", Keys: []shape.Key{key("customer")}, Include: []string{"due", "amount"}}
	return Answer{
		Advice: judge.Advice{
			Statement: "SELECT id, amount\nFROM bills\nWHERE customer = $1 AND paid_at IS NULL AND due - $2::interval < now()\nORDER BY due LIMIT $3", QueryID: -42,
			Verdict: judge.Rewritten, Reason: "no index serves it as it is written; rewritten, partial btree reads about 10 rows instead of 150,006 (counted in a sample of the table)",
			Drafts: []judge.Variant{{
				Indexes: []apply.Index{{Shape: due}}, SQL: []string{"CREATE INDEX CONCURRENTLY idx_bills_customer_due_1a2b " + due.Definition() + " /* pgmedic:index-build */"},
				Kind: "partial btree", Purpose: "equality on customer, then the order by due, in part of the rows", Reasons: []playbooks.Reason{{Part: "customer", Why: "equality"}, {Part: "due", Why: "order, and one stretch of the index"},
					{Part: "WHERE paid_at IS NULL", Why: "keeps 2.7 % of the rows"}},
				RowsRead: judge.Change{Before: 150006, After: 10}, Cost: judge.Change{Before: 31234.5, After: 12.34}, Known: judge.Known{Before: price.Estimated, After: price.Sampled}, Bytes: 1264 * 1024,
				Build: 3200 * time.Millisecond, Write: "3 % of the inserted rows get an entry; updates that set paid_at are not HOT any more: 1,200 of 5,400 updates were", HOTLost: true,
				Caveats: []string{"paid_at must stay rarely NULL"},
			}, {
				Indexes: []apply.Index{{Shape: covering}}, SQL: []string{"CREATE INDEX CONCURRENTLY idx_bills_customer_3c4d " + covering.Definition()}, Kind: "covering btree",
				For: "index-only scan", RowsRead: judge.Change{Before: 150006, After: 312}, Cost: judge.Change{Before: 31234.5, After: 40}, Bytes: 41 << 20,
				Known: judge.Known{Before: price.Measured, After: price.Estimated},
			}},
			Rewrite: &rewrite.Rewrite{From: "due - $2::interval < now()", To: "due < now() + $2::interval", SQL: "SELECT id, amount FROM bills WHERE customer = $1 AND due < now() + $2::interval",
				Caveat: "months are of different lengths"},
			Existing: []string{"bills_pkey"}, Redundant: []string{"bills_customer"},
			Winners:  []judge.Effect{{QueryID: 7, Statement: "SELECT count(*) FROM bills WHERE customer = $1", Cost: judge.Change{Before: 31000, After: 25}}},
			Losers:   []judge.Effect{{QueryID: 8, Statement: "UPDATE bills SET paid_at = $1 WHERE id = $2", Cost: judge.Change{Before: 8.3, After: 9.1}}},
			Others:   "of 30 other statements of the table 10 were planned, without values: the other 20 took less time",
			Warnings: []string{"names are looked up with the search_path of role app\x1b[2J"},
		},
		Parameters: []Parameter{{1, "integer", Heavy}, {2, "interval", Typical}, {3, "bigint", Literal}, {4, "text", Given}},
	}
}

// partitioned is an answer whose draft takes many statements.
func partitioned() Answer {
	x := shape.Index{Schema: "public", Table: "events", Method: "btree", Keys: []shape.Key{key("account")}}
	v := judge.Variant{
		Indexes: []apply.Index{{Shape: x}}, Kind: "btree", Reasons: []playbooks.Reason{{Part: "account", Why: "equality"}}, Known: judge.Known{Before: price.Estimated, After: price.Estimated},
		SQL: []string{"SET lock_timeout = '500ms' /* pgmedic:index-build */", x.CreateOnOnly("idx_parent") + " /* pgmedic:index-build */"},
	}
	for n := range 30 {
		v.SQL = append(v.SQL, fmt.Sprintf("CREATE INDEX CONCURRENTLY idx_%d ON public.events_%d (account) /* pgmedic:index-build */", n, n))
	}
	return Answer{Advice: judge.Advice{Statement: "SELECT * FROM events WHERE account = $1", Verdict: judge.Recommended, Reason: "btree reads 27 rows", Drafts: []judge.Variant{v}}}
}

func TestGolden(t *testing.T) {
	none := Answer{Advice: judge.Advice{Statement: "SELECT * FROM small", Verdict: judge.None, Reason: "public.small has only 6 pages", Instead: "look at how often it runs"}}
	for name, text := range map[string]string{
		"drafted-100.txt": drafted().Text(100), "drafted-60.txt": drafted().Text(60), "partitioned.txt": partitioned().Text(100), "none.txt": none.Text(100),
		"drafted.json": jsonOf(t, drafted(), true), "none.json": jsonOf(t, none, false),
	} {
		path := filepath.Join("testdata", "golden", name)
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want := file(t, path); text != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, text, want)
		}
	}
}

func jsonOf(t *testing.T, a Answer, pretty bool) string {
	t.Helper()
	text, err := a.JSON(pretty)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Nothing but SQL, figures and single words is wider than the width, and nothing reaches the terminal that it could act on.
func TestTextKeepsToItsWidth(t *testing.T) {
	for _, width := range []int{1, LeastWidth, 60, 80, 200} {
		for line := range strings.SplitSeq(drafted().Text(width), "\n") {
			if strings.ContainsRune(line, '\x1b') {
				t.Errorf("an escape: %q", line)
			}
			if !strings.HasPrefix(line, "  ") && ansi.StringWidth(line) > max(width, LeastWidth) {
				t.Errorf("at %d: %q", width, line)
			}
		}
	}
}

// The JSON holds the names as they are, and nothing that a terminal could act on.
func TestJSONIsHarmless(t *testing.T) {
	a := partitioned()
	a.Drafts[0].SQL = []string{"CREATE INDEX CONCURRENTLY i ON public.\"\u202etxt\x1b[2J\U000e0041\" (a)"}
	text := jsonOf(t, a, false)
	if !strings.Contains(text, `\u202etxt\u001b[2J\udb40\udc41`) || strings.ContainsAny(text, "\x1b\u202e") {
		t.Error(text)
	}
}

func TestExitCode(t *testing.T) {
	of := func(verdicts ...judge.Verdict) []Answer {
		var all []Answer
		for _, v := range verdicts {
			all = append(all, Answer{Advice: judge.Advice{Verdict: v}})
		}
		return all
	}
	for want, answers := range map[int][][]Answer{
		0: {of(judge.Recommended), of(judge.Rewritten), of(judge.Failed, judge.None, judge.Rewritten, judge.Failed)},
		3: {of(judge.None), of(judge.Exists), of(judge.Failed, judge.Exists)},
		1: {of(judge.Failed), of(judge.Failed, judge.Failed)},
	} {
		for _, a := range answers {
			if got := ExitCode(a); got != want {
				t.Errorf("%v: exit code %d, want %d", a, got, want)
			}
		}
	}
}
