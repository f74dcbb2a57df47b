package sqltext

import "strings"

// WithOperators makes one token of each OPERATOR(schema.=), as the server prints an operator that its search_path does not lead to. The tokens are without white space.
func WithOperators(tokens []Token) []Token {
	var all []Token
	for i := 0; i < len(tokens); i++ {
		if _, _, ok := schemaOperator(tokens[i:]); !ok {
			all = append(all, tokens[i])
			continue
		}
		text := ""
		for _, t := range tokens[i : i+6] {
			text += t.Text
		}
		all = append(all, Token{Operator, text})
		i += 5
	}
	return all
}

// SchemaOperator is the schema and the name of an operator in a token that WithOperators made.
func SchemaOperator(t Token) (schema, name string, ok bool) {
	if t.Kind != Operator {
		return "", "", false
	}
	return schemaOperator(Scan(t.Text))
}

// PlainOperators writes every OPERATOR(schema.=) without its schema.
func PlainOperators(text string) string {
	if !strings.Contains(text, "OPERATOR") {
		return text
	}
	tokens := Scan(text)
	plain := ""
	for i := 0; i < len(tokens); i++ {
		if _, name, ok := schemaOperator(tokens[i:]); ok {
			plain += name
			i += 5
			continue
		}
		plain += tokens[i].Text
	}
	return plain
}

// schemaOperator reads the OPERATOR(schema.=) that the tokens begin with.
func schemaOperator(tokens []Token) (schema, name string, ok bool) {
	if len(tokens) < 6 || !tokens[0].Is("OPERATOR") || !tokens[1].Is("(") || !isName(tokens[2]) || !tokens[3].Is(".") || tokens[4].Kind != Operator || !tokens[5].Is(")") {
		return "", "", false
	}
	return nameOf(tokens[2]), tokens[4].Text, true
}
