package drill

import (
	"os"
	"testing"
)

// The share of the machine that is taken is given back; where there is no such thing, or no right to it, nothing changes.
func TestShareIsGivenBack(t *testing.T) {
	read := func() string {
		text, err := os.ReadFile(autogroup)
		if err != nil {
			return ""
		}
		return string(text)
	}
	before := read()
	takeShare()()
	if after := read(); after != before {
		t.Errorf("it was %q and is %q", before, after)
	}
}
