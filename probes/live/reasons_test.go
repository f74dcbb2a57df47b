package live

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// Each trouble on screen has one short reason: the server's words, or the network's cause, without those of the driver; and what pgmedic itself does stands apart
// from what a person can do.
func TestReasonsAreShort(t *testing.T) {
	dsn := pgtest.Database(t) // of a server without TLS
	preferred := strings.Replace(dsn, "sslmode=disable", "sslmode=prefer", 1)
	admin := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, admin, "CREATE ROLE barred LOGIN PASSWORD 'x' CONNECTION LIMIT 0")
	t.Cleanup(func() { pgtest.Execute(t, admin, "DROP ROLE barred") })
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "postgres://u:x@" + closed.Addr().String() + "/d"
	_ = closed.Close()
	silent, _ := silence(t)
	for _, test := range []struct{ name, dsn, reason, next, trying string }{
		{"full", pgtest.As(t, preferred, "barred", "x"), `too many connections for role "barred" (SQLSTATE 53300)`, "a superuser gets into the reserved slots",
			"pgmedic keeps trying and takes the next free slot"},
		{"wrong password", pgtest.As(t, preferred, "postgres", "x"), `password authentication failed for user "postgres" (SQLSTATE 28P01)`, "check the password",
			"pgmedic tries again every 30 s"},
		{"refused", nobody, "connection refused", "nothing listens there", "pgmedic keeps trying"},
		{"refused by both addresses", strings.Replace(nobody, "127.0.0.1", "localhost", 1), "connection refused", "nothing listens there", "pgmedic keeps trying"},
		{"timeout", "postgres://u:x@" + silent + "/d?connect_timeout=1", "no answer in time", "no answer: check", "pgmedic keeps trying"},
		{"no TLS", strings.Replace(dsn, "sslmode=disable", "sslmode=require", 1), "server refused TLS connection", "the server offers no TLS", "pgmedic keeps trying"},
		{"a stranger's certificate", "postgres://u:x@" + secured(t) + "/d?sslmode=verify-full", "x509: certificate signed by unknown authority", "not trusted", "pgmedic keeps trying"},
		{"hangs up", "postgres://u:x@" + hangsUp(t) + "/d?sslmode=disable", "the connection broke off", "", "pgmedic keeps trying"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t, Config{DSN: test.dsn})
			defer s.Close()
			trouble := waitFor(t, stream(t, s), "the trouble", isTrouble).Trouble
			t.Logf("%s: %s · %s · %s", trouble.Doing, trouble.Reason, trouble.Next, trouble.Trying)
			if trouble.Reason != test.reason || !strings.Contains(trouble.Next, test.next) || trouble.Trying != test.trying {
				t.Errorf("trouble %+v", trouble)
			}
			if strings.Contains(trouble.Next, "keeps") || test.next == "" && trouble.Next != "" {
				t.Errorf("next %q", trouble.Next)
			}
		})
	}
}

// A machine without a network, or whose name server is out of reach, cannot know that there is no such host.
func TestTheReasonOfAnUnknownHost(t *testing.T) {
	trouble := waitFor(t, stream(t, newServer(t, Config{DSN: "postgres://u:x@no-such-host.invalid/d"})), "the trouble", isTrouble).Trouble
	reasons := []string{"no-such-host.invalid: no such host", "no-such-host.invalid: the name server does not answer"}
	if !slices.Contains(reasons, trouble.Reason) || !strings.Contains(trouble.Next, "cannot be resolved") {
		t.Errorf("trouble %+v", trouble)
	}
}

// The advice is for every program, also for one that ends.
func TestAnErrorsAdviceDoesNotSpeakOfTryingAgain(t *testing.T) {
	err := newServer(t, Config{DSN: strings.Replace(pgtest.Database(t), "/test_", "/none_", 1)}).Ask().Read(t.Context(), nil)
	if pgerr.State(err) != "3D000" || strings.Contains(err.Error(), "keeps trying") || !strings.Contains(err.Error(), "psql -l") {
		t.Errorf("error %v", err)
	}
}

// listen answers each client until the test ends.
func listen(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			answer(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	return listener.Addr().String()
}

// hangsUp hears what a client says first and hangs up.
func hangsUp(t *testing.T) string {
	return listen(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1000)) })
}

// secured speaks TLS as a server does, with a certificate of its own making.
func secured(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotAfter: time.Now().Add(time.Hour)}
	made, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cfg := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{made}, PrivateKey: key}}}
	return listen(t, func(conn net.Conn) {
		if _, err := io.ReadFull(conn, make([]byte, 8)); err == nil { // SSLRequest
			_, _ = conn.Write([]byte("S"))
			_ = tls.Server(conn, cfg).Handshake()
		}
	})
}
