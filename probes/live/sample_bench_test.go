package live

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/sampler"
)

// BenchmarkSample takes samples of a server with 80 connections and 500 statements, over a loopback connection.
func BenchmarkSample(b *testing.B) {
	dsn := pgtest.Database(b)
	ctx := context.Background()
	var conns []*pgx.Conn
	for range 80 {
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			b.Fatal(err)
		}
		conns = append(conns, conn)
	}
	defer func() {
		for _, conn := range conns {
			_ = conn.Close(ctx)
		}
	}()
	var columns, statements []string
	for i := range 500 {
		columns = append(columns, fmt.Sprintf("c%d int", i))
		statements = append(statements, fmt.Sprintf("SELECT c%d FROM wide", i))
	}
	for _, sql := range append([]string{"CREATE TABLE wide (" + strings.Join(columns, ", ") + ")"}, statements...) {
		if _, err := conns[0].Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			b.Fatal(err)
		}
	}
	s, err := New(Config{DSN: dsn})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var current *sampler.Sampler
	for b.Loop() {
		if _, err := s.sample(ctx, &current); err != nil {
			b.Fatal(err)
		}
	}
}
