package main

import (
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestDSN(t *testing.T) {
	tests := map[string]struct {
		flags connection
		args  []string
		want  string // host:port/database as pgx reads it; "usage" for an error
	}{
		"uri":               {args: []string{"postgres://u@db.example:6543/orders"}, want: "db.example:6543/orders"},
		"key=value":         {args: []string{"host=db.example port=6543 dbname=orders user=u"}, want: "db.example:6543/orders"},
		"a word":            {flags: connection{host: "db.example", user: "u"}, args: []string{"orders"}, want: "db.example:5432/orders"},
		"flags":             {flags: connection{host: "db.example", port: "6543", user: "u", database: "orders"}, want: "db.example:6543/orders"},
		"quote in a name":   {flags: connection{host: "db.example", user: "u", database: `it's \ odd`}, want: `db.example:5432/it's \ odd`},
		"uri behind -d":     {flags: connection{database: "postgres://u@db.example/orders"}, want: "db.example:5432/orders"},
		"named twice":       {flags: connection{database: "a"}, args: []string{"b"}, want: "usage"},
		"uri and host flag": {flags: connection{host: "x"}, args: []string{"postgres://db.example/orders"}, want: "usage"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dsn, err := test.flags.dsn(test.args)
			if test.want == "usage" {
				if _, ok := err.(usageError); !ok {
					t.Fatalf("dsn() = %q, %v; want a usage error", dsn, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			config, err := pgx.ParseConfig(dsn)
			if err != nil {
				t.Fatalf("pgx does not read %q: %v", dsn, err)
			}
			if got := config.Host + ":" + strconv.Itoa(int(config.Port)) + "/" + config.Database; got != test.want {
				t.Errorf("%q connects to %s, want %s", dsn, got, test.want)
			}
		})
	}
}
