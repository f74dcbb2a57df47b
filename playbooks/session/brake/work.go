package brake

import (
	"context"
	"errors"
	"fmt"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// work sends one change and reads it back. It implements playbooks.Acting.
type work struct{ change change }

// Preflight implements playbooks.Work.
func (w *work) Preflight(ctx context.Context, ask *live.Asker) ([]playbooks.Check, error) {
	s, err := readState(ctx, ask, w.change.role.oid, w.change.database.oid)
	if err != nil {
		return nil, err
	}
	o, err := readOpen(ctx, ask, w.change.role.oid, w.change.database.oid)
	if err != nil {
		return nil, err
	}
	checks := []playbooks.Check{w.unchanged(s)}
	if checks[0].Verdict == playbooks.Refuse {
		return checks, nil
	}
	checks = append(checks, w.rights(s))
	if c, needed := w.held(s); needed {
		checks = append(checks, c)
	}
	if c, overridden := w.overridden(s); overridden {
		checks = append(checks, c)
	}
	return append(checks, w.open(o)), nil
}

// unchanged says whether there still is what was there when it was drafted.
func (w *work) unchanged(s state) playbooks.Check {
	c := playbooks.Check{Verdict: playbooks.Refuse, Name: "as drafted", Do: "look again and draft anew"}
	switch now := s.now(w.change); {
	case !s.there(w.change):
		c.Saw = w.change.whose() + " is not there any more"
	case w.renamed(s):
		c.Saw = w.change.whose() + " has another name now"
	case now == w.change.to:
		c.Saw, c.Do = w.change.words(now)+" is in force already", ""
	case now != w.change.from:
		c.Saw = fmt.Sprintf("somebody changed it meanwhile: %s; it was %s", w.change.words(now), w.change.value(w.change.from))
	default:
		return playbooks.Check{Verdict: playbooks.Pass, Name: "as drafted", Saw: "now: " + w.change.words(now)}
	}
	return c
}

// renamed says whether the names that would be sent are others' now.
func (w *work) renamed(s state) bool {
	return s.role.name != w.change.role.name || s.database.name != w.change.database.name
}

// rights says whether the role may do it (PostgreSQL manual, "ALTER ROLE", "ALTER DATABASE").
func (w *work) rights(s state) playbooks.Check {
	me := "role " + sqltext.CleanLine(s.me)
	may, takes := w.may(s)
	if may {
		return playbooks.Check{Verdict: playbooks.Pass, Name: "rights", Saw: me + " may do it"}
	}
	c := playbooks.Check{Verdict: playbooks.Refuse, Name: "rights", Saw: me + " may not: it takes " + takes,
		Do: "connect as such a role, or have the statement sent by one"}
	if len(s.services) > 0 {
		c.Saw += fmt.Sprintf("; %s is no superuser, and being a member of it does not give CREATEROLE", s.services[0])
		c.Do = "connect as the service's master user, who has CREATEROLE, or have it send the statement"
	}
	return c
}

// may says whether the server lets the role do it, and what it takes.
func (w *work) may(s state) (may bool, takes string) {
	switch {
	case s.meSuper:
		return true, ""
	case w.change.role.oid == 0:
		return s.meOwner, "the database's owner or a superuser"
	case s.superuser:
		return false, "a superuser, as " + w.change.whose() + " is one"
	case s.meOID == w.change.role.oid && w.change.limits != connectionLimit:
		return true, ""
	case s.version >= 160000:
		return s.meCreates && s.meAdmin, "CREATEROLE, and ADMIN OPTION on the role (GRANT … WITH ADMIN OPTION), or a superuser"
	}
	return s.meCreates, "CREATEROLE or a superuser"
}

// held warns of who is not held to it.
func (w *work) held(s state) (playbooks.Check, bool) {
	if w.change.role.oid == 0 || !s.superuser || w.change.back {
		return playbooks.Check{}, false
	}
	if w.change.limits == connectionLimit {
		return playbooks.Check{Verdict: playbooks.Refuse, Name: "superuser", Saw: "the role is a superuser, and not held to a connection limit",
			Do: "limit the role of the application"}, true
	}
	return playbooks.Check{Verdict: playbooks.Caution, Name: "superuser", Saw: "the role is a superuser: maintenance as a rule logs in so too",
		Do: "have maintenance SET " + w.change.limits + " = 0"}, true
}

// overridden warns of databases in which the role has a value of its own, which counts there.
func (w *work) overridden(s state) (playbooks.Check, bool) {
	if w.change.limits == connectionLimit || w.change.database.oid != 0 {
		return playbooks.Check{}, false
	}
	for _, e := range s.ownEntries {
		if e.name == w.change.limits && e.role == w.change.role.oid && e.database != 0 {
			return playbooks.Check{Verdict: playbooks.Caution, Name: "overridden",
				Saw: "in database " + sqltext.CleanLine(sqltext.Ident(e.databaseName)) + " the role has " + w.change.value(e.value) + ", which counts there",
				Do:  "draft it for that database"}, true
		}
	}
	return playbooks.Check{}, false
}

// open says how many sessions keep what they have.
func (w *work) open(o open) playbooks.Check {
	c := playbooks.Check{Verdict: playbooks.Pass, Name: "open", Saw: "no session is open"}
	if o.n > 0 {
		c.Saw = probes.Counted(o.n, "session is open and keeps what it has", "sessions are open and keep what they have")
	}
	return c
}

// errChanged is why a statement was not sent.
var errChanged = errors.New("it is not as drafted any more")

// Act implements playbooks.Acting: it looks once more, and sends the statement.
func (w *work) Act(ctx context.Context, send *playbooks.Sender) error {
	s, err := readState(ctx, send.Ask(), w.change.role.oid, w.change.database.oid)
	if err != nil {
		return &playbooks.NotSent{What: "nothing was sent", Err: err}
	}
	if c := w.unchanged(s); c.Verdict == playbooks.Refuse {
		return &playbooks.NotSent{What: "nothing was sent: " + c.Saw, Err: errChanged}
	}
	return send.Exec(w.change.statement())
}

// Verify implements playbooks.Work.
func (w *work) Verify(ctx context.Context, ask *live.Asker) (playbooks.Verification, error) {
	s, err := readState(ctx, ask, w.change.role.oid, w.change.database.oid)
	if err != nil {
		return playbooks.Verification{}, err
	}
	var v playbooks.Verification
	switch now := s.now(w.change); {
	case !s.there(w.change):
		v.Checks = []playbooks.Check{{Verdict: playbooks.Refuse, Name: "read back", Saw: w.change.whose() + " is not there any more"}}
		return v, nil
	case now != w.change.to:
		v.Checks = []playbooks.Check{{Verdict: playbooks.Refuse, Name: "read back", Saw: w.change.words(now) + ", not " + w.change.value(w.change.to),
			Do: "look again and draft anew"}}
		return v, nil
	default:
		v.Done, v.Helped = true, w.change.back
		v.Checks = []playbooks.Check{{Verdict: playbooks.Pass, Name: w.inForce(), Saw: w.change.words(now)}}
	}
	if !w.change.back {
		v.Unknown = []string{"whether it helps: " + w.whom()}
		v.Undo = undo(w.change, s)
	}
	return v, nil
}

// inForce names the check of what was read back.
func (w *work) inForce() string {
	if w.change.back {
		return "taken back"
	}
	return "in force until it is taken back"
}

// whom says which sessions it is for.
func (w *work) whom() string {
	if w.change.limits == connectionLimit {
		return "open sessions stay, and count"
	}
	return "only sessions that are opened from now on have it"
}

// undo takes a change back to what was there before it.
func undo(c change, s state) *playbooks.Draft {
	back := c.inverse()
	back.role, back.database = current(back.role, s.role), current(back.database, s.database)
	return &playbooks.Draft{
		Playbook: playbookName, Title: back.title(), SQL: []string{back.statement()}, Word: "undo " + back.word(), Target: back.target(), Work: &work{change: back},
		Reasons:  []playbooks.Reason{{Part: "value", Why: "exactly what was there before: " + back.value(back.to)}},
		Warnings: []string{"sessions that were opened while it was in force keep it until they end"},
		Undo:     []string{back.inverse().statement()},
		Lost:     "it is one statement: whether it was done is read back",
		Stopped:  "nothing half done: it is one statement, and what is in force then is read back",
	}
}

// current is an object by the name that it has now.
func current(o, now object) object {
	if o.oid != 0 && now.oid == o.oid {
		o.name = now.name
	}
	return o
}
