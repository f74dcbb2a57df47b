package plan

import "testing"

func TestWithCalls(t *testing.T) {
	scan := &Node{Type: "Function Scan", Alias: "q", Fields: map[string]string{"Function Call": "to_tsquery($1, $2)"}}
	p := &Plan{Root: &Node{Type: "Nested Loop", Children: []*Node{scan, {Type: "Seq Scan", Alias: "docs"}}}}
	for condition, want := range map[string]string{
		"(docs.tsv @@ q.q)":      "(docs.tsv @@ to_tsquery($1, $2))",
		"(docs.q = 'q.q'::text)": "(docs.q = 'q.q'::text)",
		"":                       "",
	} {
		if got := p.WithCalls(condition); got != want {
			t.Errorf("%s: %s, want %s", condition, got, want)
		}
	}
}
