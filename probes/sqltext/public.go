package sqltext

import "strings"

// Public makes a statement's text fit to be shown and stored: without literals, harmless for a terminal, and of utility statements, which may hold
// secrets where no literal is expected, such as ALTER ROLE … PASSWORD, the command's first word only. Doing it twice changes nothing.
func Public(statement string) string {
	if IsUtility(statement) {
		word, _, _ := strings.Cut(OneLine(statement), " ")
		return CleanLine(strings.ToUpper(strings.TrimRight(word, ";")))
	}
	return Clean(Normalise(statement))
}
