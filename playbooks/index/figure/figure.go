// Package figure writes the figures of the index playbook for a person.
package figure

import (
	"fmt"
	"math"
	"strconv"
)

// Count writes a number of things with thousands apart, for example 150,006.
func Count(n float64) string {
	digits := strconv.FormatFloat(math.Round(n), 'f', 0, 64)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// Size writes bytes in the unit that leaves one to three digits before the point.
func Size(bytes float64) string {
	for _, unit := range []string{"bytes", "kB", "MB", "GB"} {
		if bytes < 1000 {
			return fmt.Sprintf("%.3g %s", bytes, unit)
		}
		bytes /= 1024
	}
	return fmt.Sprintf("%.3g TB", bytes)
}

// Cost writes a cost in the planner's units, with a digit behind the point where it is small.
func Cost(units float64) string {
	if units < 1000 {
		return strconv.FormatFloat(units, 'f', 1, 64)
	}
	return Count(units)
}
