package sqltext

import (
	"slices"
	"strconv"
	"strings"
)

// Normalise takes the literals out of a statement: each becomes $n, counted on from the highest parameter the text already has. Comments go too. The modifiers
// of types, such as numeric(10,2), true, false and NULL stay. A text that was written for standard_conforming_strings = off may be cut in the wrong places.
func Normalise(statement string) string {
	tokens := Scan(statement)
	n := highestParameter(tokens)
	typeEnd := 0
	var b strings.Builder
	for i, t := range tokens {
		switch {
		case t.Kind == Comment:
			b.WriteByte(' ')
		case isLiteral(t) && i >= typeEnd:
			n++
			b.WriteString(apart(tokens, i, "$"+strconv.Itoa(n)))
		default:
			b.WriteString(t.Text)
		}
		typeEnd = max(typeEnd, typeEndAt(tokens, i))
	}
	return strings.TrimSpace(b.String())
}

// typeEndAt returns the position after the type that is named from i on: by a cast there, or before a constant as in interval(3) '1 s'; 0 where none is.
func typeEndAt(tokens []Token, i int) int {
	if tokens[i].Is("::") || tokens[i].Is("AS") {
		return TypeEnd(tokens, solid(tokens, i+1))
	}
	end := constantTypeEnd(tokens, i)
	at := solid(tokens, end)
	if end > i && at < len(tokens) && (tokens[at].Kind == String || tokens[at].Kind == Parameter) {
		return end
	}
	return 0
}

// Redact takes the literals out of a condition as EXPLAIN prints it: each becomes …, with the cast that follows it. Parameters and the numbers of subplans stay.
func Redact(condition string) string {
	tokens := Scan(condition)
	var b strings.Builder
	for i := 0; i < len(tokens); {
		end := i + 1
		switch t := tokens[i]; {
		case t.Is("::"):
			end = TypeEnd(tokens, end)
			b.WriteString(join(tokens[i:end]))
		case isLiteral(t) && !namesSubplan(tokens, i):
			b.WriteString("…")
			end = castsEnd(tokens, end)
		default:
			b.WriteString(t.Text)
		}
		i = end
	}
	return b.String()
}

// OneLine folds a statement's white space and comments into single blanks, for one row of a table.
func OneLine(statement string) string {
	var b strings.Builder
	for _, t := range Scan(statement) {
		if t.Kind == Comment {
			b.WriteByte(' ')
		} else {
			b.WriteString(t.Text)
		}
	}
	return CleanLine(b.String())
}

// IsUtility says whether a statement is anything but SELECT, VALUES, TABLE, WITH, INSERT, UPDATE, DELETE or MERGE; its text may hold secrets. Of several
// statements in one text one is enough; an empty text is none of them.
func IsUtility(statement string) bool {
	found, begins := false, true
	for _, t := range Scan(statement) {
		switch {
		case t.Kind == Space || t.Kind == Comment || begins && t.Is("("):
		case t.Is(";"):
			begins = true
		case begins:
			if !t.isOneOf("SELECT", "VALUES", "TABLE", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE") {
				return true
			}
			found, begins = true, false
		}
	}
	return !found
}

// Writes says whether a statement may write or lock rows: it has the word for it, maybe as a name.
func Writes(statement string) bool {
	return slices.ContainsFunc(Scan(statement), func(t Token) bool {
		return t.Kind == Word && t.isOneOf("INSERT", "UPDATE", "DELETE", "MERGE", "SHARE")
	})
}

func (t Token) isOneOf(words ...string) bool {
	for _, word := range words {
		if t.Is(word) {
			return true
		}
	}
	return false
}

func isLiteral(t Token) bool { return t.Kind == String || t.Kind == Number }

// namesSubplan says whether the number at i belongs to a name such as SubPlan 1.
func namesSubplan(tokens []Token, i int) bool {
	return i >= 2 && tokens[i-1].Kind == Space && tokens[i-2].isOneOf("SubPlan", "InitPlan")
}

// castsEnd returns the position after the casts that follow at i.
func castsEnd(tokens []Token, i int) int {
	for i < len(tokens) && tokens[i].Is("::") {
		end := TypeEnd(tokens, i+1)
		if end == i+1 {
			return i
		}
		i = end
	}
	return i
}

// apart returns what stands for tokens[i] with a blank on each side where it would else grow together with a word, as in date'2024-01-01'.
func apart(tokens []Token, i int, text string) string {
	if i > 0 && (tokens[i-1].Kind == Word || tokens[i-1].Kind == Parameter || tokens[i-1].Is("$")) {
		text = " " + text
	}
	if i+1 < len(tokens) && (isLiteral(tokens[i+1]) || tokens[i+1].Kind == Word) {
		text += " "
	}
	return text
}

// Parameters returns the highest number of a statement's parameters, which is how many it has; 0: none.
func Parameters(statement string) int { return highestParameter(Scan(statement)) }

func highestParameter(tokens []Token) int {
	highest := 0
	for _, t := range tokens {
		highest = max(highest, parameterNumber(t))
	}
	return highest
}

// parameterNumber returns n of $n, and 0 for any other token.
func parameterNumber(t Token) int {
	if t.Kind != Parameter {
		return 0
	}
	n, err := strconv.Atoi(t.Text[1:])
	if err != nil || n > maxParameter {
		return 0
	}
	return n
}

// maxParameter is the most parameters that the protocol's Bind message can carry.
const maxParameter = 65535

func join(tokens []Token) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString(t.Text)
	}
	return b.String()
}
