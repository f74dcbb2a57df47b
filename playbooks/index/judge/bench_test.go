package judge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/indextest"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// A draft for the seed's statement, by the size of its table: the largest, that of the incident, takes minutes to fill, so ask for it by name.
func BenchmarkAdvise(b *testing.B) {
	for _, rows := range []int{60_000, 600_000, 11_700_000} {
		b.Run(fmt.Sprintf("%d rows", rows), func(b *testing.B) {
			dsn := pgtest.Database(b)
			sized := strings.Replace(indextest.Table, "generate_series(1, 60000)", fmt.Sprintf("generate_series(1, %d)", rows), 1)
			conn := pgtest.Connect(b, dsn, nil)
			for _, sql := range strings.SplitAfter(sized, ";\n") {
				if _, err := conn.Exec(b.Context(), sql); err != nil { // the largest takes minutes
					b.Fatal(err)
				}
			}
			source, err := live.New(live.Config{DSN: dsn, LookOnly: true, Analyze: "only plans"})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(source.Close)
			for b.Loop() {
				a, err := Statement(b.Context(), source.Ask(), Query{Statement: indextest.Statement})
				if err != nil || a.Verdict != Recommended {
					b.Fatal(a.Verdict, a.Reason, err)
				}
			}
		})
	}
}
