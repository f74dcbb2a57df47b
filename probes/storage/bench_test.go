package storage_test

import (
	"fmt"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/storage"
)

// BenchmarkTables looks at one, and at ten tables with four indexes each, over a loopback connection.
func BenchmarkTables(b *testing.B) {
	dsn := shop(b)
	conn := pgtest.Connect(b, dsn, nil)
	relations := []string{"orders"}
	for n := range 9 {
		name := fmt.Sprintf("more_%d", n)
		pgtest.Execute(b, conn, `CREATE TABLE shop.`+name+` (LIKE shop.orders INCLUDING ALL)`)
		relations = append(relations, name)
	}
	ask := asker(b, dsn)
	for _, n := range []int{1, 10} {
		b.Run(fmt.Sprintf("%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := storage.Tables(b.Context(), ask, named(relations[:n]...)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTablesPartitioned looks at a table of 200 partitions with two indexes each.
func BenchmarkTablesPartitioned(b *testing.B) {
	dsn := shop(b)
	conn := pgtest.Connect(b, dsn, nil)
	pgtest.Execute(b, conn, `CREATE TABLE shop.parts (n int PRIMARY KEY, word text) PARTITION BY RANGE (n)`, `CREATE INDEX ON shop.parts (word)`)
	for n := range 200 {
		pgtest.Execute(b, conn, fmt.Sprintf(`CREATE TABLE shop.part_%d PARTITION OF shop.parts FOR VALUES FROM (%d) TO (%d)`, n, n, n+1))
	}
	ask := asker(b, dsn)
	for b.Loop() {
		if _, err := storage.Tables(b.Context(), ask, named("parts")); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDiskSpace measures a small server's databases and folders.
func BenchmarkDiskSpace(b *testing.B) {
	ask := asker(b, shop(b))
	for b.Loop() {
		if _, err := storage.DiskSpace(b.Context(), ask); err != nil {
			b.Fatal(err)
		}
	}
}
