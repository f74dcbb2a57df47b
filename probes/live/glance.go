package live

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// The transaction of a glance, sent statement by statement. Costs under 0.1 ms. Versions 13 and later. Every role may.
const (
	glanceBegin = "BEGIN " + probes.OwnTag + "glance */ READ ONLY"
	glancePath  = "SET LOCAL " + probes.OwnTag + "glance */ search_path = pg_catalog"
	glanceEnd   = "ROLLBACK " + probes.OwnTag + "glance */"
)

// Glance runs one query of pgmedic's own, which costs little, in a read-only transaction that takes one round trip in all: for who looks several times a second at a
// server that is so busy that each round trip waits for its turn. The session's own timeouts bound it. read gets the rows.
func (a *Asker) Glance(ctx context.Context, read func(pgx.Rows) error, sql string, args ...any) error {
	return pgerr.Harmless(a.server.ask.use(ctx, func(conn *pgx.Conn) error {
		if between := a.server.ask.pooled; between.kind == probes.PoolStatement {
			return between.refuse("a transaction")
		}
		return glance(ctx, conn, read, sql, args)
	}))
}

// Glance is Asker.Glance over the act session, which rests between two signals: what is drafted meanwhile holds the ask session for seconds.
func (s *ActSession) Glance(ctx context.Context, read func(pgx.Rows) error, sql string, args ...any) error {
	return s.send(func(sending context.Context, conn *pgx.Conn) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(sending, cancel)()
		return glance(ctx, conn, read, sql, args)
	})
}

func glance(ctx context.Context, conn *pgx.Conn, read func(pgx.Rows) error, sql string, args []any) error {
	var batch pgx.Batch
	batch.Queue(glanceBegin)
	batch.Queue(glancePath)
	batch.Queue(sql, args...).Query(read)
	batch.Queue(glanceEnd)
	err := conn.SendBatch(ctx, &batch).Close()
	if err != nil && !conn.IsClosed() && conn.PgConn().TxStatus() != 'I' {
		ctx, cancel := context.WithTimeout(context.Background(), cancelPatience)
		defer cancel()
		_, _ = conn.Exec(ctx, glanceEnd) // what stood behind the query was not run; where this fails the connection is closed
	}
	return err
}
