package live

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// gibberish stands for a message in any language.
const gibberish = "Œuvre 誤り: ничего не понятно"

// Nothing decides by the words of a message: with those of another language the reasons are the same. On every machine the server's messages are put into
// gibberish on their way; where there is a German locale and a translation for the server, the server itself words them.
func TestMessagesInAnotherLanguage(t *testing.T) {
	settings := func() map[string]string {
		return map[string]string{"max_connections": "15", "superuser_reserved_connections": "0", "max_wal_senders": "0", "shared_preload_libraries": ""}
	}
	t.Run("gibberish", func(t *testing.T) {
		dsn := pgtest.Server(t, settings()).DSN("postgres")
		through := between(t, dsn, translate)
		var said *pgconn.PgError
		if _, err := pgtest.Connect(t, through, nil).Exec(t.Context(), "SELECT 1/0"); !errors.As(err, &said) || said.Message != gibberish || said.Severity != gibberish || said.Code != "22012" {
			t.Fatalf("the server's messages are not gibberish: %v", err)
		}
		reasonsStand(t, dsn, through)
	})
	t.Run("lc_messages", func(t *testing.T) {
		german := settings()
		german["lc_messages"] = "de_DE.UTF-8"
		if said := germanLocale(t); said != "" {
			t.Logf("there is no German locale here (%s): the server words its messages in English", said)
			delete(german, "lc_messages")
		}
		dsn := pgtest.Server(t, german).DSN("postgres")
		_, err := pgtest.Connect(t, dsn, nil).Exec(t.Context(), "SELECT 1/0")
		language := "another language than English"
		if strings.Contains(err.Error(), "division by zero") {
			language = "ENGLISH: only the half with gibberish tests another language here"
		}
		t.Logf("in %s: the server says %v", language, err)
		reasonsStand(t, dsn, dsn)
	})
}

// germanLocale makes a German locale that a server started by this test finds, and says why it could not.
func germanLocale(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgmedic-locale-*") // t.TempDir is closed to the user as whom the server runs
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("localedef", "-i", "de_DE", "-f", "UTF-8", dir+"/de_DE.UTF-8").CombinedOutput()
	if err != nil {
		return fmt.Sprintf("%v %s", err, out)
	}
	t.Setenv("LOCPATH", dir)
	return ""
}

// reasonsStand makes the server at dsn refuse in every way, and checks what is said to who looks through another way to it.
func reasonsStand(t *testing.T, dsn, through string) {
	t.Helper()
	admin := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, admin, "CREATE EXTENSION pg_stat_statements", "CREATE TABLE locked (n int)", "CREATE ROLE plain LOGIN PASSWORD 'p'", "BEGIN", "LOCK TABLE locked")
	question := explain.Question{Statement: "SELECT * FROM locked", Class: plan.Generic}
	s := newServer(t, Config{DSN: through})
	sample := waitForSample(t, stream(t, s), "a sample", anySample)
	if reason := failure(sample, "statements"); !strings.Contains(reason, "shared_preload_libraries") {
		t.Errorf("the library is not loaded: %+v", sample.Failures)
	}
	if _, err := s.Ask().Explain(t.Context(), question); pgerr.State(err) != "55P03" || !strings.Contains(err.Error(), "AccessExclusiveLock on public.locked") {
		t.Errorf("locked: %v", err)
	}
	pgtest.Execute(t, admin, "ROLLBACK")

	plain := newServer(t, Config{DSN: pgtest.As(t, through, "plain", "p")})
	if _, err := plain.Ask().Explain(t.Context(), question); pgerr.State(err) != "42501" || !strings.Contains(err.Error(), "GRANT pg_read_all_data") {
		t.Errorf("no privilege: %v", err)
	}
	plain.Close()
	pgtest.Execute(t, admin, "DROP EXTENSION pg_stat_statements")
	missing := newServer(t, Config{DSN: through})
	sample = waitForSample(t, stream(t, missing), "a sample", anySample)
	if reason := failure(sample, "statements"); !strings.Contains(reason, "CREATE EXTENSION") {
		t.Errorf("no extension: %+v", sample.Failures)
	}
	missing.Close()
	s.Close()

	wrong := newServer(t, Config{DSN: pgtest.As(t, through, "plain", "hunter2")})
	trouble := waitFor(t, stream(t, wrong), "the refusal", isTrouble).Trouble
	if dsn != through && trouble.Reason != gibberish+" (SQLSTATE 28P01)" {
		t.Errorf("reason %q", trouble.Reason)
	}
	if trouble.SQLState != "28P01" || !strings.Contains(trouble.Next, "check the password") {
		t.Errorf("wrong password: %+v", trouble)
	}
	takeAllSlots(t, dsn)
	full := newServer(t, Config{DSN: pgtest.As(t, through, "plain", "p")})
	trouble = waitFor(t, stream(t, full), "the refusal", isTrouble).Trouble
	if trouble.SQLState != "53300" || !strings.Contains(trouble.Next, "server is full") {
		t.Errorf("full server: %+v", trouble)
	}
}

// takeAllSlots takes all slots.
func takeAllSlots(t *testing.T, dsn string) {
	t.Helper()
	for range 100 {
		conn, err := pgx.Connect(t.Context(), dsn)
		if pgerr.State(err) == "53300" {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(t.Context()) })
	}
	t.Fatal("the server does not get full")
}

// between stands between clients and the server of a DSN until the test ends, and lets answer pass on what the server sends each of them. It returns the DSN
// through it.
func between(t *testing.T, dsn string, answer func(client io.Writer, server io.Reader)) string {
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
			all.Go(func() { _, _ = io.Copy(backend, client); _ = backend.Close() })
			all.Go(func() { answer(client, backend); _ = client.Close() })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); all.Wait() })
	uri.Host = listener.Addr().String()
	return uri.String()
}

// translate passes a server's messages on: a letter, the length, the body. Those of an ErrorResponse (E) or a NoticeResponse (N) are made of fields: a letter
// and a text that ends with a zero; those for a person it rewords (PostgreSQL manual, "Error and Notice Message Fields").
func translate(client io.Writer, server io.Reader) {
	in := bufio.NewReader(server)
	for {
		head := make([]byte, 5)
		if _, err := io.ReadFull(in, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		if head[0] == 'E' || head[0] == 'N' {
			body = reworded(body)
			binary.BigEndian.PutUint32(head[1:], uint32(len(body)+4))
		}
		if _, err := client.Write(append(head, body...)); err != nil {
			return
		}
	}
}

func reworded(fields []byte) []byte {
	var out []byte
	for field := range strings.SplitSeq(strings.TrimRight(string(fields), "\x00"), "\x00") {
		if strings.Contains("SMDHW", field[:1]) { // severity, message, detail, hint, context
			field = field[:1] + gibberish
		}
		out = append(append(out, field...), 0)
	}
	return append(out, 0)
}
