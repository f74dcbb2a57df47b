package ui

import (
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/storage"
	"github.com/pgmedic/pgmedic/probes/watch"
)

// The messages that commands send to the model. One with a request is dropped when a newer request has taken its place.
type (
	// updateMsg is what the source had to say.
	updateMsg struct{ watch.Update }

	// updatesEndedMsg says that no more updates come.
	updatesEndedMsg struct{}

	// clockMsg tells the local time, about once a second.
	clockMsg time.Time

	// plansMsg brings the plans of a statement, or why there are none. analyze says that they are the answer to EXPLAIN ANALYZE.
	plansMsg struct {
		request   int
		statement probes.StatementKey
		question  explain.Question // of estimates: with the text that was planned
		plans     []*plan.Plan
		recorded  map[*plan.Plan]string // their ids in the record
		analyze   bool
		err       error
	}

	// tablesMsg brings the tables of a statement's plans, or why there are none.
	tablesMsg struct {
		request int
		tables  []storage.Table
		used    map[string]bool // indexes that the plans use
		left    int             // tables that were not asked for
		err     error
	}

	// draftMsg brings what a playbook proposes.
	draftMsg struct {
		request int
		draft   *playbooks.Draft
		err     error
	}

	// adjustedMsg brings the chosen draft with what was typed, or what is wrong with that.
	adjustedMsg struct {
		request int
		typed   string
		draft   *playbooks.Draft
		err     error
	}

	// preparedMsg brings the result of the preflight.
	preparedMsg struct {
		request  int
		prepared *playbooks.Prepared
		err      error
	}

	// runMsg brings the run that a typed confirmation started.
	runMsg struct {
		request int
		run     *playbooks.Run
		err     error
	}

	// attachedMsg brings the run of a change that was begun elsewhere.
	attachedMsg struct {
		request int
		run     *playbooks.Run
		err     error
	}

	// leftoversMsg brings what changes have left behind and those that run, and what the search has put on record.
	leftoversMsg struct {
		search int
		found  []playbooks.Finding
		err    error
	}

	// progressMsg says how far a run is.
	progressMsg struct {
		request  int
		run      *playbooks.Run
		progress playbooks.RunProgress
	}

	// outcomeMsg says how a run ended.
	outcomeMsg struct {
		request int
		outcome playbooks.Outcome
	}

	// timelineMsg brings the timeline as it is in the record.
	timelineMsg struct {
		events []record.Event
		err    error
	}

	// noticeMsg tells the person something in one line.
	noticeMsg notice
)

// notice is a line about what a key did. It stands until a time, local clock, and at most until the next key.
type notice struct {
	text  string
	bad   bool
	path  string    // after the text; where it is too long its end stays
	until time.Time // zero: until the next key alone
}
