package sqltext

import "testing"

func TestPublic(t *testing.T) {
	tests := map[string]string{
		"SELECT * FROM t WHERE id = 7":             "SELECT * FROM t WHERE id = $1",
		"ALTER ROLE r PASSWORD 'hunter2'":          "ALTER",
		"/* x */ create role r password 'hunter2'": "CREATE",
		"COMMIT;": "COMMIT",
		"SELECT 1; ALTER ROLE r PASSWORD 'hunter2'":   "SELECT",
		"SELECT * FROM t WHERE secret = 'hunter2 and": "SELECT * FROM t WHERE secret = $1", // clipped
		"SELECT \"a\x1b[31m\"":                        `SELECT "a\x1B[31m"`,
	}
	for text, want := range tests {
		if got := Public(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		} else if Public(got) != want {
			t.Errorf("%q becomes %q the second time", want, Public(got))
		}
	}
}
