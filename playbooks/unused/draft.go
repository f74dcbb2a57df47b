package unused

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/figure"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// most is how many indexes are drafted for at once.
const most = 9

// Draft implements playbooks.Playbook: the index that could best go, and beside it the others.
func (p playbook) Draft(ctx context.Context, ask *live.Asker, f playbooks.Finding) (*playbooks.Draft, error) {
	s, all, err := read(ctx, ask)
	if err != nil {
		return nil, err
	}
	if s.standby {
		return nil, &playbooks.NoDraft{Reason: "this is a standby: it counts its own reads alone, and no index can be dropped here",
			Instead: "look on the primary, and at the counts of each standby"}
	}
	known, why := s.isKnown(p.enough)
	j := judge(all, known)
	if len(j.found) == 0 {
		return nil, j.nothing(s, why)
	}
	shown := j.found[:min(len(j.found), most)]
	var oids []uint32
	for _, c := range shown {
		oids = append(oids, c.oid)
	}
	again, err := definitions(ctx, ask, oids)
	if err != nil {
		return nil, err
	}
	var drafts []*playbooks.Draft
	for _, c := range shown {
		if again[c.oid] != "" { // else it was dropped this moment
			drafts = append(drafts, c.draft(f, s, again[c.oid], j.rest(why)))
		}
	}
	if len(drafts) == 0 {
		return nil, &playbooks.NoDraft{Reason: "the indexes that could go were dropped this moment"}
	}
	drafts[0].Others = drafts[1:]
	return drafts[0], nil
}

// nothing says that no index is found that could go, and of which that is not known.
func (j judged) nothing(s server, unknown string) *playbooks.NoDraft {
	none := &playbooks.NoDraft{Reason: fmt.Sprintf("none of the %s of this database's tables stands in for another", probes.Counted(j.all, "index",
		"indexes"))}
	if unknown != "" {
		none.Reason += "; which of them are used is not known: " + unknown
		none.Instead = fmt.Sprintf("ask again when scans have been counted for %d days", int(enough.Hours())/24)
		if s.since != nil && s.from() == nil {
			none.Instead = "connect with a role that has pg_monitor"
		}
		return none
	}
	none.Reason += ", and each was used since " + stamp(*s.since) + j.exceptions()
	return none
}

// exceptions words which indexes without scans are left alone, and why; empty: there are none.
func (j judged) exceptions() string {
	var words []string
	for _, why := range slices.Sorted(maps.Keys(j.spared)) {
		words = append(words, fmt.Sprintf("%d (%s)", j.spared[why], why))
	}
	if len(words) == 0 {
		return ""
	}
	return " but for " + strings.Join(words, ", ")
}

// rest says what was made of the other indexes.
func (j judged) rest(unknown string) string {
	words := fmt.Sprintf("%s looked at, %d could go", probes.Counted(j.all, "index", "indexes"), len(j.found))
	if len(j.found) > most {
		words += fmt.Sprintf(", of which the first %d are drafted", most)
	}
	if unknown != "" {
		return words + "; which are never used is not known: " + unknown
	}
	if except := j.exceptions(); except != "" {
		words += "; without a scan and left alone:" + strings.TrimPrefix(except, " but for")
	}
	return words
}

// draft drafts the removal of one index. definition makes it again.
func (c candidate) draft(f playbooks.Finding, s server, definition, rest string) *playbooks.Draft {
	sql := "DROP INDEX CONCURRENTLY " + sqltext.Ident(c.schema, c.name)
	if c.partitioned {
		sql = "DROP INDEX " + sqltext.Ident(c.schema, c.name)
	}
	against := c.warnings(s)
	return &playbooks.Draft{
		Playbook: playbookName, Finding: f, Title: fmt.Sprintf("drop index %s of %s: %s", c, c.relation(), c.short()), SQL: []string{sql},
		Explained: sqltext.CleanLine(sql) + "  -- drafted only: pgmedic does not send it", Word: sqltext.CleanLine(c.name), Kind: c.kind, For: c.String() +
			" of " + c.relation(),
		Target:  map[string]string{"relation": c.relation(), "index": c.name, "schema": c.schema},
		Reasons: append(c.reasons(s), playbooks.Reason{Part: "others", Why: rest}),
		Prices:  c.prices(s), Warnings: against, Undo: []string{definition}, Work: work{c.index, against},
		Lost: "nothing is sent", Stopped: "nothing is sent",
	}
}

// short says in a few words why it could go.
func (c candidate) short() string {
	switch c.kind {
	case kindDuplicate:
		return c.instead.String() + " is the same"
	case kindPrefix:
		return c.instead.String() + " begins with its columns"
	}
	return "nothing has used it"
}

// reasons are why it could go.
func (c candidate) reasons(s server) []playbooks.Reason {
	var reasons []playbooks.Reason
	switch c.kind {
	case kindDuplicate:
		reasons = append(reasons, playbooks.Reason{Part: "the same",
			Why: c.instead.String() + " has the same method, columns, order, operator classes, collations and condition, and does all that it does"})
	case kindPrefix:
		reasons = append(reasons, playbooks.Reason{Part: "longer one", Why: c.instead.String() +
			" begins with the same columns in the same order and finds the same rows by them"})
	}
	return append(reasons, playbooks.Reason{Part: "use", Why: c.use(s)})
}

// use says how often it was scanned, and since when that is counted.
func (c candidate) use(s server) string {
	words := probes.Counted(int(c.scans), "scan", "scans")
	if c.scans == 0 {
		words = "no scan"
	}
	if s.since == nil {
		return words + "; since when scans are counted is not known"
	}
	words += " since " + stamp(*s.since) + ", " + span(s.now.Sub(*s.since)) + " ago"
	if c.lastScan != nil {
		words += "; last on " + stamp(*c.lastScan)
	}
	if !s.counts {
		words += "; track_counts is off now"
	}
	return words
}

// prices are what it costs as long as it is there.
func (c candidate) prices(s server) []playbooks.Price {
	since := "since the statistics count"
	if s.since != nil {
		since = "since " + stamp(*s.since)
	}
	value := fmt.Sprintf("written by %s inserts and %s updates that are not HOT, and read by VACUUM", figure.Count(float64(c.inserts)),
		figure.Count(float64(c.updates-c.hot)))
	return []playbooks.Price{
		{Name: playbooks.PriceSize, Value: figure.Size(c.bytes), How: "that dropping it frees, by the catalogue as of the last VACUUM or ANALYZE"},
		{Name: "writes", Value: value, How: "of the table, " + since},
	}
}

// warnings are all that speaks against it.
func (c candidate) warnings(s server) []string {
	var words []string
	switch {
	case s.wasPromoted():
		words = append(words, s.promotion())
	case s.timeline == 0:
		words = append(words, "whether this server was a standby before is not visible: then the scans of the primary from that time were not counted here")
	}
	words = append(words, s.standbys())
	if c.kind == kindNever {
		words = append(words, fmt.Sprintf("what runs once a month or a quarter may need it: scans are counted for %s. When it was made is not known; "+
			"a young index had no time to be used",
			span(s.now.Sub(*s.from()))))
	}
	if c.kind == kindPrefix {
		words = append(words, fmt.Sprintf("%s has %s, this one %s: a scan by it reads more pages, and what was quick because the small one is in "+
			"memory may not be",
			c.instead, figure.Size(c.instead.bytes), figure.Size(c.bytes)))
	}
	if c.kind != kindNever && c.scans > 0 {
		words = append(words, "statements use it now: their plans change to "+c.instead.String()+" the moment that it is gone")
	}
	if c.expressions != "" && c.kind == kindNever {
		words = append(words, "ANALYZE gathers statistics of its expressions for the planner: they go with it, and plans of statements that never "+
			"scan it may change")
	}
	if c.clustered {
		words = append(words, "CLUSTER orders "+c.relation()+" by it")
	}
	if !c.owner {
		words = append(words, "this role may not drop it: "+c.relation()+" is owned by "+sqltext.CleanLine(c.ownerName))
	}
	words = append(words, "a name in a hint or a script of somebody's is not seen from here: look for "+sqltext.CleanLine(c.name)+" in the "+
		"application and its migrations")
	if c.partitioned {
		return append(words, fmt.Sprintf("the server has no concurrent way: it locks %s and its %s against everybody until all are dropped, and waits "+
			"first for all who use one",
			c.relation(), probes.Counted(c.parts, "partition", "partitions")),
			"the way back blocks writes of all partitions while it is built; d drafts one that does not, partition by partition")
	}
	return append(words, "it waits for every transaction that uses "+c.relation()+", readers too; stopped before its end it leaves a valid index "+
		"INVALID. Not in a transaction, and with lock_timeout 0",
		"the way back builds it anew: it reads the whole table, and takes as long as any build")
}

// standbys says what is not known of the use on other servers.
func (s server) standbys() string {
	const there = "a standby counts its own scans, which are not seen from here"
	if s.receivers == 0 {
		return there + ": no receiver streams now, but one that reads an archive of the WAL may be there"
	}
	return there + ": " + probes.Counted(s.receivers, "receiver streams", "receivers stream") +
		" now; look at pg_stat_user_indexes on each of them first"
}

// span writes how long something has lasted.
func span(d time.Duration) string { return probes.Span(max(d, 0)) }

// work is what the engine refuses to carry out.
type work struct {
	index   index
	against []string // what speaks against it
}

// Preflight implements playbooks.Work: it is never sent from here.
func (w work) Preflight(ctx context.Context, ask *live.Asker) ([]playbooks.Check, error) {
	same, scans, err := w.index.now(ctx, ask)
	if err != nil {
		return nil, err
	}
	use := playbooks.Check{Name: "use", Saw: "not scanned since it was read"}
	switch {
	case !same:
		use = playbooks.Check{Verdict: playbooks.Refuse, Name: "index", Saw: w.index.String() + " is gone or has another name", Do: "draft again"}
	case scans > w.index.scans:
		use = playbooks.Check{Verdict: playbooks.Caution, Name: "use", Saw: probes.Counted(int(scans-w.index.scans), "scan", "scans") +
			" since it was read", Do: "keep it until you know whose they are"}
	}
	checks := []playbooks.Check{{
		Verdict: playbooks.Refuse, Name: "drafted only", Saw: "pgmedic drafts this and does not send it, as much of what speaks against it cannot be " +
			"read from here",
		Do: "when all of it is answered and the incident is over, send it yourself; y copies it",
	}, use}
	for _, why := range w.against {
		checks = append(checks, playbooks.Check{Verdict: playbooks.Caution, Name: "against it", Saw: why})
	}
	return checks, nil
}

// Verify implements playbooks.Work: nothing was sent.
func (w work) Verify(ctx context.Context, ask *live.Asker) (playbooks.Verification, error) {
	same, _, err := w.index.now(ctx, ask)
	saw := either(same, "it is there as before", "it is gone or has another name")
	return playbooks.Verification{Checks: []playbooks.Check{{Verdict: playbooks.Caution, Name: w.index.String(), Saw: saw, Do: "nothing was sent"}}}, err
}
