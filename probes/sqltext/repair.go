package sqltext

import (
	"strconv"
	"strings"
)

// Repair makes SQL again of a text that pg_stat_statements broke while it took the constants out: EXTRACT($8 FROM x), interval $1, date $1, timestamp[tz] $1,
// citext $1, a list that version 18 squashed to one element, …. A GROUP BY whose constant stayed is for RepeatParameters.
// It returns the text unchanged where nothing needs repair. version is server_version_num. A repaired constant keeps its type and its number, and
// pg_catalog.extract is the function that EXTRACT stands for, so that the plan is the one of the statement. Of a squashed list nobody knows the length: it
// becomes one of two, which is the least that is squashed, with a parameter of a new number.
func Repair(statement string, version int) string {
	tokens := splitGlued(Scan(statement))
	if highest := highestParameter(tokens); highest > 0 {
		tokens = unsquash(tokens, highest)
	}
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
	if tokens[i].Kind == Parameter {
		return withConstant(tokens, i), i + 1
	}
	if typeEnd := constantTypeEnd(tokens, i); typeEnd > i {
		if at := solid(tokens, typeEnd); at < len(tokens) && tokens[at].Kind == Parameter {
			return tokens[at].Text + "::" + join(tokens[i:typeEnd]), at + 1
		}
	}
	return tokens[i].Text, i + 1
}

// withConstant returns the text for the parameter at i: a constant where the server takes nothing else, as for JSON_TABLE's path and the DEFAULT of SQL/JSON. Which
// one is lost, and does not matter to the plan.
func withConstant(tokens []Token, i int) string {
	before, after := nextSolid(tokens, i, -1), nextSolid(tokens, i, 1)
	if before < 0 || after < 0 {
		return tokens[i].Text
	}
	behind := nextSolid(tokens, after, 1)
	switch {
	case tokens[before].Is("DEFAULT") && tokens[after].Is("ON") && behind > 0 && tokens[behind].isOneOf("EMPTY", "ERROR"):
		return "NULL"
	case tokens[before].Is(",") && tokens[after].isOneOf("COLUMNS", "PASSING") && calls(tokens, before, "json_table"):
		return "'$'"
	}
	return tokens[i].Text
}

// calls says whether the position is inside the parentheses of a call of the function, directly.
func calls(tokens []Token, i int, function string) bool {
	for depth := 0; i >= 0; i-- {
		switch {
		case tokens[i].Is(")"):
			depth++
		case tokens[i].Is("(") && depth == 0:
			name := nextSolid(tokens, i, -1)
			return name >= 0 && tokens[name].Is(function)
		case tokens[i].Is("("):
			depth--
		}
	}
	return false
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

// constantTypeEnd returns the position after a type that can stand before a constant, as in date '2024-01-01'; i where none begins. Any name that is no
// keyword is such a type where a constant or a parameter follows it: nothing else in SQL looks like that.
func constantTypeEnd(tokens []Token, i int) int {
	if i > 0 && tokens[i-1].Is(".") || !isName(tokens[i]) {
		return i
	}
	end := TypeEnd(tokens, i)
	qualified := i+1 < len(tokens) && tokens[i+1].Is(".")
	if isConstantType(tokens[i]) || qualified && i+2 < len(tokens) && isName(tokens[i+2]) {
		return end
	}
	if at := solid(tokens, end); at == len(tokens) || tokens[at].Kind != Parameter {
		return i
	}
	if tokens[i].Kind == Word && beforeConstant[strings.ToLower(tokens[i].Text)] {
		return i
	}
	return end
}

func isConstantType(t Token) bool { return t.Kind == Word && constantTypes[strings.ToLower(t.Text)] }

// constantTypes are the built-in types that people write before a constant. No operator or keyword of this list can stand before a parameter in sound SQL.
var constantTypes = wordSet(`bigint bit bool boolean bpchar bytea char character cidr date daterange dec decimal double float float4 float8 inet int int2 int4
 int4range int8 int8range integer interval json jsonb macaddr money numeric numrange oid point real regclass smallint text time timestamp timestamptz timetz
 tsquery tsrange tstzrange tsvector uuid varbit varchar xml`)

// beforeConstant are the keywords that can stand before a constant.
var beforeConstant = wordSet(`absolute all and any array as asc asymmetric backward between both by case check content default desc distinct document else end escape except execute
 exists fetch filter first following for forward from groups having ilike in indent intersect is isnull key last leading like limit minvalue move next not
 notnull null nulls of offset on only or order over overlay overlaps passing path placing position preceding prepare range relative repeatable returning rollback row
 rows savepoint select set similar some substring symmetric tablesample then ties to trailing union unique using value values variadic version when where window
 with within work zone`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}

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

// squashMark is the comment that version 18 leaves in the place of a list's further elements.
const squashMark = "/*, ... */"

// unsquash makes a list of two of what version 18 squashed: IN ($1 /*, ... */).
func unsquash(tokens []Token, highest int) []Token {
	var whole []Token
	for _, t := range tokens {
		if t.Kind == Comment && t.Text == squashMark {
			highest++
			whole = append(whole, Token{Mark, ","}, Token{Space, " "}, Token{Parameter, "$" + strconv.Itoa(highest)})
		} else {
			whole = append(whole, t)
		}
	}
	return whole
}

// RepeatParameters mends SELECT date_trunc($1, x) … GROUP BY date_trunc('day', x): the server took the second expression for the first, so its constant stayed in the
// text, and the two are no longer the same. The constant becomes the parameter that stands at its place in the first. It is for texts of pg_stat_statements alone:
// the constants of any other text are its own. A text with a constant before its first GROUP BY or ORDER BY is none of those, and stays as it is.
func RepeatParameters(statement string) string {
	tokens := splitGlued(Scan(statement))
	from := clauseStart(tokens)
	if holdsLiteral(tokens[:from]) {
		return statement
	}
	mended := tokens
	for i := from; i < len(tokens); i++ {
		if !isLiteral(tokens[i]) && !isField(tokens, i) {
			continue
		}
		if at := twin(tokens, i, from); at >= 0 {
			if &mended[0] == &tokens[0] {
				mended = append([]Token{}, tokens...)
			}
			mended[i] = tokens[at]
		}
	}
	return join(mended)
}

// holdsLiteral says whether there are constants, the modifiers of types aside.
func holdsLiteral(tokens []Token) bool {
	typeEnd := 0
	for i, t := range tokens {
		if isLiteral(t) && i >= typeEnd {
			return true
		}
		typeEnd = max(typeEnd, typeEndAt(tokens, i))
	}
	return false
}

// isField says whether EXTRACT's field stands at i, which the server takes for a constant.
func isField(tokens []Token, i int) bool {
	if tokens[i].Kind != Word {
		return false
	}
	open := nextSolid(tokens, i, -1)
	if open < 0 || !tokens[open].Is("(") {
		return false
	}
	name, from := nextSolid(tokens, open, -1), nextSolid(tokens, i, 1)
	return name >= 0 && from >= 0 && tokens[name].Is("extract") && tokens[from].Is("FROM")
}

// clauseStart returns the position of the first GROUP BY or ORDER BY.
func clauseStart(tokens []Token) int {
	for i, t := range tokens {
		if !t.isOneOf("GROUP", "ORDER") {
			continue
		}
		if at := solid(tokens, i+1); at < len(tokens) && tokens[at].Is("BY") {
			return i
		}
	}
	return len(tokens)
}

// twin returns the position of the parameter before the clause whose surroundings are most like those of the literal at i; -1 where there is none. It takes a
// call's parenthesis and name before it, or as much.
func twin(tokens []Token, i, clause int) int {
	const alike = 3 // tokens before and after, at least two of them before
	best, at := alike-1, -1
	for j := range clause {
		if tokens[j].Kind != Parameter {
			continue
		}
		before, after := alikeTokens(tokens, i, j, -1), alikeTokens(tokens, i, j, 1)
		if before >= 2 && before+after > best {
			best, at = before+after, j
		}
	}
	return at
}

// alikeMost is how many tokens on one side are compared: an expression in GROUP BY is rarely longer.
const alikeMost = 40

// alikeTokens counts the tokens beside i and j, in one direction, that are the same, a literal and a parameter being alike.
func alikeTokens(tokens []Token, i, j, step int) int {
	for n := range alikeMost {
		i, j = nextSolid(tokens, i, step), nextSolid(tokens, j, step)
		if i < 0 || j < 0 || !areAlike(tokens[i], tokens[j]) {
			return n
		}
	}
	return alikeMost
}

// nextSolid returns the next position in a direction that is neither space nor comment; -1 at the end.
func nextSolid(tokens []Token, i, step int) int {
	for i += step; i >= 0 && i < len(tokens); i += step {
		if tokens[i].Kind != Space && tokens[i].Kind != Comment {
			return i
		}
	}
	return -1
}

func areAlike(a, b Token) bool {
	return isLiteral(a) && b.Kind == Parameter || a.Kind == b.Kind && strings.EqualFold(a.Text, b.Text)
}
