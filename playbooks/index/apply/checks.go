package apply

import (
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

// several writes a number with its noun.
func several(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}
