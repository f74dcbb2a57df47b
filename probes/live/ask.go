package live

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/plan"
)

const (
	readTimeout    = 2 * time.Second
	analyzeTimeout = 30 * time.Second
	readLockLimit  = 500 * time.Millisecond
)

// Asker is the door for reading: EXPLAIN and the catalogue, in the ask session.
type Asker struct{ server *Server }

// Ask returns the reading door.
func (s *Server) Ask() *Asker { return &Asker{s} }

// Can says what the server allows, as Server.Can.
func (a *Asker) Can() probes.Abilities { return a.server.Can() }

// Server says which server the ask session is connected to, read anew, so that an action can check that it is still the same; it opens the session
// where needed.
func (a *Asker) Server(ctx context.Context) (probes.Server, error) {
	var server probes.Server
	err := a.server.ask.use(ctx, func(*pgx.Conn) error {
		err := a.server.ask.refresh(ctx)
		server = a.server.ask.server
		return err
	})
	return server, pgerr.Harmless(err)
}

// Read runs fn in a read-only transaction with statement_timeout and lock_timeout, and rolls it back.
func (a *Asker) Read(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return pgerr.Harmless(a.server.ask.use(ctx, func(conn *pgx.Conn) error {
		if between := a.server.ask.pooled; between.kind == probes.PoolStatement {
			return between.refuse("a transaction")
		}
		return readOnly(ctx, conn, a.server.ask.server.Version, readTimeout, func(tx pgx.Tx, at opened) error {
			a.server.kept.Store(at.kept)
			return fn(ctx, tx)
		})
	}))
}

// readOnlyBegin begins every transaction of ask and analyze, through a pooler too. Before it calls anything, the server looks names up in pg_catalog alone: nobody's
// function or operator can stand in for a built-in one. The session keeps the person's own search_path, as the setting's reset value, for the statements that explain
// plans; what is sent outside of a transaction, once a connection, is written so that the path does not matter.
// What is planned is not compiled, which the server does for EXPLAIN too, and which no cost depends on: it takes far longer than the planning of long conditions.
// Costs a round trip. Versions 13 and later. Every role may.
const readOnlyBegin = "BEGIN " + probes.OwnTag + "read_only */ READ ONLY; SET LOCAL " + probes.OwnTag + "read_only */ search_path = pg_catalog; SET LOCAL " +
	probes.OwnTag + "read_only */ jit = off"

// Kept says that pg_stat_statements keeps the constants of what the last Read asked of the planner, and what changes that; empty: it does not.
func (a *Asker) Kept() string {
	if !a.server.kept.Load() {
		return ""
	}
	return "pg_stat_statements keeps pgmedic's questions to the planner under this role, with the statement's constants and values of its columns: a superuser's it does not keep, " +
		"and from version 15 on those of no role with GRANT SET ON PARAMETER pg_stat_statements.track"
}

// opened is a transaction's beginning.
type opened struct {
	now  time.Time // the server's
	kept bool      // pg_stat_statements keeps constants of what is asked in it
}

// readOnly runs fn in a guarded transaction of a server of this version, and rolls it back.
func readOnly(ctx context.Context, conn *pgx.Conn, version int, timeout time.Duration, fn func(tx pgx.Tx, at opened) error) error {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{BeginQuery: readOnlyBegin})
	if err != nil {
		return fmt.Errorf("beginning a read-only transaction: %w", err)
	}
	defer rollBack(tx)
	granted := "false"
	if version >= 150000 {
		granted = "pg_catalog.has_parameter_privilege('pg_stat_statements.track', 'SET')"
	}
	var at opened
	err = tx.QueryRow(ctx, query("guard", "{granted}", granted), milliseconds(timeout), milliseconds(readLockLimit)).Scan(&at.now, nil, nil, nil, nil, nil, &at.kept)
	if err != nil {
		return guardError(err)
	}
	return fn(tx, at)
}

// guardError says what to do where the transaction could not be bounded: a function is looked up in the catalogue, which somebody may hold locked.
func guardError(err error) error {
	err = fmt.Errorf("setting the transaction's timeouts: %w", err)
	if pgerr.State(err) == "55P03" {
		return fmt.Errorf("%w: somebody holds a table of the server's own catalogue locked, such as pg_proc: see who blocks", err)
	}
	return err
}

// rollBack ends the transaction even after the caller's context has ended: the session must not stay in it.
func rollBack(tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.Background(), cancelPatience)
	defer cancel()
	_ = tx.Rollback(ctx) // where this fails the connection is closed, and opened again at the next use
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// StatementText returns the text to plan for a query id: the text of a session that runs it now or ran it last, where its constants are still there and it is not
// clipped; else the text of pg_stat_statements. The caller must not store or show it unnormalised.
// Of one that runs in another database an explain.ElsewhereError says where: StatementTextIn has its text.
func (a *Asker) StatementText(ctx context.Context, queryID int64) (string, error) {
	text, _, err := a.StatementTextIn(ctx, "", queryID)
	return text, err
}

// StatementTextIn is StatementText for a statement that runs in the named database. values says whose constants the text holds, for explain.Question.Constants.
func (a *Asker) StatementTextIn(ctx context.Context, database string, queryID int64) (text, values string, err error) {
	err = a.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		text, values, err = explain.Text(ctx, tx, a.server.ask.server, queryID, database)
		return err
	})
	if err != nil {
		return "", "", fmt.Errorf("looking for the statement's text: %w", err)
	}
	return text, values, nil
}

// Explain plans a statement safely, in a read-only transaction that is rolled back; see explain.Explain. One of another database is planned there, in a
// session that ends a moment after the last answer; EXPLAIN ANALYZE runs in a session of its own that ends with it, and only on the server
// that is looked at and that the person was asked about. Neither waits for a slot.
func (a *Asker) Explain(ctx context.Context, q explain.Question) (*plan.Plan, error) {
	var made *plan.Plan
	err := a.explain(ctx, q, func(ctx context.Context, in explain.Context, q explain.Question) (err error) {
		made, err = explain.Explain(ctx, in, q)
		return err
	})
	return made, err
}

// ExplainClasses plans a statement for several classes of values in one go; see explain.Classes. Nothing is analysed.
func (a *Asker) ExplainClasses(ctx context.Context, q explain.Question, classes ...plan.Class) ([]*plan.Plan, error) {
	q.Analyze = false
	var made []*plan.Plan
	err := a.explain(ctx, q, func(ctx context.Context, in explain.Context, q explain.Question) (err error) {
		made, err = explain.Classes(ctx, in, q, classes...)
		return err
	})
	return made, err
}

// explain does what is asked in the session that is fit for it.
func (a *Asker) explain(ctx context.Context, q explain.Question, do func(context.Context, explain.Context, explain.Question) error) error {
	if err := a.refuse(q); err != nil {
		return err
	}
	if q.Timeout == 0 {
		q.Timeout = readTimeout
		if q.Analyze {
			q.Timeout = analyzeTimeout
		}
	}
	session := a.server.ask
	switch {
	case q.Analyze:
		session = a.server.once(q.Database, analyze) // what the statement leaves in the session, such as an advisory lock, ends with it
		defer session.close()
	case q.Database != "":
		session = a.server.elsewhere(q.Database)
		defer a.server.spare.keep(q.Database, session)
	}
	err := session.use(ctx, func(conn *pgx.Conn) error {
		if between := session.pooled; between.kind == probes.PoolStatement || q.Analyze && between.kind != probes.NoPooler {
			return between.refuse("EXPLAIN")
		}
		if q.ConsentedTo != nil && !sameServer(*q.ConsentedTo, session.server) {
			return errOtherConsent
		}
		return readOnly(ctx, conn, session.server.Version, q.Timeout, func(tx pgx.Tx, at opened) error {
			defer explain.Forget(conn) // before the transaction ends: through a pooler the next one may be on another server connection
			return do(ctx, explain.Context{Tx: tx, Server: session.server, Key: a.server.key, Now: at.now}, q)
		})
	})
	return oneMoreError(q, err)
}

var errOtherConsent = errors.New("this is not the server that you were asked about: it was restarted, or another one answers now; ask for it again")

// refuse says where EXPLAIN ANALYZE is not run, and that nothing is after the end.
func (a *Asker) refuse(q explain.Question) error {
	can := a.Can()
	select {
	case <-a.server.closed:
		return errClosed
	default:
	}
	switch {
	case q.Analyze && can.NoAnalyze != "":
		return errors.New("EXPLAIN ANALYZE is not allowed here: " + can.NoAnalyze)
	case q.Analyze && can.AskAnalyze != "" && q.ConsentedTo == nil:
		return errors.New("EXPLAIN ANALYZE is not run unasked here: " + can.AskAnalyze)
	}
	return nil
}
