package probes

import (
	"context"
	"time"
)

// Source is a stream of samples: a live server, or a recorded incident.
type Source interface {
	// Stream sends a tick for every sample, or for the reason why there is none, until ctx ends; then it closes the channel.
	// A slow reader makes it drop samples, never block on the server.
	Stream(ctx context.Context) <-chan Tick
	Can() Abilities
}

// Tick is one message of a source: exactly one of the two is set.
type Tick struct {
	Sample  *Sample
	Trouble *Trouble
}

// Trouble is why a source has no sample: what was being done, to what, why it failed, and what to do next.
type Trouble struct {
	At       time.Time // local clock
	Since    time.Time // when it began, local clock
	Attempts int       // since then
	Doing    string    // for example "connecting"
	Target   string    // for example "orders@db-prod-1:5432"; never holds a password
	Reason   string    // made harmless for a terminal
	SQLState string    // empty where the server did not answer
	Next     string    // what the person can do
}

// Abilities say what a source allows. Where something is not possible, the reason stands in words; empty means possible.
type Abilities struct {
	NoExplain string // why EXPLAIN is not possible
	NoAnalyze string // why EXPLAIN ANALYZE is not possible
	NoAct     string // why nothing can be changed, for example "standby", "--read-only", "recorded incident"
}
