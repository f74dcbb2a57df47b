package explain

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sampler"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Text returns the text to plan for a query id: the text of a session that runs it now, where it is not clipped (its constants are still there),
// else the text of pg_stat_statements. The caller must not store or show it unnormalised.
func Text(ctx context.Context, tx pgx.Tx, server probes.Server, queryID int64) (string, error) {
	running, clipped, err := runningText(ctx, tx, server.Version, queryID)
	if err != nil || running != "" && !clipped {
		return running, err
	}
	e, err := sampler.FindExtension(ctx, tx.Conn())
	if errors.Is(err, sampler.ErrNoExtension) && clipped {
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
	if errors.Is(err, pgx.ErrNoRows) || text == sampler.HiddenText {
		return "", false, nil
	}
	if !clipped && sqltext.Several(text) {
		return "", false, err
	}
	return text, clipped, err
}

// recordedText returns the statement's text in pg_stat_statements.
func recordedText(ctx context.Context, tx pgx.Tx, e sampler.Extension, database string, queryID int64) (string, error) {
	var text *string
	var elsewhere string
	var here bool
	err := tx.QueryRow(ctx, query("statement_text", "{schema}", e.Schema), queryID).Scan(&text, &elsewhere, &here)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", errors.New("pg_stat_statements does not know it (any more); try again while it runs")
	case err != nil:
		return "", err
	case !here:
		return "", fmt.Errorf("it runs in database %s and pgmedic looks at %s: start pgmedic with that database to explain it",
			sqltext.CleanLine(elsewhere), database)
	case text == nil || *text == sampler.HiddenText:
		return "", errors.New("it is hidden from this role: GRANT pg_read_all_stats (or pg_monitor) TO it")
	}
	return *text, nil
}
