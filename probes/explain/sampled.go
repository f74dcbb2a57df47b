package explain

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/sampler"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

var errClipped = errors.New("it is clipped at track_activity_query_size, and pg_stat_statements is not there to tell it whole: " +
	"raise the setting (takes a restart) or CREATE EXTENSION pg_stat_statements")

// sampledText returns the text of a session that runs a statement whose id pgmedic made (sampler.RunningID), where pg_stat_statements counts nothing.
func sampledText(ctx context.Context, tx pgx.Tx, looking string, id int64, database string) (string, error) {
	running, err := sampler.ReadRunning(ctx, tx.Conn())
	if err != nil {
		return "", err
	}
	for _, s := range running {
		if s.ID() != id {
			continue
		}
		text, err := wholeText(ctx, tx, s, looking, database)
		if err != nil || text != "" {
			return text, err
		}
	}
	return "", errors.New("it is known from sampled activity alone, and no session runs it now: explain it while it runs, " +
		"or have pg_stat_statements count (pgmedic doctor says how)")
}

// wholeText returns a running statement's text, empty where it has ended.
func wholeText(ctx context.Context, tx pgx.Tx, s sampler.Running, looking, database string) (string, error) {
	var text, runsIn string
	var here bool
	err := tx.QueryRow(ctx, query("sampled_text"), s.PID, s.BackendStart, s.QueryStart, database).Scan(&text, &runsIn, &here)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return "", nil
	case err != nil:
		return "", err
	case !here:
		return "", &ElsewhereError{Database: sqltext.CleanLine(runsIn), Here: looking}
	case s.Clipped:
		return "", errClipped
	case sqltext.Several(text):
		return "", errors.New("it runs with others in one message, so its own text is not known")
	}
	return text, nil
}
