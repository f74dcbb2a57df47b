package brake

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
)

// proposeRoleLimit drafts a CONNECTION LIMIT of the role.
func (g *ground) proposeRoleLimit() (*playbooks.Draft, string) {
	if g.state.superuser {
		return nil, "CONNECTION LIMIT of the role: it is a superuser, who is not held to one"
	}
	return g.proposeLimit("CONNECTION LIMIT of the role", change{limits: connectionLimit, role: g.state.role}, g.seen.Role,
		func(b probes.Backend) bool { return b.UserOID == g.state.role.oid })
}

// proposeDatabaseLimit drafts a CONNECTION LIMIT of the database.
func (g *ground) proposeDatabaseLimit() (*playbooks.Draft, string) {
	return g.proposeLimit("CONNECTION LIMIT of the database", change{limits: connectionLimit, database: g.state.database}, g.seen.Database,
		func(b probes.Backend) bool { return b.DatabaseOID == g.state.database.oid })
}

func (g *ground) proposeLimit(what string, c change, peaks probes.Peaks, counts func(probes.Backend) bool) (*playbooks.Draft, string) {
	ours := 0
	for _, b := range g.sample.Backends {
		if b.Ours && b.Type == "client backend" && counts(b) {
			ours++
		}
	}
	n, why := g.chooseLimit(peaks, ours)
	if n < 1 {
		return nil, what + ": " + why
	}
	d, err := g.draftLimit(c, peaks, n, why)
	if err != nil {
		return nil, what + ": " + err.Error()
	}
	return d, ""
}

// spare is how many slots a limit leaves free beside what the others held at most: a tenth, and at least 3.
func spare(slots int) int { return max(slots/10, 3) }

// chooseLimit is a number of connections with a fifth above the most of the calm time, where that leaves the others what they held at most and some
// slots besides. Where calm was not seen, it is what is left. ours count against it too. 0: there is none, and why.
func (g *ground) chooseLimit(peaks probes.Peaks, ours int) (n int, why string) {
	slots := g.sample.Ceiling.Application()
	if slots == 0 {
		return 0, "how many slots the server has is not known"
	}
	free := spare(slots)
	room := slots - peaks.Others - free
	if room < 1 {
		return 0, fmt.Sprintf("all others hold up to %d of %d slots: nothing is left to limit it to", peaks.Others, slots)
	}
	leaves := fmt.Sprintf("all others held at most %d of %d slots, and %d stay free besides", peaks.Others, slots, free)
	if g.seen.CalmSpan < enoughCalm {
		return min(room, max(peaks.Most, 1)) + ours, "too little calm time was seen to say what is normal; " + leaves + mine(ours)
	}
	wanted := max((peaks.Calm*6+4)/5, 1)
	if wanted > room {
		return room + ours, fmt.Sprintf("less than a fifth above the calm time's most (%d): %s", peaks.Calm, leaves) + mine(ours)
	}
	return wanted + ours, fmt.Sprintf("a fifth above the most %s, %d; %s", g.calmFor(), peaks.Calm, leaves) + mine(ours)
}

func mine(ours int) string {
	if ours == 0 {
		return ""
	}
	return fmt.Sprintf("; %d of it for pgmedic's own sessions", ours)
}

// draftLimit drafts a CONNECTION LIMIT. why says where the number comes from.
func (g *ground) draftLimit(c change, peaks probes.Peaks, n int, why string) (*playbooks.Draft, error) {
	c.to = strconv.Itoa(n)
	if now, err := strconv.Atoi(g.state.now(c)); err != nil || now >= 0 && now <= n {
		return nil, fmt.Errorf("a limit of %s is in force already: %d would not be lower", g.state.now(c), n)
	}
	if slots := g.sample.Ceiling.MaxConnections; slots > 0 && n >= slots {
		return nil, errors.New("the server itself has no more than " + strconv.Itoa(slots) + " slots")
	}
	keep := g.ofRole
	kind, use := connectionLimit+" of the role", "bounds how many sessions the role has, in all databases"
	if c.role.oid == 0 {
		keep, kind, use = g.ofBase, connectionLimit+" of the database", "bounds how many sessions the database has, of all roles"
	}
	d := g.newDraft(c, keep)
	d.Kind, d.For = kind, use
	d.Reasons = []playbooks.Reason{{Part: "value", Why: why}}
	d.Prices = []playbooks.Price{
		{Name: "limit", Now: c.price(g.state.now(c)), Value: c.to, How: "sessions at once, pgmedic's own counted"},
		{Name: "open", Now: strconv.Itoa(keep.n), Value: strconv.Itoa(keep.n), How: "no open session is ended"},
		{Name: "peak", Now: strconv.Itoa(peaks.Most), Value: c.to,
			How: fmt.Sprintf("most at once in the samples, pgmedic's not counted; %d in calm", peaks.Calm)},
	}
	anew := func(ctx context.Context, ask *live.Asker, typed string) (*playbooks.Draft, error) {
		n, err := typedNumber(typed)
		if err != nil {
			return nil, err
		}
		now, err := look(ctx, ask, g.finding)
		if err != nil {
			return nil, err
		}
		return now.draftLimit(c, peaks, n, asTyped)
	}
	d.Adjust = &playbooks.Adjust{What: "its number", Value: c.to, Draft: anew}
	return d, nil
}
