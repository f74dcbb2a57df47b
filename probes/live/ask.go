package live

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
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

// Server says which server the ask session is connected to, so that an action can check that it is still the same; it opens the session where needed.
func (a *Asker) Server(ctx context.Context) (probes.Server, error) {
	var server probes.Server
	err := a.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		server = a.server.ask.server
		var at time.Time
		return tx.QueryRow(ctx, query("pulse")).Scan(&at, &server.InRecovery)
	})
	return server, err
}

// Read runs fn in a read-only transaction with statement_timeout and lock_timeout, and rolls it back.
func (a *Asker) Read(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	return harmless(a.server.ask.use(ctx, func(conn *pgx.Conn) error {
		return readOnly(ctx, conn, readTimeout, func(tx pgx.Tx, _ time.Time) error { return fn(ctx, tx) })
	}))
}

// readOnly runs fn in a guarded transaction and rolls it back; fn also gets the server's time.
func readOnly(ctx context.Context, conn *pgx.Conn, timeout time.Duration, fn func(tx pgx.Tx, now time.Time) error) error {
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("beginning a read-only transaction: %w", err)
	}
	defer rollBack(tx)
	var now time.Time
	err = tx.QueryRow(ctx, query("guard"), milliseconds(timeout), milliseconds(readLockLimit)).Scan(&now, nil, nil)
	if err != nil {
		return fmt.Errorf("setting the transaction's timeouts: %w", err)
	}
	return fn(tx, now)
}

// rollBack ends the transaction even after the caller's context has ended: the session must not stay in it.
func rollBack(tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.Background(), cancelPatience)
	defer cancel()
	_ = tx.Rollback(ctx) // where this fails the connection is closed, and opened again at the next use
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// StatementText returns the text to plan for a query id: the text of a session that runs it now, where it is not clipped (its constants are
// still there), else the text of pg_stat_statements. The caller must not store or show it unnormalised.
func (a *Asker) StatementText(ctx context.Context, queryID int64) (string, error) {
	var text string
	err := a.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		text, err = statementText(ctx, tx, a.server.ask.server, queryID)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("looking for the statement's text: %w", err)
	}
	return text, nil
}

func statementText(ctx context.Context, tx pgx.Tx, server probes.Server, queryID int64) (string, error) {
	running, clipped, err := runningText(ctx, tx, server.Version, queryID)
	if err != nil || running != "" && !clipped {
		return running, err
	}
	e, err := findExtension(ctx, tx.Conn())
	if errors.Is(err, errNoExtension) && clipped {
		return "", errors.New("it is clipped at track_activity_query_size and pg_stat_statements is not installed: " +
			"raise the setting (takes a restart) or CREATE EXTENSION pg_stat_statements")
	}
	if err != nil {
		return "", err
	}
	return recordedText(ctx, tx, e, server.Database, queryID)
}

// runningText returns the text of a session that runs the statement in this database; empty where none does, or where it runs with others in one
// message.
func runningText(ctx context.Context, tx pgx.Tx, version int, queryID int64) (text string, clipped bool, err error) {
	if version < 140000 {
		return "", false, nil
	}
	err = tx.QueryRow(ctx, query("running_text"), queryID).Scan(&text, &clipped)
	if errors.Is(err, pgx.ErrNoRows) || text == hiddenText {
		return "", false, nil
	}
	if !clipped && severalStatements(text) {
		return "", false, err
	}
	return text, clipped, err
}

// severalStatements says whether a text may hold more than one statement.
func severalStatements(text string) bool {
	one := strings.TrimRight(sqltext.OneLine(sqltext.Normalise(text)), "; ")
	return strings.Contains(one, ";")
}

// recordedText returns the statement's text in pg_stat_statements.
func recordedText(ctx context.Context, tx pgx.Tx, e extension, database string, queryID int64) (string, error) {
	var text *string
	var elsewhere string
	var here bool
	err := tx.QueryRow(ctx, query("statement_text", "{schema}", e.schema), queryID).Scan(&text, &elsewhere, &here)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", errors.New("pg_stat_statements does not know it (any more); try again while it runs")
	case err != nil:
		return "", err
	case !here:
		return "", fmt.Errorf("it runs in database %s and pgmedic looks at %s: start pgmedic with that database to explain it",
			sqltext.CleanLine(elsewhere), database)
	case text == nil || *text == hiddenText:
		return "", errors.New("it is hidden from this role: GRANT pg_read_all_stats (or pg_monitor) TO it")
	}
	return *text, nil
}
