package apply

import (
	"fmt"
	"math"
	"strconv"

	"github.com/pgmedic/pgmedic/playbooks"
)

func pass(name, saw string) playbooks.Check {
	return playbooks.Check{Verdict: playbooks.Pass, Name: name, Saw: saw}
}

// refuse passes or refuses.
func refuse(bad bool, name, saw, do string) playbooks.Check {
	if !bad {
		return pass(name, saw)
	}
	return playbooks.Check{Verdict: playbooks.Refuse, Name: name, Saw: saw, Do: do}
}

// caution passes or warns.
func caution(bad bool, name, saw, do string) playbooks.Check {
	if !bad {
		return pass(name, saw)
	}
	return playbooks.Check{Verdict: playbooks.Caution, Name: name, Saw: saw, Do: do}
}

// size writes bytes in the unit that leaves one to three digits before the point.
func size(bytes float64) string {
	for _, unit := range []string{"bytes", "kB", "MB", "GB"} {
		if bytes < 1000 {
			return fmt.Sprintf("%.3g %s", bytes, unit)
		}
		bytes /= 1024
	}
	return fmt.Sprintf("%.3g TB", bytes)
}

// count writes a number of things with thousands apart, for example 150,006.
func count(n float64) string {
	digits := strconv.FormatFloat(math.Round(n), 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// several writes a number with its noun.
func several(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}
