package playbooks

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Recorder is where the engine keeps intents, outcomes, the plans before and after, and figures. *record.File is one.
type Recorder interface {
	AddEvent(record.Event) (record.Event, error)
	AddPlan(*plan.Plan) (string, error)
	AddFact(record.Fact) (record.Fact, error)
}

// Engine carries drafts out. It alone holds the acting door.
type Engine struct {
	server   *live.Server
	rec      Recorder
	now      func() time.Time
	patience time.Duration // how long an outcome that cannot be read back is tried again before it is Unknown
}

// patience outlasts a restart of the server and the reopening of the ask session.
const patience = 60 * time.Second

// recheckTimeout bounds the readings between the typed word and the intent.
const recheckTimeout = 10 * time.Second

// NewEngine makes an engine. rec may be nil: then nothing can be applied, because an intent must be durable first. now is the local clock,
// read for durations only: stamps are the server's.
func NewEngine(server *live.Server, rec Recorder, now func() time.Time) *Engine {
	return &Engine{server: server, rec: rec, now: now, patience: patience}
}

// Prepared is a draft whose preflight was done.
type Prepared struct {
	Draft  *Draft
	Checks []Check

	engine *Engine
	server identity // as it was at the preflight

	mutex   sync.Mutex
	session *live.BuildSession // that applies; nil: refused, confirmed or abandoned
	act     *live.ActSession   // the same, of work that acts; nil: it builds
}

// Prepare runs the draft's preflight and opens the acting session, so that a missing slot shows now. Whatever stands in the way is a Refuse
// among the checks; the error is for what could not be read.
func (e *Engine) Prepare(ctx context.Context, d *Draft) (*Prepared, error) {
	p := &Prepared{Draft: d, engine: e, Checks: e.doors()}
	if p.Refused() != "" {
		return p, nil
	}
	server, err := e.identify(ctx, nil)
	if err != nil {
		return nil, err
	}
	p.server = server
	checks, err := d.Work.Preflight(ctx, e.server.Ask())
	if err != nil {
		return nil, fmt.Errorf("preflight of %s: %w", d.Title, err)
	}
	p.Checks = append(p.Checks, checks...)
	if p.Refused() != "" {
		return p, nil
	}
	p.openSession(ctx)
	return p, nil
}

// doors checks what the engine itself needs before it may act.
func (e *Engine) doors() []Check {
	if e.rec == nil {
		return []Check{{Refuse, "record", "there is no incident file, and what is about to be done must be recorded first", "start pgmedic with recording"}}
	}
	if reason := e.server.Can().NoAct; reason != "" {
		return []Check{{Refuse, "acting", reason, "connect where changes are possible"}}
	}
	return nil
}

// openSession opens the session that applies, or adds the check that says why there is none.
func (p *Prepared) openSession(ctx context.Context) {
	saw, err := p.takeSession(ctx)
	if err == nil {
		p.Checks = append(p.Checks, Check{Pass, "session", fmt.Sprintf("%s, pid %d", saw, p.session.PID), ""})
		return
	}
	check := Check{Refuse, "session", "no session could be opened: " + sqltext.CleanLine(err.Error()), "see to what the server says, then prepare again"}
	if sqlState(err) == tooManyConnections {
		check.Saw = "no connection slot is free for the session that applies"
		check.Do = "make room by ending a session, or connect as a superuser or, from 16 on, with pg_use_reserved_connections; then prepare again"
	}
	p.Checks = append(p.Checks, check)
}

// takeSession opens the build session, or takes the act session.
func (p *Prepared) takeSession(ctx context.Context) (saw string, err error) {
	if _, acting := p.Draft.Work.(Acting); !acting {
		p.session, err = p.engine.server.Act().OpenBuild(ctx)
		return "a session of its own is open", err
	}
	if p.act, err = p.engine.server.Act().Session(ctx); err != nil {
		return "", err
	}
	p.session = &live.BuildSession{PID: p.act.PID, BackendStart: p.act.BackendStart}
	return "pgmedic's act session is open", nil
}

// Refused returns why the draft cannot be applied; empty: it can.
func (p *Prepared) Refused() string { return refusal(p.Checks) }

// refusal words the first Refuse of the checks, with what to do about it; empty where there is none.
func refusal(checks []Check) string {
	for _, c := range checks {
		switch {
		case c.Verdict == Refuse && c.Do != "":
			return fmt.Sprintf("%s: %s; %s", c.Name, c.Saw, c.Do)
		case c.Verdict == Refuse:
			return fmt.Sprintf("%s: %s", c.Name, c.Saw)
		}
	}
	return ""
}

// Abandon gives the session back.
func (p *Prepared) Abandon() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.session != nil {
		p.session.Close()
		p.session = nil
	}
}

// Confirm starts the apply if the word was typed in full; else it returns an error that says what to type. The intent is durable before
// anything is sent. After an error nothing was sent, and the word can be typed again.
func (p *Prepared) Confirm(typed string) (*Run, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if reason := p.Refused(); reason != "" {
		return nil, fmt.Errorf("nothing was sent: %s", reason)
	}
	if p.session == nil {
		return nil, errors.New("nothing was sent: this draft was applied or abandoned already; prepare it again")
	}
	if typed != p.Draft.Word {
		return nil, fmt.Errorf("nothing was sent: type %s in full to confirm", p.Draft.Word)
	}
	ctx, cancel := context.WithTimeout(context.Background(), recheckTimeout)
	defer cancel()
	server, err := p.recheck(ctx)
	if err != nil {
		return nil, fmt.Errorf("nothing was sent: %w", err)
	}
	run := newRun(p, server)
	intent, err := p.engine.rec.AddEvent(run.intent())
	if err != nil {
		return nil, fmt.Errorf("nothing was sent, because the intent could not be saved (%w): see to the incident file's disk, then confirm again", err)
	}
	run.intentID = intent.ID
	p.session = nil // the run's from here on
	go run.run()
	return run, nil
}

// recheck reads just before sending whether everything is still as it was shown.
func (p *Prepared) recheck(ctx context.Context) (identity, error) {
	if reason := refusal(p.engine.doors()); reason != "" {
		return identity{}, errors.New(reason)
	}
	server, err := p.engine.identify(ctx, p.session)
	if err != nil {
		return identity{}, err
	}
	if reason := p.server.changed(server); reason != "" {
		return identity{}, errors.New(reason)
	}
	checks, err := p.Draft.Work.Preflight(ctx, p.engine.server.Ask())
	if err != nil {
		return identity{}, fmt.Errorf("checking %s again: %w", p.Draft.Title, err)
	}
	if reason := refusal(checks); reason != "" {
		return identity{}, fmt.Errorf("since the preflight this has changed: %s", reason)
	}
	return server, nil
}

// The SQLSTATEs that the engine decides by (PostgreSQL manual, appendix "PostgreSQL Error Codes").
const (
	tooManyConnections = "53300"
	queryCanceled      = "57014"
)

// sqlState returns the server's code of an error, empty where it is not the server's.
func sqlState(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Code
	}
	return ""
}
