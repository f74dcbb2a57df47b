package room

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// bounds are what a hold may do. A person can type them otherwise.
type bounds struct {
	older     time.Duration // calls that run for longer are cancelled
	free      int           // as many slots as are to be free for the application
	perMinute int           // calls cancelled in any minute, at most
	length    time.Duration // it ends after
}

// The bounds of bounds.
const (
	olderLeast, olderMost         = 50 * time.Millisecond, 10 * time.Minute
	perMinuteLeast, perMinuteMost = 1, 60000
	lengthLeast, lengthMost       = time.Second, time.Hour
)

// String is in the form that parseBounds reads.
func (b bounds) String() string {
	return fmt.Sprintf("older than %s, keep %d free, at most %d a minute, for %s", short(b.older), b.free, b.perMinute, short(b.length))
}

// short writes a duration as it is typed, for example "1.5 s".
func short(d time.Duration) string {
	switch {
	case d%time.Minute == 0:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s"
}

const boundsForm = "older than 1 s, keep 10 free, at most 600 a minute, for 10 min"

var boundsRead = regexp.MustCompile(`^older than (\d+(?:\.\d{1,3})?) ?(ms|s|min), keep (\d{1,5}) free, at most (\d{1,5}) a minute, for (\d{1,5}) ?(s|min)$`)

// parseBounds reads what was typed, for a limit of so many slots.
func parseBounds(typed string, slots int) (bounds, error) {
	read := boundsRead.FindStringSubmatch(strings.Join(strings.Fields(typed), " "))
	if read == nil {
		return bounds{}, fmt.Errorf("it is not in the form “%s”: change its figures alone", boundsForm)
	}
	b := bounds{older: duration(read[1], read[2]), free: number(read[3]), perMinute: number(read[4]), length: duration(read[5], read[6])}
	switch {
	case b.older < olderLeast || b.older > olderMost:
		return b, fmt.Errorf("older than %s: take %s to %s", short(b.older), short(olderLeast), short(olderMost))
	case b.free < 1 || b.free > slots/2:
		return b, fmt.Errorf("keep %d free: take 1 to %d, half of the %d slots", b.free, slots/2, slots)
	case b.perMinute < perMinuteLeast || b.perMinute > perMinuteMost:
		return b, fmt.Errorf("at most %d a minute: take %d to %d", b.perMinute, perMinuteLeast, perMinuteMost)
	case b.length < lengthLeast || b.length > lengthMost:
		return b, fmt.Errorf("for %s: take %s to %s", short(b.length), short(lengthLeast), short(lengthMost))
	}
	return b, nil
}

// duration reads a figure that the form has matched.
func duration(figure, unit string) time.Duration {
	n, _ := strconv.ParseFloat(figure, 64)
	return time.Duration(n * float64(map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "min": time.Minute}[unit])).Round(time.Millisecond)
}

func number(figure string) int {
	n, _ := strconv.Atoi(figure)
	return n
}
