package sqltext

// Several says whether a text may hold more than one statement: something other than comments follows a semicolon.
func Several(text string) bool {
	ended := false
	for _, t := range Scan(text) {
		switch {
		case t.Kind == Space || t.Kind == Comment:
		case t.Is(";"):
			ended = true
		case ended:
			return true
		}
	}
	return false
}
