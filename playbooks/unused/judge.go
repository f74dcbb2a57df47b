package unused

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// leastSize is the size in bytes below which an index without scans is left alone: it costs too little to be worth a thought.
const leastSize = 1 << 20

// The kinds of indexes that could go.
const (
	kindDuplicate = "duplicate"
	kindNever     = "never used"
	kindPrefix    = "columns of a longer one"
)

// candidate is an index that could go.
type candidate struct {
	index
	kind    string
	instead index // what stands in for it; its oid is 0 where nothing needs to
}

// judged is what was made of all indexes.
type judged struct {
	found  []candidate    // duplicates, then never used, then those with a longer one; the largest of each first
	all    int            // indexes looked at
	spared map[string]int // of those without scans that nothing stands in for: why they are left alone, and how many
}

// judge finds the indexes that could go. known says whether the absence of scans means something.
func judge(all []index, known bool) judged {
	j := judged{all: len(all), spared: map[string]int{}}
	gone, kept := map[uint32]bool{}, map[uint32]bool{}
	take := func(found []candidate) {
		for _, c := range found {
			gone[c.oid], kept[c.instead.oid] = true, true
		}
		slices.SortFunc(found, func(a, b candidate) int { return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.oid, b.oid)) })
	}
	var same, longer []candidate
	for _, table := range byTable(all) {
		same = append(same, duplicates(table)...)
	}
	take(same)
	for _, table := range byTable(all) {
		longer = append(longer, prefixes(table, gone)...)
	}
	take(longer)
	var never []candidate
	for _, x := range all {
		if x.scans > 0 || gone[x.oid] || kept[x.oid] || !known {
			continue
		}
		if why := cmp.Or(x.fixed(), x.useful()); why != "" {
			j.spared[why]++
			continue
		}
		never = append(never, candidate{index: x, kind: kindNever})
	}
	take(never)
	j.found = slices.Concat(same, never, longer)
	return j
}

// fixed says why an index cannot go whatever else there is; empty: it can.
func (x index) fixed() string {
	switch {
	case x.constraint:
		return "a constraint stands on it"
	case x.identity:
		return "it is the replica identity"
	case x.extension:
		return "it belongs to an extension"
	case !x.usable:
		return "it is INVALID or being built"
	}
	return ""
}

// useful says why an index without scans is of use all the same; empty: it is not, as far as is known.
func (x index) useful() string {
	switch {
	case x.unique:
		return "it keeps values unique"
	case x.needed != "":
		return "it alone serves a foreign key"
	case x.bytes < leastSize:
		return "it is smaller than 1 MB"
	}
	return ""
}

// serves says whether the rows of a foreign key's columns are found by the index, in whatever order the two name them.
func (x index) serves(columns []int16) bool {
	if !x.usable || x.where != "" || x.method != "btree" || x.ofKey < len(columns) {
		return false
	}
	lead, sorted := slices.Clone(x.keys[:len(columns)]), slices.Clone(columns)
	slices.Sort(lead)
	slices.Sort(sorted)
	return slices.Equal(lead, sorted)
}

// mustStay is the smallest of the indexes that serve a foreign key, where none of them stays for another reason; nil: one does, or there is none.
func mustStay(serving []*index) *index {
	var smallest *index
	for _, x := range serving {
		if x.scans > 0 || x.unique || x.fixed() != "" {
			return nil
		}
		if smallest == nil || x.bytes < smallest.bytes {
			smallest = x
		}
	}
	return smallest
}

// byTable are the indexes of each table.
func byTable(all []index) map[uint32][]index {
	tables := map[uint32][]index{}
	for _, x := range all {
		tables[x.tableOID] = append(tables[x.tableOID], x)
	}
	return tables
}

// duplicates are those of a table's indexes of which another one is the same: of several the most needed stays.
func duplicates(all []index) []candidate {
	var found []candidate
	seen := make([]bool, len(all))
	for i, x := range all {
		if seen[i] {
			continue
		}
		alike := []index{x}
		for k := i + 1; k < len(all); k++ {
			if x.isLike(all[k]) {
				seen[k] = true
				alike = append(alike, all[k])
			}
		}
		slices.SortStableFunc(alike, mostNeeded)
		for _, y := range alike[1:] {
			if y.fixed() == "" && alike[0].standsInFor(y) {
				found = append(found, candidate{y, kindDuplicate, alike[0]})
			}
		}
	}
	return found
}

// mostNeeded puts first what can least go.
func mostNeeded(a, b index) int {
	for _, is := range [][2]bool{{a.usable, b.usable}, {a.constraint, b.constraint}, {a.identity, b.identity}, {a.unique, b.unique}, {a.clustered,
		b.clustered}} {
		if is[0] != is[1] {
			return either(is[0], -1, 1)
		}
	}
	return cmp.Or(cmp.Compare(b.scans, a.scans), cmp.Compare(a.oid, b.oid))
}

// isLike says whether two indexes hold the same in the same way.
func (x index) isLike(y index) bool {
	return x.method == y.method && x.ofKey == y.ofKey && slices.Equal(x.keys, y.keys) && slices.Equal(x.classes, y.classes) &&
		slices.Equal(x.collations, y.collations) && slices.Equal(x.order, y.order) && x.options == y.options && x.expressions == y.expressions &&
		x.where == y.where
}

// standsInFor says whether an index that is like another does all that the other does.
func (x index) standsInFor(y index) bool {
	return x.usable && (!y.unique || x.unique && x.nullsSame == y.nullsSame && (x.immediate || !y.immediate))
}

// prefixes are those of a table's b-trees whose columns a longer one begins with. gone are those that another has been found for; none of them stands
// in for others.
func prefixes(all []index, gone map[uint32]bool) []candidate {
	longest := slices.Clone(all)
	slices.SortStableFunc(longest, func(a, b index) int { return cmp.Compare(len(b.keys), len(a.keys)) })
	taken := map[uint32]bool{}
	var found []candidate
	for _, x := range longest {
		if gone[x.oid] || x.unique || x.fixed() != "" {
			continue
		}
		for _, y := range longest {
			if !gone[y.oid] && !taken[y.oid] && x.leads(y) {
				taken[x.oid] = true
				found = append(found, candidate{x, kindPrefix, y})
				break
			}
		}
	}
	return found
}

// leads says whether the columns of a b-tree are those that another one begins with, so that the other finds the same rows.
func (x index) leads(y index) bool {
	n := x.ofKey
	return x.method == "btree" && y.method == "btree" && y.usable && len(x.keys) == n && len(y.keys) > n && y.ofKey >= n &&
		x.expressions == "" && !slices.Contains(x.keys, 0) && slices.Equal(x.keys, y.keys[:n]) && slices.Equal(x.classes, y.classes[:n]) &&
		slices.Equal(x.collations, y.collations[:n]) && slices.Equal(x.order, y.order[:n]) && x.where == y.where
}

// isKnown says whether the absence of scans means something; else why not.
func (s server) isKnown(enough time.Duration) (bool, string) {
	switch from := s.from(); {
	case !s.counts:
		return false, "track_counts is off"
	case s.since == nil:
		return false, "since when scans are counted is not known"
	case from == nil, s.wasPromoted() && s.now.Sub(*from) < enough:
		return false, s.promotion()
	case s.now.Sub(*from) < enough:
		return false, "scans are counted only since " + stamp(*s.since) + ", " + span(s.now.Sub(*s.since)) +
			" ago: the statistics were reset then, or lost in a crash"
	}
	return true, ""
}

// wasPromoted says whether scans are counted here from before this server became the primary, as far as is known.
func (s server) wasPromoted() bool {
	return s.timeline > 1 && (s.promoted == nil || s.since == nil || s.promoted.After(*s.since))
}

// from is since when all that the primary scanned is counted here; nil: not known.
func (s server) from() *time.Time {
	if s.wasPromoted() {
		return s.promoted
	}
	return s.since
}

// promotion says what the counts of a server lack that was promoted.
func (s server) promotion() string {
	when := "when, a role with pg_monitor may see"
	if s.promoted != nil {
		when = "on " + stamp(*s.promoted) + ", " + span(s.now.Sub(*s.promoted)) + " ago"
	}
	return fmt.Sprintf("this server was promoted, or recovered from a backup (timeline %d; %s): what the primary scanned before was not counted here",
		s.timeline, when)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func either[T any](condition bool, yes, no T) T {
	if condition {
		return yes
	}
	return no
}

// again makes the statement that makes an index again one that does not block writes; only is how one begins that makes the index of a partitioned
// table without its parts: of the whole there is no way that does not block.
func again(sql, only string) string {
	if rest, ok := strings.CutPrefix(sql, only); ok {
		return strings.TrimSuffix(only, "ONLY ") + rest
	}
	for _, head := range []string{"CREATE UNIQUE INDEX ", "CREATE INDEX "} {
		if rest, ok := strings.CutPrefix(sql, head); ok {
			return head + "CONCURRENTLY " + rest
		}
	}
	return sql
}
