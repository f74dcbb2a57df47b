package playbooks

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Outcome is the end of a run.
type Outcome struct {
	State        OutcomeState
	Err          error     // what the server said
	Started      time.Time // server clock
	Ended        time.Time
	EndUnseen    bool    // Ended is when it was found to have ended: it may have been before
	Phases       []Phase // as seen once a second: what was shorter may be missing
	Harm         float64 // backend-seconds that sessions blocked behind this one have waited
	Verification Verification
	Next         string // what to do now, where it did not end well
}

// Phase is how long one phase of the apply took.
type Phase struct {
	Name string
	Took time.Duration
}

// OutcomeState is what became of an apply.
type OutcomeState string

// The states of outcomes.
const (
	Applied  OutcomeState = "applied"
	Failed   OutcomeState = "failed"
	Canceled OutcomeState = "cancelled"

	// Unfinished: what was sent is there as drafted, and others of its statements were not sent.
	Unfinished OutcomeState = "unfinished"
	Unknown    OutcomeState = "unknown" // the reply was lost and reading back failed, or pgmedic itself did
)

// state decides by what was read back first, and by whether it was cancelled only where the change is not there.
func state(canceled bool, v Verification, verifyErr error) OutcomeState {
	switch {
	case verifyErr != nil:
		return Unknown
	case v.Done:
		return Applied
	case canceled:
		return Canceled
	case v.Begun:
		return Unfinished
	case CountRows(v.Rows, RowUnknown) > 0:
		return Unknown
	}
	return Failed
}

// next says what to do now: what the checks of the verification ask for, and what of it is not on record.
func (r *Run) next() string {
	var todo []string
	if r.outcome.State == Unknown {
		todo = append(todo, fmt.Sprintf("it is not known what became of it: look at %s on the server that it was sent to (%s) when it answers again",
			r.whatToLookAt(), r.server))
	}
	for _, c := range r.outcome.Verification.Checks {
		if c.Verdict != Pass && c.Do != "" && !slices.Contains(todo, c.Do) {
			todo = append(todo, c.Do)
		}
	}
	for _, err := range r.unsaved {
		todo = append(todo, "note it down, it could not be recorded: "+err.Error())
	}
	return strings.Join(todo, "; ")
}

// whatToLookAt names what it was to change.
func (r *Run) whatToLookAt() string {
	if len(r.draft.Rows) > 0 {
		return "the sessions that are listed"
	}
	return r.draft.Word
}
