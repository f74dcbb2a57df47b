// Package pgtest gives tests a real server: one cluster a package run, a database a test.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver"
)

// shared is the package run's cluster: tests have nothing else in common that could hold it.
var shared cluster

// cluster is a server that starts when it is first asked for.
type cluster struct {
	sync.Mutex
	server    *pgserver.Server
	err       error
	databases int
}

// The statements of the tests' set-up. %s is the database's name, test_N, which needs no quotes.
const (
	createDatabase  = `CREATE DATABASE %s`
	dropDatabase    = `DROP DATABASE %s WITH (FORCE)`
	createExtension = `CREATE EXTENSION pg_stat_statements`
)

// Main runs a package's tests with one shared cluster, started when the first test asks for it. Use it in TestMain: func TestMain(m *testing.M) {
// pgtest.Main(m) }.
func Main(m *testing.M) {
	code := m.Run()
	if shared.server != nil {
		if err := shared.server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// Database makes an empty database for this test on the shared cluster, with pg_stat_statements created in it, and returns its DSN (superuser). It
// is dropped with the test.
func Database(t testing.TB) string {
	t.Helper()
	server, name := shared.next(t)
	executeOnce(t, server.DSN("postgres"), fmt.Sprintf(createDatabase, name))
	t.Cleanup(func() { executeOnce(t, server.DSN("postgres"), fmt.Sprintf(dropDatabase, name)) })
	executeOnce(t, server.DSN(name), createExtension)
	return server.DSN(name)
}

// next returns the cluster, started if need be, and a new name for a database.
func (c *cluster) next(t testing.TB) (*pgserver.Server, string) {
	t.Helper()
	c.Lock()
	defer c.Unlock()
	if c.server == nil && c.err == nil {
		c.server, c.err = pgserver.Start(context.Background(), pgserver.Options{Settings: map[string]string{
			"fsync":              "off",
			"synchronous_commit": "off",
			"full_page_writes":   "off",
		}})
	}
	if c.err != nil {
		t.Fatalf("starting the tests' server: %v", c.err)
	}
	c.databases++
	return c.server, fmt.Sprintf("test_%d", c.databases)
}

// executeOnce sends one statement over a connection of its own, which it closes: a test counts its connections.
func executeOnce(t testing.TB, dsn, statement string) {
	t.Helper()
	conn := Connect(t, dsn, nil)
	Execute(t, conn, statement)
	if err := conn.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}
