package sqltext

import "testing"

func TestHeadline(t *testing.T) {
	tests := []struct {
		statement string
		width     int
		want      string
	}{
		{"SELECT id, title\nFROM reports.reports\nWHERE id = $1", 60, "SELECT … FROM reports.reports WHERE id = $1"},
		{"select (select max(b) from u), c from t where a = $1", 60, "select … from t where a = $1"},
		{"SELECT a FROM t", 60, "SELECT a FROM t"},
		{"SELECT * FROM t", 60, "SELECT * FROM t"},
		{"SELECT now()", 60, "SELECT now()"},
		{"SELECT", 60, "SELECT"},
		{"UPDATE t SET a = $1 FROM u", 60, "UPDATE t SET a = $1 FROM u"},
		{"INSERT INTO reports.reports VALUES ($1)", 12, "INSERT INTO…"},
		{"SELECT a FROM t", 0, "…"},
		{"", 60, ""},
	}
	for _, test := range tests {
		if got := Headline(test.statement, test.width); got != test.want {
			t.Errorf("Headline(%q, %d) = %q, want %q", test.statement, test.width, got, test.want)
		}
	}
}
