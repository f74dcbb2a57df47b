package live

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// A pooler shares server connections among its clients. It shows by its behaviour, whatever it is called: it refuses the settings of the startup
// packet, or does not pass them on, or the backend is not the one whose key came with the login. Through a pooler pgmedic uses no state of a session:
// no SET, no prepared statements of the protocol, and each look at the server is one transaction with settings of its own (SET LOCAL), so that it stays
// on one server connection and leaves nothing behind there.

// pooled is what stands between pgmedic and the server.
type pooled struct {
	kind probes.Pooler
	port int // on which the server itself listens
}

// The transaction of a look through a pooler. No function is called before search_path is set: nobody's can stand in for a built-in one.
// Costs a round trip, and another at its end. Versions 13 and later. Every role may.
const (
	pooledBegin = "BEGIN " + pooledTag + "READ ONLY; SET LOCAL " + pooledTag + "search_path = pg_catalog; SET LOCAL " + pooledTag +
		"statement_timeout = 1500; SET LOCAL " + pooledTag + "lock_timeout = 500; SET LOCAL " + pooledTag + "idle_in_transaction_session_timeout = 10000"
	pooledEnd = "ROLLBACK " + pooledTag
	pooledTag = probes.OwnTag + "pooled */ "
)

// refusesSettings says whether a login was refused for what the startup packet asks, as poolers do: a protocol violation, a feature or a name that
// is not known.
func refusesSettings(err error) bool {
	state := pgerr.State(err)
	if len(state) != 5 || hopeless[state] {
		return false
	}
	switch state[:2] {
	case "08", "0A", "42", "22":
		return true
	}
	return false
}

// pooledConfig is a session's configuration without any state. The driver then sends each statement in one message, unnamed.
func pooledConfig(cfg *pgx.ConnConfig, r role) *pgx.ConnConfig {
	own := cfg.Copy()
	for name := range r.settings() {
		if name != "application_name" && name != "client_encoding" { // these a pooler keeps for each of its clients
			delete(own.RuntimeParams, name)
		}
	}
	own.DefaultQueryExecMode = pgx.QueryExecModeExec
	own.StatementCacheCapacity, own.DescriptionCacheCapacity = 0, 0
	return own
}

// poolerPatience is how long the second connection that tells the kinds of pooler apart may take to be served.
const poolerPatience = 2 * time.Second

// poolerRounds is how often the two connections look which backend they have.
const poolerRounds = 5

// recognise says how the pooler shares its server connections. Two connections that take turns show it: a backend that serves both, or one of them
// that changes it, is shared by transaction. Only where each keeps its own the pool is by session; where the second is not served, nothing is proven,
// and transaction is the careful answer.
func recognise(ctx context.Context, conn *pgx.Conn) (probes.Pooler, error) {
	if err := begins(ctx, conn); err != nil {
		if conn.IsClosed() || pgerr.State(err) != "" && ctx.Err() == nil {
			return probes.PoolStatement, nil
		}
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, poolerPatience)
	defer cancel()
	other, err := pgx.ConnectConfig(ctx, conn.Config())
	if err != nil {
		return probes.PoolTransaction, nil
	}
	defer drop(other)
	var mine, others int32
	for range poolerRounds {
		for _, of := range []struct {
			conn *pgx.Conn
			pid  *int32
		}{{conn, &mine}, {other, &others}} {
			var pid int32
			if err := of.conn.QueryRow(ctx, query("backend")).Scan(&pid); err != nil {
				return probes.PoolTransaction, nil
			}
			if *of.pid != 0 && *of.pid != pid {
				return probes.PoolTransaction, nil
			}
			*of.pid = pid
		}
		if mine == others {
			return probes.PoolTransaction, nil
		}
	}
	return probes.PoolSession, nil
}

// begins tries a transaction. A pooler by statement refuses it and, as a rule, hangs up.
func begins(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.PgConn().Exec(ctx, pooledBegin).ReadAll()
	if err == nil {
		_, err = conn.PgConn().Exec(ctx, pooledEnd).ReadAll()
	}
	return err
}

// inOneTransaction runs fn in a guarded transaction on one server connection, of which fn gets the pid. fn calls mend after a statement that failed:
// it begins another transaction, because the server refuses all else in one that has failed.
func inOneTransaction(ctx context.Context, conn *pgx.Conn, fn func(pid int32, mend func(context.Context) error) error) error {
	if _, err := conn.PgConn().Exec(ctx, pooledBegin).ReadAll(); err != nil {
		return &pgerr.Step{Doing: "beginning a transaction", Err: err}
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), cancelPatience)
		defer cancel()
		if conn.IsClosed() {
			return
		}
		if _, err := conn.PgConn().Exec(ctx, pooledEnd).ReadAll(); err != nil {
			drop(conn) // the pooler then closes the server connection: nothing of it is shared
		}
	}()
	var pid int32
	if err := conn.QueryRow(ctx, query("backend")).Scan(&pid); err != nil {
		return &pgerr.Step{Doing: "reading which server connection this is", Err: err}
	}
	return fn(pid, func(ctx context.Context) error {
		if conn.PgConn().TxStatus() != 'E' {
			return nil
		}
		_, err := conn.PgConn().Exec(ctx, pooledEnd+"; "+pooledBegin).ReadAll()
		return err
	})
}

// words names the pooler and the way round it.
func (p pooled) words() string {
	return fmt.Sprintf("through a pooler (%s mode)", p.kind)
}

// direct says what to do instead.
func (p pooled) direct() string {
	if p.port == 0 {
		return "connect to the server directly"
	}
	return "connect to the server directly (it listens on port " + strconv.Itoa(p.port) + ")"
}

// failure says what is not known through the pooler.
func (p pooled) failure() probes.Failure {
	reason := p.words() + ": connections are those of the pooler, not of its clients, and an application's name is that of the client that a server " +
		"connection served last; pgmedic's own are known by their name alone; "
	if p.kind == probes.PoolStatement {
		reason += "there are no transactions, so no statement_timeout bounds pgmedic's statements but its own patience, and EXPLAIN is not possible; "
	}
	return probes.Failure{Probe: "pooler", Reason: reason + "nothing can be changed: " + p.direct()}
}

// refuse says why a session that changes things, or needs a transaction, is not there.
func (p pooled) refuse(what string) error {
	return errors.New(p.words() + " " + what + " is not possible: " + p.direct())
}
