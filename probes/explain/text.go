package explain

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sampler"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Text returns the text to plan for a query id: the text of a session that runs it now, where it is not clipped (its constants are still there),
// else the text of pg_stat_statements. database names where it runs; empty: the one that tx looks at, and an ElsewhereError says that it runs in another.
// The caller must not store or show it unnormalised.
func Text(ctx context.Context, tx pgx.Tx, server probes.Server, queryID int64, database string) (string, error) {
	running, clipped, err := runningText(ctx, tx, server.Version, queryID, database)
	if err != nil || running != "" && !clipped {
		return running, err
	}
	e, err := sampler.FindExtension(ctx, tx.Conn())
	switch {
	case err == nil && e.Counts():
		return recordedText(ctx, tx, e, server.Database, queryID, database)
	case err != nil && !errors.Is(err, sampler.ErrNoExtension):
		return "", err
	case clipped:
		return "", errClipped
	}
	return sampledText(ctx, tx, server.Database, queryID, database)
}

// runningText returns the text of a session that runs the statement in the database; empty where none does, where it runs with others in one message, or inside a
// command such as EXECUTE.
func runningText(ctx context.Context, tx pgx.Tx, version int, queryID int64, database string) (text string, clipped bool, err error) {
	if version < 140000 {
		return "", false, nil
	}
	err = tx.QueryRow(ctx, query("running_text"), queryID, database).Scan(&text, &clipped)
	if errors.Is(err, pgx.ErrNoRows) || text == sampler.HiddenText {
		return "", false, nil
	}
	if !clipped && (sqltext.Several(text) || sqltext.IsUtility(text)) {
		return "", false, err
	}
	return text, clipped, err
}

// recordedText returns the statement's text in pg_stat_statements, with the parameters whose constants stayed in it.
func recordedText(ctx context.Context, tx pgx.Tx, e sampler.Extension, looking string, queryID int64, database string) (string, error) {
	var text *string
	var elsewhere string
	var here bool
	err := tx.QueryRow(ctx, query("statement_text", "{schema}", e.Schema), queryID, database).Scan(&text, &elsewhere, &here)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", unknownText(ctx, tx)
	case err != nil:
		return "", err
	case !here:
		return "", &ElsewhereError{Database: sqltext.CleanLine(elsewhere), Here: looking}
	case text == nil || *text == sampler.HiddenText:
		return "", errors.New("it is hidden from this role: GRANT pg_read_all_stats (or pg_monitor) TO it")
	}
	return sqltext.RepeatParameters(*text), nil
}

// unknownText is why pg_stat_statements has no text: to a role that sees its own statements only, others' ids are unknown too.
func unknownText(ctx context.Context, tx pgx.Tx) error {
	var seesAll bool
	if err := tx.QueryRow(ctx, query("sees_all")).Scan(&seesAll); err != nil {
		return err
	}
	if !seesAll {
		return errors.New("pg_stat_statements does not know it, or hides it from this role: GRANT pg_read_all_stats TO pgmedic's role (or pg_monitor)")
	}
	return errors.New("pg_stat_statements does not know it (any more); try again while it runs")
}
