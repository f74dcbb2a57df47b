package apply

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// proxy passes connections on to a server, until it cuts them off as a client that is killed or a network that is lost does.
type proxy struct {
	listener net.Listener
	target   string
	mutex    sync.Mutex
	open     []net.Conn
	ended    sync.WaitGroup
}

// throughProxy returns a DSN for the same server that goes through a proxy.
func throughProxy(t *testing.T, dsn string) (string, *proxy) {
	t.Helper()
	uri, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, target: uri.Host}
	p.ended.Go(p.serve)
	t.Cleanup(func() {
		listener.Close()
		p.cut()
		p.ended.Wait()
	})
	uri.Host = listener.Addr().String()
	return uri.String(), p
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			client.Close()
			continue
		}
		p.mutex.Lock()
		p.open = append(p.open, client, server)
		p.mutex.Unlock()
		p.ended.Go(func() { relay(client, server) })
		p.ended.Go(func() { relay(server, client) })
	}
}

// relay copies until one side ends.
func relay(from, to net.Conn) {
	_, _ = io.Copy(to, from)
	to.Close()
	from.Close()
}

// cut ends all connections without a word of the protocol.
func (p *proxy) cut() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, conn := range p.open {
		conn.Close()
	}
	p.open = nil
}
