package sqltext

import "testing"

func TestSeveral(t *testing.T) {
	tests := map[string]bool{
		"SELECT 1":                     false,
		"SELECT 1 ; ":                  false,
		"SELECT ';'":                   false,
		`SELECT a AS "x;y" FROM t`:     false,
		"SELECT $$;$$":                 false,
		"SELECT 1 ;; /* ; */":          false,
		"SELECT 1 -- ;\n":              false,
		"SELECT 1; SELECT 2":           true,
		"BEGIN; SELECT 1 /* ; */ ; --": true,
	}
	for text, want := range tests {
		if got := Several(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
