package sqltext

import (
	"slices"
	"testing"
)

func TestNames(t *testing.T) {
	got := Names(`SELECT Ünd(x), s . "F""x" /* here */ (1), (t).a, U&"\0066"(2) FROM 'no' /* no() */`)
	want := []Name{
		{Name: "select"}, {Name: "Ünd", Called: true}, {Name: "x"}, {Name: "s"}, {Schema: "s", Name: `F"x`, Called: true, Field: true}, {Name: "t"},
		{Name: "a", Field: true}, {Name: `U&"\0066`, Called: true, Escaped: true}, {Name: "from"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got, want := Operators(`a != b AND c Like d AND "in" BETWEEN 1 AND 2`), []string{"<>", "~~", "!~~", ">=", "<=", "<", ">"}; !slices.Equal(got, want) {
		t.Errorf("operators %q, want %q", got, want)
	}
	if got, want := Operators(`a <-> -b * '+' /* - */ ::int`), []string{"<->", "-", "*", "::"}; !slices.Equal(got, want) {
		t.Errorf("operators %q, want %q", got, want)
	}
}
