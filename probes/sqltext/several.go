package sqltext

import "strings"

// Several says whether a text may hold more than one statement.
func Several(text string) bool {
	one := strings.TrimRight(OneLine(Normalise(text)), "; ")
	return strings.Contains(one, ";")
}
