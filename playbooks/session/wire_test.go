package session

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// wire stands between pgmedic and the server, and does something when a certain signal is about to pass: that is half way through a group.
type wire struct {
	server string // address

	mutex sync.Mutex
	at    int // which signal it waits for, from 1; 0: none
	does  func(pass func()) (cut bool)
	seen  int
}

// on sets what happens when the n-th signal from now on comes. does may let it pass to the server: then the connection is cut before the reply.
// Else it says whether the connection is cut, or the signal passes.
func (w *wire) on(n int, does func(pass func()) (cut bool)) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.at, w.does, w.seen = n, does, 0
}

// signalled says what to do with a signal; nil: let it pass.
func (w *wire) signalled() func(pass func()) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.seen++
	if w.seen == w.at {
		return w.does
	}
	return nil
}

// newWire returns the DSN through a wire.
func newWire(t testing.TB, dsn string) (*wire, string) {
	t.Helper()
	uri, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{server: uri.Host}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); all.Wait() })
	all.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { w.carry(client) })
		}
	})
	uri.Host = listener.Addr().String()
	return w, uri.String()
}

// carry carries one connection until either end hangs up.
func (w *wire) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", w.server)
	if err != nil {
		return
	}
	defer server.Close()
	var replies sync.WaitGroup
	var drop sync.Mutex // held: replies are dropped
	replies.Go(func() {
		defer client.Close()
		buffer := make([]byte, 64<<10)
		for {
			n, err := server.Read(buffer)
			if err != nil {
				return
			}
			drop.Lock()
			_, err = client.Write(buffer[:n])
			drop.Unlock()
			if err != nil {
				return
			}
		}
	})
	defer replies.Wait()
	defer server.Close()
	s := &statements{}
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		chunk := buffer[:n]
		if does := w.deed(s, chunk); does != nil {
			passed := false
			pass := func() {
				drop.Lock()
				_, _ = server.Write(chunk)
				passed = true
			}
			cut := does(pass)
			if passed {
				_ = client.Close()
				drop.Unlock()
			}
			if cut || passed {
				return
			}
		}
		if _, err := server.Write(chunk); err != nil {
			return
		}
	}
}

func (w *wire) deed(s *statements, chunk []byte) func(pass func()) bool {
	if !s.executes(chunk) {
		return nil
	}
	return w.signalled()
}

// statements knows how one connection's client calls the signal's prepared statement.
type statements struct{ signal []byte }

// executes says whether the client's messages bind the signal. A driver sends a statement's Parse once, and then its Bind and Execute in one go.
func (s *statements) executes(chunk []byte) bool {
	found := false
	for len(chunk) >= 5 {
		size := 1 + int(binary.BigEndian.Uint32(chunk[1:5]))
		if size < 5 || size > len(chunk) {
			return found // the first packet of a connection, which has no kind
		}
		body := chunk[5:size]
		switch {
		case chunk[0] == 'P' && bytes.Contains(body, []byte("pgmedic:signal")):
			s.signal = bytes.Clone(body[:bytes.IndexByte(body, 0)])
		case chunk[0] == 'B' && s.signal != nil && bytes.HasPrefix(body[1:], append(bytes.Clone(s.signal), 0)):
			found = true
		}
		chunk = chunk[size:]
	}
	return found
}

// The wire sees a statement and its parameters for what they are.
func TestWire(t *testing.T) {
	dsn := pgtest.Database(t)
	w, through := newWire(t, dsn)
	conn := pgtest.Connect(t, through, nil)
	w.on(3, func(func()) bool { return true })
	for i := range 3 {
		_, err := conn.Exec(t.Context(), "SELECT /* pgmedic:signal */ $1::int", i)
		if (err != nil) != (i == 2) {
			t.Error(i, err)
		}
	}
	if !conn.IsClosed() {
		t.Error("the connection was not cut")
	}
}
