// Package quietterm keeps the terminal library from asking the terminal for its background colour while the program is loaded: on a
// terminal that does not answer, that question stalls every subcommand for five seconds.
//
// The library asks in an init of its own. Go initialises packages in the order of their import paths as soon as what they import is ready, so this
// one, which imports only os, comes before it: it hides TERM, and main puts it back before any style is made.
package quietterm

import "os"

// term is the TERM that the program was started with. The linker's order of initialisation is the reason that this is a variable.
var term, hadTerm = hide()

func hide() (string, bool) {
	value, ok := os.LookupEnv("TERM")
	_ = os.Setenv("TERM", "dumb") // without it the question would only be slow, not wrong
	return value, ok
}

// Restore puts TERM back as it was. main calls it first.
func Restore() {
	if !hadTerm {
		_ = os.Unsetenv("TERM")
		return
	}
	_ = os.Setenv("TERM", term)
}
