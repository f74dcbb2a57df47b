package price

import (
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/playbooks/index/table"
)

// calibration is what CREATE INDEX CONCURRENTLY took on PostgreSQL 15 for a table of a million rows on 51,789 pages.
var calibration = []struct {
	name    string
	index   shape.Index
	entries float64
	bytes   float64
	took    time.Duration
}{
	{"numbers in order", shape.Index{Keys: columns("id")}, 1e6, 22487040, 1026 * time.Millisecond},
	{"numbers at random", shape.Index{Keys: columns("r")}, 1e6, 22487040, 1304 * time.Millisecond},
	{"uuid", shape.Index{Keys: columns("u")}, 1e6, 31563776, 1472 * time.Millisecond},
	{"numeric", shape.Index{Keys: columns("num")}, 1e6, 22519808, 1703 * time.Millisecond},
	{"text", shape.Index{Keys: columns("t")}, 1e6, 40607744, 2160 * time.Millisecond},
	{"longer text", shape.Index{Keys: columns("email")}, 1e6, 77512704, 2617 * time.Millisecond},
	{"text by its bytes", shape.Index{Keys: []shape.Key{{Column: "email", Collation: `"C"`}}}, 1e6, 77512704, 1830 * time.Millisecond},
	{"three columns", shape.Index{Keys: columns("k", "r", "id")}, 1e6, 40583168, 1701 * time.Millisecond},
	{"expression", shape.Index{Keys: []shape.Key{{Expression: "lower(email)", Columns: []string{"email"}}}}, 1e6, 77512704, 3020 * time.Millisecond},
	{"partial", shape.Index{Keys: columns("r"), Where: []shape.Clause{{SQL: "k = 3"}}}, 2e5, 4513792, 636 * time.Millisecond},
	{"nearly empty", shape.Index{Keys: columns("r"), Where: []shape.Clause{{SQL: "r < 10"}}}, 10, 16384, 600 * time.Millisecond},
	{"block ranges", shape.Index{Method: "brin", Keys: columns("id")}, 1e6, 32768, 864 * time.Millisecond},
	{"hash", shape.Index{Method: "hash", Keys: columns("r")}, 1e6, 33570816, 2623 * time.Millisecond},
	{"array", shape.Index{Method: "gin", Keys: columns("tags")}, 1e6, 15220736, 3716 * time.Millisecond},
	{"trigrams", shape.Index{Method: "gin", Keys: []shape.Key{{Column: "email", Opclass: "gin_trgm_ops"}}}, 1e6, 173883392, 33184 * time.Millisecond},
	{"ranges", shape.Index{Method: "gist", Keys: []shape.Key{{Expression: "tstzrange(at, at)", Columns: []string{"at"}}}}, 1e6, 44687360, 3744 * time.Millisecond},
}

func columns(names ...string) []shape.Key {
	var keys []shape.Key
	for _, name := range names {
		keys = append(keys, shape.Key{Column: name})
	}
	return keys
}

// The rates still say what was measured, within a factor of 1.6 each.
func TestBuildTimeIsWhatWasMeasured(t *testing.T) {
	measured := &table.Table{Rows: 1e6, Pages: 51789, Columns: map[string]table.Column{
		"id":    {TypeName: "int8", Length: 8, Category: "N", Correlation: 1},
		"r":     {TypeName: "int8", Length: 8, Category: "N"},
		"k":     {TypeName: "int8", Length: 8, Category: "N"},
		"at":    {TypeName: "timestamptz", Length: 8, Category: "D", Correlation: 1},
		"u":     {TypeName: "uuid", Length: 16, Category: "U"},
		"num":   {TypeName: "numeric", Length: -1, Category: "N", Width: 6},
		"t":     {TypeName: "text", Length: -1, Category: "S", Width: 17},
		"email": {TypeName: "text", Length: -1, Category: "S", Width: 49},
		"tags":  {TypeName: "_text", Length: -1, Category: "A", Width: 60},
	}, Items: map[string]table.Items{"tags": {All: 3e6}, "email gin_trgm_ops": {All: 4e7}}}
	for _, c := range calibration {
		said := BuildTime(measured, c.index, c.entries, c.bytes)
		if off(said.Seconds()/c.took.Seconds()) > 1.6 {
			t.Errorf("%s: took %s, said %s", c.name, c.took, said)
		}
		larger := *measured
		larger.Rows, larger.Pages = 1e7, 517890
		larger.Items = map[string]table.Items{"tags": {All: 3e7}, "email gin_trgm_ops": {All: 4e8}}
		if ten := BuildTime(&larger, c.index, 10*c.entries, 10*c.bytes); ten < 5*said {
			t.Errorf("%s: ten times the table takes %s instead of %s", c.name, ten, said)
		}
	}
}
