// Package index is the playbook that drafts an index for a statement, builds it CONCURRENTLY, verifies it and can take it back.
//
// The draft rests on the server's own words: the plan's conditions say what the statement compares, and the planner's row estimates
// (plain EXPLAIN of SELECT 1 with a subset of the conditions) say which columns are worth a place.
package index

import (
	"github.com/pgmedic/pgmedic/playbooks"
)

// playbookName is the playbook's name in findings, drafts and the record.
const playbookName = "index"

// action is what pressing a finding's key does.
const action = "draft an index"

type playbook struct{}

// New returns the playbook.
func New() playbooks.Playbook { return playbook{} }

// Name implements playbooks.Playbook.
func (playbook) Name() string { return playbookName }
