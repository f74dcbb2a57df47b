package brake

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The bounds of a time limit that may be typed.
const (
	leastLimit = 100 * time.Millisecond
	mostLimit  = 24 * time.Hour
)

// units are those that the server knows (PostgreSQL manual, "Parameter Names and Values"), the longest first.
var units = []struct {
	name string
	of   time.Duration
}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}, {"us", time.Microsecond}}

// typedLimit reads a time limit that a person typed: a whole number with its unit, for example "5 s".
func typedLimit(typed string) (time.Duration, error) {
	digits := strings.TrimRight(strings.TrimSpace(typed), "abcdefghijklmnopqrstuvwxyz ")
	unit := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(typed), digits))
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil || !onlyDigits(digits) {
		return 0, fmt.Errorf("type a whole number and its unit, for example 5 s, 500 ms or 2 min")
	}
	for _, u := range units {
		if u.name != unit || unit == "us" || unit == "d" {
			continue
		}
		limit := time.Duration(n) * u.of
		if limit/u.of != time.Duration(n) || limit < leastLimit || limit > mostLimit {
			return 0, fmt.Errorf("the limit must be %s to %s", shown(leastLimit), shown(mostLimit))
		}
		return limit, nil
	}
	return 0, fmt.Errorf("the unit must be ms, s, min or h, for example 5 s")
}

func onlyDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// typedNumber reads a number of connections that a person typed.
func typedNumber(typed string) (int, error) {
	typed = strings.TrimSpace(typed)
	n, err := strconv.Atoi(typed)
	if err != nil || !onlyDigits(typed) || n < 1 || n > 100_000 {
		return 0, fmt.Errorf("type how many connections there may be, a whole number from 1 on")
	}
	return n, nil
}

// wholeUnit splits a time into a number and the longest unit that it is a whole number of; up to two minutes are told in seconds.
func wholeUnit(d time.Duration) (int64, string) {
	for _, u := range units {
		if d%u.of == 0 && (u.of < time.Minute || d > 2*time.Minute) {
			return int64(d / u.of), u.name
		}
	}
	return d.Microseconds(), "us"
}

// shown is a time for a person: "5 s".
func shown(d time.Duration) string {
	n, unit := wholeUnit(d)
	return fmt.Sprintf("%d %s", n, unit)
}

// written is a time as the server reads it: "5s".
func written(d time.Duration) string {
	n, unit := wholeUnit(d)
	return fmt.Sprintf("%d%s", n, unit)
}

// parsed reads a setting's value as it stands in the catalogue: a number with or without a unit, then milliseconds. False: it is no time that
// pgmedic reads.
func parsed(value string) (time.Duration, bool) {
	value = strings.TrimSpace(value)
	digits := strings.TrimRight(value, "abcdefghijklmnopqrstuvwxyz ")
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0, false
	}
	unit := strings.TrimSpace(strings.TrimPrefix(value, digits))
	if unit == "" {
		unit = "ms"
	}
	for _, u := range units {
		if u.name == unit {
			return time.Duration(n * float64(u.of)), true
		}
	}
	return 0, false
}
