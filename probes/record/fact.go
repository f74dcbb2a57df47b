package record

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"
)

// Status says how sure a fact is.
type Status string

// The statuses of facts.
const (
	Measured   Status = "measured"
	Estimated  Status = "estimated" // the planner's or a formula's
	ImportedIn Status = "imported"  // counted by something other than pgmedic
	Projected  Status = "projected" // derived from what was measured, for what is to come
)

// Fact is one figure for the report.
type Fact struct {
	ID         string // hash of kind, subject and window
	Kind       string // for example "connections.peak"
	Subject    string // for example a query id, an index's name, a parameter pattern
	Value      float64
	Unit       string    // "connections", "ms", "rows", "bytes", "1/s", "ratio", …
	N          int64     // what it stands on: samples, calls; 0 where it makes no sense
	From, To   time.Time // window, server time; equal for a moment
	Method     string    // how: view and column, EXPLAIN ANALYZE, count, formula
	Conditions string    // under load, cached, parameters' class
	Source     string    // ids of plans or events, or "samples"
	Status     Status
}

const (
	insertFact = `INSERT INTO fact (id, kind, subject, value, unit, n, since, until, method, conditions, source, status)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`
	selectFact = `SELECT id, kind, subject, value, unit, n, since, until, method, conditions, source, status
		FROM fact WHERE id = ?`
	selectFacts = `SELECT id, kind, subject, value, unit, n, since, until, method, conditions, source, status
		FROM fact ORDER BY seq`
)

// AddFact stores a fact; its id is a hash of kind, subject and window, so that the same fact is stored once. A fact that is there already stays
// as it is; the one that the file holds is returned.
func (f *File) AddFact(fact Fact) (Fact, error) {
	if math.IsNaN(fact.Value) || math.IsInf(fact.Value, 0) {
		return fact, fmt.Errorf("storing the fact %s of %q: its value %v is not a figure", fact.Kind, fact.Subject, fact.Value)
	}
	fact.ID = FactID(fact)
	stored := fact
	err := f.write(durable, func(tx *sql.Tx) error {
		_, err := tx.Exec(insertFact, fact.ID, fact.Kind, fact.Subject, fact.Value, fact.Unit, fact.N,
			formatTime(fact.From), formatTime(fact.To), fact.Method, fact.Conditions, fact.Source, fact.Status)
		if err != nil {
			return err
		}
		facts, err := query(tx, selectFact, scanFact, fact.ID)
		if err != nil {
			return err
		}
		stored = facts[0]
		return nil
	})
	if err != nil {
		return fact, fmt.Errorf("storing the fact %s of %q in the incident file: %w", fact.Kind, fact.Subject, err)
	}
	return stored, nil
}

// FactID is the id of a fact: the same for the same kind, subject and window, on any machine.
func FactID(fact Fact) string {
	key := strings.Join([]string{fact.Kind, fact.Subject, formatTime(fact.From), formatTime(fact.To)}, "\x00")
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:8])
}

// Facts returns the facts stored, oldest first.
func (f *File) Facts() ([]Fact, error) {
	facts, err := query(f.db, selectFacts, scanFact)
	if err != nil {
		return nil, fmt.Errorf("reading the facts of %s: %w", f.path, err)
	}
	return facts, nil
}

func scanFact(rows *sql.Rows) (fact Fact, err error) {
	return fact, rows.Scan(&fact.ID, &fact.Kind, &fact.Subject, &fact.Value, &fact.Unit, &fact.N,
		column{&fact.From}, column{&fact.To}, &fact.Method, &fact.Conditions, &fact.Source, &fact.Status)
}
