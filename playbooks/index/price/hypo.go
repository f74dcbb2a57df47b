package price

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqlfile"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// disagreement is the factor from which on two opinions on a cost differ.
const disagreement = 1.5

// Opinion is what the planner says of a statement with indexes that do not exist, by the extension HypoPG.
type Opinion struct {
	Asked bool    // HypoPG is there, and supports such indexes; else the rest is not known
	Cost  float64 // of the statement
	Bytes float64 // of the indexes, as HypoPG estimates them
	Used  bool    // the plan uses one of them
}

// Differs says in words that HypoPG's cost is not the one that pgmedic worked out; empty: it is, within a factor of 1.5, or nobody was asked.
func (o Opinion) Differs(cost float64) string {
	if !o.Asked || o.Cost <= 0 || cost <= 0 || max(o.Cost/cost, cost/o.Cost) <= disagreement {
		return ""
	}
	text := fmt.Sprintf("HypoPG's second opinion differs: the planner would have a cost of %.4g with this index, pgmedic expects %.4g", o.Cost, cost)
	if !o.Used {
		text += "; by it the plan would not use the index"
	}
	return text
}

// The statements around the question. They cost nothing; all versions; any role.
const (
	hypoSavepoint = "SAVEPOINT " + probes.OwnTag + "hypopg */ pgmedic_hypo"
	hypoBack      = "ROLLBACK " + probes.OwnTag + "hypopg */ TO SAVEPOINT pgmedic_hypo"
)

// SecondOpinion asks HypoPG, where it is installed, what the planner would do with the indexes: it is told of them, plans the statement, and forgets them, all within this
// transaction, so that nobody else plans with them. No GIN, GiST or SP-GiST, and no partitioned table: HypoPG cannot tell of these.
func SecondOpinion(ctx context.Context, tx pgx.Tx, server probes.Server, t *table.Table, q explain.Question, indexes ...shape.Index) (opinion Opinion, err error) {
	if !hypothetical(t, indexes) {
		return Opinion{}, nil
	}
	var schema string
	err = tx.QueryRow(ctx, sqlfile.Text(sqlFiles, "hypopg")).Scan(&schema)
	if errors.Is(err, pgx.ErrNoRows) {
		return Opinion{}, nil
	}
	if err != nil {
		return Opinion{}, fmt.Errorf("looking for HypoPG: %w", err)
	}
	if _, err := tx.Exec(ctx, hypoSavepoint); err != nil {
		return Opinion{}, err
	}
	schema = sqltext.Ident(schema)
	defer func() { err = errors.Join(err, forgetHypothetical(ctx, tx, schema)) }()
	opinion, err = opine(ctx, tx, schema, server, q, indexes)
	if pgerr.State(err) != "" {
		return Opinion{}, nil // it cannot tell of such an index, or of this statement
	}
	return opinion, err
}

func opine(ctx context.Context, tx pgx.Tx, schema string, server probes.Server, q explain.Question, indexes []shape.Index) (Opinion, error) {
	o := Opinion{Asked: true}
	for _, x := range indexes {
		var bytes *float64
		if err := tx.QueryRow(ctx, sqlfile.Text(sqlFiles, "hypopg_create", "{schema}", schema), "CREATE INDEX "+x.Definition()).Scan(&bytes); err != nil {
			return Opinion{}, err
		}
		if bytes != nil {
			o.Bytes += *bytes
		}
	}
	q.Analyze = false
	p, err := explain.Explain(ctx, explain.Context{Tx: tx, Server: server, Now: time.Now()}, q)
	explain.Forget(tx.Conn())
	if err != nil {
		return Opinion{}, err
	}
	o.Cost = p.Root.TotalCost
	p.Walk(func(n *plan.Node, _ int) { o.Used = o.Used || len(n.Index) > 1 && n.Index[0] == '<' })
	return o, nil
}

// forgetHypothetical takes the indexes back, also after an error; where that fails the session is closed, and they end with it.
func forgetHypothetical(ctx context.Context, tx pgx.Tx, schema string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	for _, sql := range []string{hypoBack, sqlfile.Text(sqlFiles, "hypopg_reset", "{schema}", schema)} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return errors.Join(fmt.Errorf("taking the hypothetical indexes back: %w", err), tx.Conn().Close(ctx))
		}
	}
	return nil
}

// hypothetical says whether HypoPG can tell of such indexes.
func hypothetical(t *table.Table, indexes []shape.Index) bool {
	for _, x := range indexes {
		switch x.Method {
		case "", "btree", "brin", "hash":
		default:
			return false
		}
	}
	return t.Kind != "p" && len(indexes) > 0
}
