package brake

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// ground is all that a brake is drafted from.
type ground struct {
	finding playbooks.Finding
	seen    *probes.Lasting
	sample  *probes.Sample
	state   state
	history history
	server  serverValues
	here    open // sessions of the role in the database
	ofRole  open // in all databases
	ofBase  open // of all roles in the database
}

// look reads what a draft stands on.
func look(ctx context.Context, ask *live.Asker, f playbooks.Finding) (*ground, error) {
	if f.Seen == nil || f.Seen.Lasting == nil {
		return nil, &playbooks.NoDraft{Reason: "what the role's sessions did was not looked at", Instead: "start the brake from the statement"}
	}
	g := &ground{finding: f, seen: f.Seen.Lasting, sample: f.Seen.Sample}
	role, database := g.seen.UserOID, g.seen.DatabaseOID
	var err error
	if g.state, err = readState(ctx, ask, role, database); err != nil {
		return nil, err
	}
	if g.state.role.name == "" || g.state.database.name == "" {
		return nil, &playbooks.NoDraft{Reason: "the role or its database was dropped meanwhile"}
	}
	if g.history, err = readHistory(ctx, ask, role); err != nil {
		return nil, err
	}
	if g.server, err = readServerValues(ctx, ask); err != nil {
		return nil, err
	}
	for _, count := range []struct {
		into           *open
		role, database uint32
	}{{&g.here, role, database}, {&g.ofRole, role, 0}, {&g.ofBase, 0, database}} {
		if *count.into, err = readOpen(ctx, ask, count.role, count.database); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// draft is the first brake that makes sense, with the others behind it.
func (g *ground) draft() (*playbooks.Draft, error) {
	var drafts []*playbooks.Draft
	var left []playbooks.Reason
	for _, propose := range []func() (*playbooks.Draft, string){
		func() (*playbooks.Draft, string) { return g.proposeStatement(g.state.database) },
		func() (*playbooks.Draft, string) { return g.proposeStatement(object{}) },
		g.proposeIdle, g.proposeRoleLimit, g.proposeDatabaseLimit,
	} {
		switch d, why := propose(); {
		case d != nil:
			drafts = append(drafts, d)
		case why != "":
			what, words, _ := strings.Cut(why, ": ")
			left = append(left, playbooks.Reason{Part: "no " + what, Why: words})
		}
	}
	if len(drafts) == 0 {
		var reasons []string
		for _, r := range left {
			reasons = append(reasons, r.Part+": "+r.Why)
		}
		return nil, &playbooks.NoDraft{Reason: "no brake makes sense for role " + sqltext.CleanLine(g.state.role.quoted()) + " now: " +
			strings.Join(reasons, "; "),
			Instead: "make room, or look at the statement itself"}
	}
	drafts[0].Reasons = append(drafts[0].Reasons, left...)
	drafts[0].Others = drafts[1:]
	return drafts[0], nil
}

// newDraft makes what all brakes have in common. keep are the open sessions that it does not reach.
func (g *ground) newDraft(c change, keep open) *playbooks.Draft {
	c.from = g.state.now(c)
	return &playbooks.Draft{
		Playbook: playbookName, Title: c.title(), Finding: g.finding, SQL: []string{c.statement()}, Word: c.word(), Target: c.target(),
		Undo: []string{c.inverse().statement()}, Kind: c.limits, Work: &work{change: c},
		Warnings: append(g.lasting(c, keep), g.ours(c)...),
		Lost:     "it is one statement: whether it was done is read back, and pgmedic reminds of it at its next start",
		Stopped:  "nothing half done: it is one statement, and what is in force then is read back",
	}
}

// lasting warns of whom it does not reach, and for how long it stays.
func (g *ground) lasting(c change, keep open) []string {
	since := ""
	if !keep.oldest.IsZero() {
		since = ", the oldest for " + probes.Span(max(g.state.at.Sub(keep.oldest), 0))
	}
	whose := probes.Counted(keep.n, "session of "+c.whose()+" is open", "sessions of "+c.whose()+" are open")
	kept := ", and keep theirs"
	if keep.n == 0 {
		whose, kept = "no session of "+c.whose()+" is open now", ""
	}
	stays := "it stays in force until it is taken back; pgmedic reminds of it when it starts on this server, as long as its record is among the newest in the folder (90 days, 200 files)"
	if c.limits == connectionLimit {
		return []string{
			fmt.Sprintf("no open session is ended: %s%s, and nobody new gets in while there are %s or more", whose, since, c.to),
			"who comes beyond it gets error 53300 at once: a client that tries again without a pause keeps the server busy with refusing",
			"superusers are not held to it",
			stays,
		}
	}
	return append(g.mayLengthen(c), []string{
		fmt.Sprintf("only sessions opened from now on get it: %s%s%s; a pool keeps its sessions until it opens new ones", whose, since, kept),
		"it also holds for whatever else logs in so: migrations, reports, maintenance",
		"a SET of the application or of a function, and options in its connection string, override it",
		stays,
	}...)
}

// ours warns where pgmedic itself comes under it.
func (g *ground) ours(c change) []string {
	switch {
	case c.role.oid != 0 && c.role.oid == g.state.meOID && c.limits == connectionLimit:
		return []string{"pgmedic itself logs in as this role: its own sessions count, and a new one may be refused"}
	case c.role.oid != 0 && c.role.oid == g.state.meOID:
		return []string{"pgmedic itself logs in as this role: its sessions set time limits of their own, and are not held to this one"}
	case c.role.oid == 0 && !g.state.meSuper && g.state.database.name == g.sample.Server.Database:
		return []string{"pgmedic's own sessions are in this database: they count, and a new one may be refused"}
	}
	return nil
}

// isControl says whether a statement begins or ends transactions, or is of the session: their many calls say nothing about a time limit.
func (g *ground) isControl(queryID int64) bool {
	verb, _, _ := strings.Cut(sqltext.OneLine(g.text(queryID)), " ")
	switch strings.ToUpper(strings.TrimRight(verb, ";")) {
	case "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "SET", "RESET", "SHOW", "DISCARD", "DEALLOCATE", "CLOSE":
		return true
	}
	return false
}

// text is a statement's normalised text; empty: not known.
func (g *ground) text(queryID int64) string {
	return cmp.Or(g.seen.Texts[queryID], g.finding.Seen.Text(queryID))
}

// name is a statement on one line for a warning.
func (g *ground) name(queryID int64) string {
	text := g.text(queryID)
	if text == "" {
		return fmt.Sprintf("the statement with queryid %d", queryID)
	}
	return sqltext.CleanLine(sqltext.Headline(text, titleWidth))
}

// others are the role's statements but the finding's of which a call lasted for the limit, in a database or in all.
func (g *ground) others(database object, limit time.Duration) []int64 {
	ids := map[int64]bool{}
	for _, s := range g.seen.Spells {
		if s.Age >= limit && (database.oid == 0 || s.DatabaseOID == database.oid) {
			ids[s.QueryID] = true
		}
	}
	for _, c := range g.history.entries {
		if c.reaches(limit) && (database.oid == 0 || c.database == database.oid) {
			ids[c.queryID] = true
		}
	}
	delete(ids, 0)
	delete(ids, g.finding.Statement.QueryID)
	var list []int64
	for id := range ids {
		if !g.isControl(id) {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return list
}

// elsewhere says whether the role holds sessions in other databases than the finding's.
func (g *ground) elsewhere() bool { return g.ofRole.n > g.here.n }

// calmFor says for how long the calm time was seen, for a person.
func (g *ground) calmFor() string {
	return "in " + probes.Span(g.seen.CalmSpan.Round(time.Second)) + " of calm"
}
