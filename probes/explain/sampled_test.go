package explain

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/sampler"
)

// textOf looks for a statement's text in a transaction as the ask session's.
func textOf(t *testing.T, dsn string, id int64) (string, error) {
	t.Helper()
	conn := pgtest.Connect(t, dsn, map[string]string{"application_name": probes.ApplicationName})
	tx, err := conn.BeginTx(t.Context(), pgx.TxOptions{AccessMode: pgx.ReadOnly})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	text, _, err := Text(t.Context(), tx, probes.Server{Version: 140000, Database: conn.Config().Database}, id, "")
	return text, err
}

// Where neither the server nor pg_stat_statements knows ids, a statement is found by the id that pgmedic made of it, while it runs.
func TestTextByAnIDThatPgmedicMade(t *testing.T) {
	server, err := pgserver.Start(t.Context(), pgserver.Options{Settings: map[string]string{"shared_preload_libraries": "", "fsync": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	dsn := server.DSN("postgres")
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), "CREATE EXTENSION pg_stat_statements", "CREATE DATABASE elsewhere")
	const running = "SELECT 'secret' AS marker, pg_sleep(60)"
	app := pgtest.Connect(t, dsn, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _, _ = app.Exec(ctx, running) }()
	defer func() { cancel(); <-ended }()
	pgtest.Eventually(t, dsn, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
	found, err := sampler.ReadRunning(t.Context(), pgtest.Connect(t, dsn, map[string]string{"application_name": probes.ApplicationName}))
	if err != nil || len(found) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	id := found[0].ID()

	if text, err := textOf(t, dsn, id); err != nil || text != running {
		t.Errorf("while it runs: %q, %v", text, err)
	}
	if text, err := textOf(t, server.DSN("elsewhere"), id); err == nil || !strings.Contains(err.Error(), "postgres") {
		t.Errorf("from another database: %q, %v", text, err)
	}
	cancel()
	<-ended
	pgtest.Eventually(t, dsn, "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep')") // the server notices it later
	if text, err := textOf(t, dsn, id); err == nil || !strings.Contains(err.Error(), "while it runs") {
		t.Errorf("after it ended: %q, %v", text, err)
	}
}
