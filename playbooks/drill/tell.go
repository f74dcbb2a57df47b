package drill

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// teller writes the steps with the time since the start.
type teller struct {
	out   io.Writer
	start time.Time
}

func newTeller(out io.Writer) *teller { return &teller{out, time.Now()} }

func (t *teller) step(text string) {
	t.line(fmt.Sprintf("%6.1f s  %s", time.Since(t.start).Seconds(), strings.TrimSpace(text)))
}

func (t *teller) line(text string) { fmt.Fprintln(t.out, text) }
