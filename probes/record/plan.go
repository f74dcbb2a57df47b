package record

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

const (
	insertPlan  = `INSERT INTO plan (id, body) VALUES (?, ?)`
	selectPlans = `SELECT id, body FROM plan ORDER BY id`
)

// StoredPlan is a plan as it is in the file: no values, conditions redacted.
type StoredPlan struct {
	ID   string
	Plan *plan.Plan
}

// AddPlan stores a plan without the values of its parameters, conditions redacted, and returns its id.
func (f *File) AddPlan(p *plan.Plan) (string, error) {
	id, err := f.ids.next(time.Now())
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(redactPlan(p))
	if err != nil {
		return "", fmt.Errorf("packing a plan: %w", err)
	}
	err = f.write(durable, func(tx *sql.Tx) error {
		_, err := tx.Exec(insertPlan, id, string(body))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("storing a plan in the incident file: %w", err)
	}
	return id, nil
}

// Plans returns the plans, oldest first.
func (f *File) Plans() ([]StoredPlan, error) {
	plans, err := query(f.db, selectPlans, scanPlan)
	if err != nil {
		return nil, fmt.Errorf("reading the plans of %s: %w", f.path, err)
	}
	return plans, nil
}

func scanPlan(rows *sql.Rows) (stored StoredPlan, err error) {
	var body []byte
	if err := rows.Scan(&stored.ID, &body); err != nil {
		return stored, err
	}
	return stored, json.Unmarshal(body, &stored.Plan)
}

// redactPlan copies a plan without its literals, its time in UTC. The values of its parameters go when it is written as JSON.
func redactPlan(p *plan.Plan) *plan.Plan {
	redacted := *p
	redacted.Origin.Statement = sqltext.Normalise(p.Origin.Statement)
	redacted.Origin.TakenAt = utc(p.Origin.TakenAt)
	redacted.Root = redactNode(p.Root)
	return &redacted
}

func redactNode(n *plan.Node) *plan.Node {
	if n == nil {
		return nil
	}
	redacted := *n
	for _, condition := range []*string{&redacted.IndexCond, &redacted.RecheckCond, &redacted.Filter, &redacted.JoinFilter,
		&redacted.OneTimeFilter, &redacted.HashCond, &redacted.MergeCond} {
		*condition = sqltext.Redact(*condition)
	}
	redacted.SortKey = redactAll(n.SortKey)
	redacted.Output = redactAll(n.Output)
	redacted.Fields = redactFields(n.Fields)
	redacted.Children = nil
	for _, child := range n.Children {
		redacted.Children = append(redacted.Children, redactNode(child))
	}
	return &redacted
}

func redactAll(expressions []string) []string {
	var redacted []string
	for _, expression := range expressions {
		redacted = append(redacted, sqltext.Redact(expression))
	}
	return redacted
}

// redactFields redacts every field that is not one of EXPLAIN's own figures: which of them hold expressions differs by version.
func redactFields(fields map[string]string) map[string]string {
	if fields == nil {
		return nil
	}
	redacted := map[string]string{}
	for name, value := range fields {
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			value = sqltext.Redact(value)
		}
		redacted[name] = value
	}
	return redacted
}
