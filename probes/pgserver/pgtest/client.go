package pgtest

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience bounds what a test waits for.
const patience = 60 * time.Second

// Connect opens a connection of the application's.
func Connect(t testing.TB, dsn string, params map[string]string) *pgx.Conn {
	t.Helper()
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range params {
		cfg.RuntimeParams[name] = value
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience) // t.Context has ended in a clean-up
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// Execute sends statements one after the other.
func Execute(t testing.TB, conn *pgx.Conn, statements ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// InBackground runs a statement until it ends or the test does, and returns its session's pid.
func InBackground(t testing.TB, conn *pgx.Conn, sql string, args ...any) int32 {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = conn.Exec(ctx, sql, args...)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return int32(conn.PgConn().PID())
}

// As returns the DSN for another role.
func As(t testing.TB, dsn, user, password string) string {
	t.Helper()
	uri, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	uri.User = url.UserPassword(user, password)
	return uri.String()
}

// Value reads one value as text.
func Value(t testing.TB, dsn, sql string, args ...any) string {
	t.Helper()
	conn := Connect(t, dsn, nil)
	defer conn.Close(context.Background())
	var v string
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// Eventually reads a number as soon as there is one.
func Eventually(t testing.TB, dsn, sql string, args ...any) int64 {
	t.Helper()
	conn := Connect(t, dsn, nil)
	defer conn.Close(context.Background())
	var n int64
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		err := conn.QueryRow(t.Context(), sql, args...).Scan(&n)
		if err == nil {
			return n
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			t.Fatal(err)
		}
	}
	t.Fatalf("nothing came of %s", sql)
	return 0
}

// Version returns the tests' server's server_version_num, for example 150018.
func Version(t testing.TB) int {
	t.Helper()
	version, err := strconv.Atoi(Value(t, Database(t), "SHOW server_version_num"))
	if err != nil {
		t.Fatal(err)
	}
	return version
}
