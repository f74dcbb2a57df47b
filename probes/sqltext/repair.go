package sqltext

import (
	"slices"
	"strings"
)

// Repair makes SQL again of a text that pg_stat_statements broke while it took the constants out: EXTRACT($8 FROM x), interval $1, date $1, timestamp[tz] $1, ….
// It returns the text unchanged where nothing needs repair. version is server_version_num. A repaired constant keeps its type and its number, and
// pg_catalog.extract is the function that EXTRACT stands for, so that the plan is the one of the statement.
func Repair(statement string, version int) string {
	tokens := splitGlued(Scan(statement))
	var b strings.Builder
	for i := 0; i < len(tokens); {
		repaired, end := repairAt(tokens, i, version)
		b.WriteString(repaired)
		i = end
	}
	return b.String()
}

// repairAt returns the text for the tokens from i on, and the position after those that it stands for.
func repairAt(tokens []Token, i, version int) (string, int) {
	if parameter, end := extractField(tokens, i); end > i {
		return extractFunction(version) + "(" + parameter.Text + ",", end
	}
	if typeEnd := constantTypeEnd(tokens, i); typeEnd > i {
		if at := solid(tokens, typeEnd); at < len(tokens) && tokens[at].Kind == Parameter {
			return tokens[at].Text + "::" + join(tokens[i:typeEnd]), at + 1
		}
	}
	return tokens[i].Text, i + 1
}

// extractField recognises EXTRACT($n FROM and returns the parameter and the position after FROM; else i.
func extractField(tokens []Token, i int) (Token, int) {
	if !tokens[i].Is("extract") {
		return Token{}, i
	}
	open := solid(tokens, i+1)
	field := solid(tokens, open+1)
	from := solid(tokens, field+1)
	if from == len(tokens) || !tokens[open].Is("(") || tokens[field].Kind != Parameter || !tokens[from].Is("FROM") {
		return Token{}, i
	}
	return tokens[field], from + 1
}

// extractFunction is what the server turns EXTRACT into. The field stands in quotes nowhere: after a dot the keyword is a plain name.
func extractFunction(version int) string {
	if version < 140000 {
		return "pg_catalog.date_part"
	}
	return "pg_catalog.extract"
}

// constantTypeEnd returns the position after a type that can stand before a constant, as in date '2024-01-01'; i where none begins.
func constantTypeEnd(tokens []Token, i int) int {
	name := i
	if i+2 < len(tokens) && tokens[i].Is("pg_catalog") && tokens[i+1].Is(".") {
		name = i + 2
	}
	if i > 0 && tokens[i-1].Is(".") || !isConstantType(tokens[name]) {
		return i
	}
	return TypeEnd(tokens, i)
}

func isConstantType(t Token) bool {
	return t.Kind == Word && slices.Contains(strings.Fields(constantTypes), strings.ToLower(t.Text))
}

// constantTypes are the built-in types that people write before a constant. No operator or keyword of this list can stand before a parameter in sound SQL.
const constantTypes = `bigint bit bool boolean bpchar bytea char character cidr date daterange dec decimal double float float4 float8 inet int int2 int4
 int4range int8 int8range integer interval json jsonb macaddr money numeric numrange oid point real regclass smallint text time timestamp timestamptz timetz
 tsquery tsrange tstzrange tsvector uuid varbit varchar xml`

// splitGlued takes apart what was date'2024-01-01' and became date$1, which is a name to the server.
func splitGlued(tokens []Token) []Token {
	var split []Token
	for _, t := range tokens {
		head, number, found := strings.Cut(t.Text, "$")
		parameter := Token{Parameter, "$" + number}
		if t.Kind == Word && found && isConstantType(Token{Word, head}) && parameterNumber(parameter) > 0 {
			split = append(split, Token{Word, head}, parameter)
		} else {
			split = append(split, t)
		}
	}
	return split
}
