package live

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// What a function that lies about itself leaves in the session ends with the session that EXPLAIN ANALYZE ran in; pgmedic's other sessions live on.
func TestAnalyzeRunsInASessionOfItsOwn(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil),
		"CREATE FUNCTION keeps() RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN PERFORM pg_advisory_lock(71); RETURN pg_backend_pid(); END'")
	s := newServer(t, Config{DSN: dsn})
	lookAt(t, s)
	if _, err := s.Ask().Server(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := explained(t, s.Ask(), explain.Question{Statement: "SELECT keeps()", Class: plan.Heavy, Analyze: true}); !p.Root.Executed {
		t.Error("it was not run")
	}
	pgtest.Eventually(t, dsn, "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' "+
		"AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))")
	if n := pgtest.Value(t, dsn, "SELECT count(*)::text FROM pg_stat_activity WHERE application_name = 'pgmedic' AND datname = current_database()"); n != "2" {
		t.Errorf("%s sessions of pgmedic's are open, want the two that were", n)
	}
}

// EXPLAIN ANALYZE runs on the server that is looked at and that the person was asked about, or not at all.
func TestAnalyzeIsBoundToItsServer(t *testing.T) {
	dsn := pgtest.Database(t)
	s := newServer(t, Config{DSN: dsn, Analyze: "not without consent"})
	refused := func(q explain.Question, words string) {
		t.Helper()
		q.Statement, q.Class, q.Analyze = "SELECT 1", plan.Heavy, true
		if p, err := s.Ask().Explain(t.Context(), q); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%+v, error %v, want %q", p, err, words)
		}
	}
	server, err := s.Ask().Server(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	refused(explain.Question{ConsentedTo: &server}, "not connected now")
	lookAt(t, s)
	explained(t, s.Ask(), explain.Question{Statement: "SELECT 1", Class: plan.Heavy, Analyze: true, ConsentedTo: &server})
	before := server
	before.StartedAt = server.StartedAt.Add(-time.Hour)
	refused(explain.Question{ConsentedTo: &before}, "not the server that you were asked about")
	refused(explain.Question{ConsentedTo: &before, Database: server.Database}, "not the server that you were asked about")
	at := *s.home.Load()
	at.server.StartedAt = before.StartedAt
	s.home.Store(&at) // as where a load balancer leads elsewhere
	refused(explain.Question{ConsentedTo: &before}, "reached another server")
}

func TestAFullServerHasNoSessionForAnalyze(t *testing.T) {
	server := pgtest.Server(t, map[string]string{"max_connections": "4", "superuser_reserved_connections": "0", "max_wal_senders": "0"})
	s := newServer(t, Config{DSN: server.DSN("postgres")})
	lookAt(t, s)
	ask := s.Ask()
	if _, err := ask.Server(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		pgtest.Connect(t, server.DSN("postgres"), nil)
	}
	_, err := ask.Explain(t.Context(), explain.Question{Statement: "SELECT 1", Class: plan.Heavy, Analyze: true})
	if pgerr.State(err) != "53300" || !strings.Contains(err.Error(), "EXPLAIN ANALYZE runs in a session of its own, and there is no slot for it: ") {
		t.Errorf("error %v", err)
	}
	explained(t, ask, explain.Question{Statement: "SELECT 1", Class: plan.Heavy})
}

// The plans of one statement in another database take one session, which ends soon after, and with the program.
func TestPlansInAnotherDatabaseShareASession(t *testing.T) {
	dsn, elsewhere := pgtest.Database(t), pgtest.Database(t)
	name := pgtest.Value(t, elsewhere, "SELECT current_database()::text")
	const there = "SELECT pid FROM pg_stat_activity WHERE application_name = 'pgmedic' AND datname = $1"
	s := newServer(t, Config{DSN: dsn})
	var pids []int64
	for _, class := range []plan.Class{plan.Heavy, plan.Typical, plan.Generic} {
		explained(t, s.Ask(), explain.Question{Statement: "SELECT oid FROM pg_class WHERE relname = $1", Database: name, Class: class})
		pids = append(pids, pgtest.Eventually(t, dsn, there, name))
	}
	if len(slices.Compact(pids)) != 1 {
		t.Errorf("the sessions %v were opened", pids)
	}
	gone := strings.Replace(there, "SELECT pid", "SELECT 1 WHERE NOT EXISTS (SELECT", 1) + ")"
	pgtest.Eventually(t, dsn, gone, name)
	explained(t, s.Ask(), explain.Question{Statement: "SELECT 1", Database: name, Class: plan.Generic})
	s.Close()
	pgtest.Eventually(t, dsn, gone, name)
	if _, err := s.Ask().Explain(t.Context(), explain.Question{Statement: "SELECT 1", Database: name, Class: plan.Generic}); !errors.Is(err, errClosed) {
		t.Errorf("after the end: %v", err)
	}
}

func TestALockedCatalogueIsSaid(t *testing.T) {
	dsn := pgtest.Database(t)
	ask := newServer(t, Config{DSN: dsn}).Ask()
	if _, err := ask.Server(t.Context()); err != nil {
		t.Fatal(err)
	}
	locker := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, locker, "BEGIN", "LOCK pg_proc")
	_, err := ask.Explain(t.Context(), explain.Question{Statement: "SELECT 1", Class: plan.Generic})
	if pgerr.State(err) != "55P03" || !strings.Contains(err.Error(), "see who blocks") {
		t.Errorf("error %v", err)
	}
	pgtest.Execute(t, locker, "ROLLBACK")
	explained(t, ask, explain.Question{Statement: "SELECT 1", Class: plan.Generic})
}

// PgBouncer 1.21 and later give the protocol's prepared statements names of their own (max_prepared_statements).
func TestAPoolerThatRenamesStatements(t *testing.T) {
	ask := newServer(t, Config{DSN: renamed(t, pgtest.Database(t))}).Ask()
	_, err := ask.Explain(t.Context(), explain.Question{Statement: "SELECT $1::int", Class: plan.Generic})
	if err == nil || !strings.Contains(err.Error(), "through this pooler EXPLAIN is not possible") {
		t.Errorf("error %v", err)
	}
}

// renamed stands between clients and a server until the test ends, and renames the statements that clients prepare. It returns the DSN through it.
func renamed(t *testing.T, dsn string) string {
	t.Helper()
	uri, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	server := uri.Host
	all.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			backend, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			all.Go(func() { _, _ = io.Copy(client, backend); _ = client.Close() })
			all.Go(func() { rename(backend, client); _ = backend.Close() })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); all.Wait() })
	uri.Host = listener.Addr().String()
	return uri.String()
}

// rename passes a client's messages on: the first has no letter, the others have a letter, the length, the body. The names of prepared statements stand first in
// Parse (P), after the portal's in Bind (B), and after an S in Describe (D) and Close (C) (PostgreSQL manual, "Message Formats").
func rename(server io.Writer, client io.Reader) {
	for first := true; ; first = false {
		letters := 1
		if first {
			letters = 0
		}
		head := make([]byte, letters+4)
		if _, err := io.ReadFull(client, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[letters:])-4)
		if _, err := io.ReadFull(client, body); err != nil {
			return
		}
		if !first {
			if at := nameAt(head[0], body); at >= 0 && body[at] != 0 {
				body = slices.Insert(body, at, 'x')
				binary.BigEndian.PutUint32(head[1:], uint32(len(body)+4))
			}
		}
		if _, err := server.Write(append(head, body...)); err != nil {
			return
		}
	}
}

// nameAt returns where a statement's name stands in a message; -1: it has none.
func nameAt(letter byte, body []byte) int {
	switch {
	case letter == 'P':
		return 0
	case letter == 'B':
		return slices.Index(body, 0) + 1
	case (letter == 'D' || letter == 'C') && body[0] == 'S':
		return 1
	}
	return -1
}
