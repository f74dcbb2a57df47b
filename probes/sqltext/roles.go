package sqltext

// Role says what a parameter stands for where only the text tells.
type Role string

// Roles of parameters that have no column.
const (
	RoleValue  Role = ""
	RoleField  Role = "field"     // first argument of extract or date_part: a field's name such as epoch
	RoleUnit   Role = "unit"      // first argument of date_trunc: a unit such as day; epoch is none
	RoleZone   Role = "time zone" // AT TIME ZONE, or the first argument of timezone: a zone's name such as UTC
	RoleLimit  Role = "limit"     // LIMIT or FETCH FIRST
	RoleOffset Role = "offset"
)

// Roles finds the parameters of a repaired statement that are a field, a unit, a time zone, a limit or an offset, by number.
func Roles(statement string) map[int]Role {
	var tokens []Token
	for _, t := range Scan(statement) {
		if t.Kind != Space && t.Kind != Comment {
			tokens = append(tokens, t)
		}
	}
	roles := map[int]Role{}
	for i, t := range tokens {
		n := parameterNumber(t)
		if n == 0 {
			continue
		}
		if role := roleAfter(tokens[:i]); role != RoleValue {
			roles[n] = role
		}
	}
	return roles
}

// roleAfter returns the role of what follows the tokens.
func roleAfter(before []Token) Role {
	switch {
	case endsWith(before, "extract", "(") || endsWith(before, "date_part", "("):
		return RoleField
	case endsWith(before, "date_trunc", "("):
		return RoleUnit
	case endsWith(before, "at", "time", "zone") || endsWith(before, "timezone", "("):
		return RoleZone
	}
	for endsWith(before, "(") {
		before = before[:len(before)-1]
	}
	switch {
	case endsWith(before, "limit") || endsWith(before, "fetch", "first") || endsWith(before, "fetch", "next"):
		return RoleLimit
	case endsWith(before, "offset"):
		return RoleOffset
	}
	return RoleValue
}

func endsWith(tokens []Token, words ...string) bool {
	if len(tokens) < len(words) {
		return false
	}
	for i, word := range words {
		if !tokens[len(tokens)-len(words)+i].Is(word) {
			return false
		}
	}
	return true
}
