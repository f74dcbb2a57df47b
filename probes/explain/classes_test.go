package explain

import (
	"context"
	"net"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/plan"
)

func number(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (a *asker) classes(t *testing.T, q Question, classes ...plan.Class) (all []*plan.Plan, err error) {
	t.Helper()
	a.in(t, func(tx pgx.Tx) {
		defer Forget(a.conn)
		all, err = Classes(t.Context(), Context{Tx: tx, Server: a.server, Key: []byte("k"), Now: time.Now()}, q, classes...)
	})
	return all, err
}

// Several classes of one preparation are what each is alone.
func TestClassesAreThoseOfExplain(t *testing.T) {
	ask, _ := valuesAsker(t)
	order := []plan.Class{plan.Heavy, plan.Typical, plan.Generic}
	for _, statement := range []string{
		"SELECT * FROM orders WHERE customer = $1 AND status = $2", "SELECT * FROM customers WHERE email LIKE $1 LIMIT $2", "SELECT * FROM orders WHERE id > $1 AND id < $2",
		"UPDATE orders SET region = $1 WHERE customer = $2",
	} {
		all, err := ask.classes(t, Question{Statement: statement}, order...)
		if err != nil || len(all) != 3 {
			t.Fatalf("%s: %d plans, %v", statement, len(all), err)
		}
		for i, class := range order {
			alone := ask.explained(t, Question{Statement: statement, Class: class})
			p := all[i]
			if p.Origin.Class != class || p.Root.TotalCost != alone.Root.TotalCost || p.Origin.Values != alone.Origin.Values {
				t.Errorf("%s %s: %+v, alone %+v", statement, class, p.Origin, alone.Origin)
			}
			if class == plan.Generic && slices.ContainsFunc(p.Origin.Parameters, func(one plan.Parameter) bool { return one.Value != nil || one.From != plan.FromNone }) {
				t.Errorf("generic with values: %+v", p.Origin.Parameters)
			}
		}
	}
	if all, err := ask.classes(t, Question{Statement: "SELECT * FROM orders WHERE customer = 5"}, order...); err != nil || len(all) != 1 || all[0].Origin.Class != plan.Given {
		t.Errorf("without parameters: %d plans, %v", len(all), err)
	}
	if _, err := ask.classes(t, Question{Statement: "SELECT * FROM nowhere"}, order...); err == nil {
		t.Error("no error for a table that is not there")
	}
}

// turns counts how often the talk turns from the client to the server: each turn is a round trip.
type turns struct {
	net.Conn
	reading atomic.Bool
	count   atomic.Int64
}

func (c *turns) Write(b []byte) (int, error) {
	if c.reading.Swap(false) {
		c.count.Add(1)
	}
	return c.Conn.Write(b)
}

func (c *turns) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.reading.Store(true)
	}
	return n, err
}

// TestRoundTrips bounds the round trips that plans cost: a server far away answers each in its own time.
func TestRoundTrips(t *testing.T) {
	ask, dsn := valuesAsker(t)
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	counted := &turns{}
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		counted.Conn = conn
		return counted, err
	}
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	far := &asker{conn: conn, server: ask.server, timeout: "10s"}
	const statement = "SELECT * FROM orders WHERE customer = $1 AND status = $2 AND region > $3"
	order := []plan.Class{plan.Heavy, plan.Typical, plan.Generic}
	measure := func(do func()) int64 {
		do() // the driver prepares pgmedic's own queries once
		before := counted.count.Load()
		do()
		return counted.count.Load() - before
	}
	alone := measure(func() {
		for _, class := range order {
			far.explained(t, Question{Statement: statement, Class: class})
		}
	})
	together := measure(func() {
		if _, err := far.classes(t, Question{Statement: statement}, order...); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("round trips of three classes: one by one %d, together %d", alone, together)
	if together > roundTripsMost || 2*together > alone {
		t.Errorf("three classes together take %d round trips, one by one %d", together, alone)
	}
}

// roundTripsMost is for three classes of a statement with three parameters, the transaction and its bounds included.
const roundTripsMost = 40
