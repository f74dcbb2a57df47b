package probes

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
)

// Source is a stream of samples: a live server, or a recorded incident.
type Source interface {
	// Stream sends a tick for every sample, or for the reason why there is none, until ctx ends, or a panic; then it closes the channel.
	// A slow reader makes it drop samples, never block on the server.
	Stream(ctx context.Context) <-chan Tick
	Can() Abilities
}

// Tick is one message of a source: exactly one of the three is set.
type Tick struct {
	Sample  *Sample
	Trouble *Trouble
	Failed  error // a panic, with its stack; this is the last tick
}

// OnPanic, deferred, hands a panic and its stack over as an error in place of the end of the program, whose terminal must be made usable first.
func OnPanic(hand func(error)) {
	if cause := recover(); cause != nil {
		hand(fmt.Errorf("%v\n%s", cause, debug.Stack()))
	}
}

// Trouble is why a source has no sample: what was being done, to what, why it failed, and what to do next.
type Trouble struct {
	At       time.Time // local clock
	Since    time.Time // when it began, local clock
	Attempts int       // to take a sample, since then
	Doing    string    // for example "connecting"
	Target   string    // for example "orders@db-prod-1:5432"; never holds a password
	Reason   string    // made harmless for a terminal
	SQLState string    // empty where the server did not answer
	Next     string    // what the person can do; may be empty
	Trying   string    // what pgmedic does by itself, as long as it stays
	Ceiling  Ceiling   // as last known; zero: not yet
}

// Slots says in words what is known of the slots of a server that refused because it was full; empty for another trouble.
func (t *Trouble) Slots() string {
	c := t.Ceiling
	switch {
	case t.SQLState != "53300":
		return ""
	case c.MaxConnections == 0:
		return "how many slots it has is not known before the first connection"
	}
	text := fmt.Sprintf("%d of %d slots are for every role, %d for superusers", c.Application(), c.MaxConnections, c.SuperuserReserved)
	if c.Reserved > 0 {
		text += fmt.Sprintf(", %d for members of pg_use_reserved_connections", c.Reserved)
	}
	if c.DatabaseLimit >= 0 {
		text += fmt.Sprintf("; this database's own limit is %d", c.DatabaseLimit)
	}
	for _, limit := range c.RoleLimits {
		if strings.HasPrefix(t.Target, limit.Role+"@") {
			text += fmt.Sprintf("; this role's own limit is %d", limit.Slots)
		}
	}
	return text
}

// Abilities say what a source allows. Where something is not possible, the reason stands in words; empty means possible.
type Abilities struct {
	NoExplain  string // why EXPLAIN is not possible
	NoAnalyze  string // why EXPLAIN ANALYZE is not possible
	AskAnalyze string // why EXPLAIN ANALYZE waits for a person's consent; empty: it needs none
	NoAct      string // why nothing can be changed, for example "standby", "--read-only", "recorded incident"
}

// AnalyzesUnasked says whether EXPLAIN ANALYZE is possible and needs nobody's consent.
func (a Abilities) AnalyzesUnasked() bool { return a.NoAnalyze == "" && a.AskAnalyze == "" }
