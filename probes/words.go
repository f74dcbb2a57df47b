package probes

import "strconv"

// Counted words a number of things: 1 session, 2 sessions.
func Counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
