package index

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// count writes a number of things with thousands apart, for example 150,006.
func count(n float64) string {
	digits := strconv.FormatFloat(math.Round(n), 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
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

// percent writes a share with one digit where it is small.

// session is one other session in a person's words' making.
type session struct {
	PID         int32
	Application string
	Role        string
	State       string
	Age         time.Duration // of its transaction; 0: unknown
}

// String says who it is, what it is doing and since when.
func (s session) String() string {
	who := fmt.Sprintf("pid %d", s.PID)
	if s.Application != "" {
		who += " of " + sqltext.CleanLine(s.Application)
	}
	if s.Role != "" {
		who += " (" + sqltext.CleanLine(s.Role) + ")"
	}
	if s.State != "" {
		who += ", " + s.State
	}
	if s.Age >= time.Second {
		who += ", its transaction open for " + s.Age.Round(time.Second).String()
	}
	return who
}
