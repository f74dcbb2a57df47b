// Package pgtest gives tests a real server: one cluster a package run, a database a test.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
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

// template is what the servers of single tests are copied from, made when the first is asked for.
var template = sync.OnceValues(func() (*pgserver.Template, error) {
	made, err := pgserver.NewTemplate(context.Background())
	if err == nil {
		removeTemplate = made.Remove
	}
	return made, err
})

var removeTemplate = func() error { return nil }

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
	err := removeTemplate()
	if shared.server != nil {
		err = errors.Join(err, shared.server.Stop())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
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

// Server starts a server for this test alone, with these settings, and stops it with the test. All of a package run have one system identifier.
func Server(t testing.TB, settings map[string]string) *pgserver.Server {
	t.Helper()
	all := map[string]string{"fsync": "off"}
	maps.Copy(all, settings)
	made, err := template()
	if err != nil {
		t.Fatalf("initialising the tests' servers: %v", err)
	}
	server, err := made.Start(context.Background(), all)
	if err != nil {
		t.Fatalf("starting the test's server: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
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
			"autovacuum_naptime": "1h", // a table's statistics stay those that the test made
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
