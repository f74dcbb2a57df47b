package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func lines(pairs []Pair) []string {
	var all []string
	for _, p := range pairs {
		all = append(all, fmt.Sprintf("%d %s | %s", p.Depth, name(p.Before), name(p.After)))
	}
	return all
}

func name(n *Node) string {
	if n == nil {
		return "-"
	}
	return strings.TrimSpace(n.Type + " " + n.Alias)
}

func TestAlignPutsTheScansOfATableBesideEachOther(t *testing.T) {
	want := []string{"0 Limit | Limit", "1 Sort | -", "2 Gather | -", "3 Seq Scan reports | Index Scan reports"}
	if got := lines(Align(load(t, "15-before"), load(t, "15-after"))); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAlign(t *testing.T) {
	table := func(nodeType, relation string) *Node {
		return &Node{Type: nodeType, Relation: relation, Alias: relation}
	}
	over := func(nodeType string, children ...*Node) *Node { return &Node{Type: nodeType, Children: children} }
	cases := []struct {
		name          string
		before, after *Node
		want          []string
	}{
		{"another kind of join", over("Hash Join", table("Seq Scan", "a"), over("Hash", table("Seq Scan", "b"))),
			over("Nested Loop", table("Seq Scan", "a"), table("Index Scan", "b")),
			[]string{"0 Hash Join | Nested Loop", "1 Seq Scan a | Seq Scan a", "1 Hash | -", "2 Seq Scan b | Index Scan b"}},
		{"a bitmap instead of a scan", table("Seq Scan", "a"),
			&Node{Type: "Bitmap Heap Scan", Relation: "a", Alias: "a", Children: []*Node{{Type: "Bitmap Index Scan", Index: "i"}}},
			[]string{"0 Seq Scan a | Bitmap Heap Scan a", "1 - | Bitmap Index Scan"}},
		{"an update is no scan of its table", &Node{Type: "ModifyTable", Relation: "a", Alias: "a", Children: []*Node{table("Seq Scan", "a")}},
			table("Seq Scan", "a"), []string{"0 ModifyTable a | -", "1 Seq Scan a | Seq Scan a"}},
		{"nothing in common", table("Seq Scan", "a"), table("Seq Scan", "b"), []string{"0 Seq Scan a | -", "0 - | Seq Scan b"}},
	}
	for _, c := range cases {
		if got := lines(Align(&Plan{Root: c.before}, &Plan{Root: c.after})); !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestAlignWithoutAPlan(t *testing.T) {
	if got := lines(Align(nil, load(t, "15-after"))); len(got) != 2 || got[0] != "0 - | Limit" {
		t.Errorf("got %q", got)
	}
}

func TestAlignListsHugePlansOneAfterTheOther(t *testing.T) {
	huge := &Node{Type: "Append"}
	for range 2500 {
		huge.Children = append(huge.Children, &Node{Type: "Seq Scan", Relation: "part"})
	}
	if pairs := Align(&Plan{Root: huge}, &Plan{Root: huge}); len(pairs) != 5002 {
		t.Errorf("%d pairs", len(pairs))
	}
}
