package sqltext

import "testing"

func TestOperatorsWithASchema(t *testing.T) {
	const text = `(a OPERATOR("Odd (x".->) 'OPERATOR(b.=)'::text) = OPERATOR(b.c)`
	if got := PlainOperators(text); got != `(a -> 'OPERATOR(b.=)'::text) = OPERATOR(b.c)` {
		t.Errorf("plain: %s", got)
	}
	var tokens []Token
	for _, one := range Scan(text) {
		if one.Kind != Space {
			tokens = append(tokens, one)
		}
	}
	merged := WithOperators(tokens)
	schema, name, ok := SchemaOperator(merged[2])
	if !ok || schema != "Odd (x" || name != "->" || len(merged) != len(tokens)-5 {
		t.Errorf("%q %q %v in %+v", schema, name, ok, merged)
	}
	if _, _, ok := SchemaOperator(Token{Operator, "->"}); ok {
		t.Error("a plain operator has no schema")
	}
}
