package draw

import (
	"math"
	"strconv"
	"time"
)

// Unknown stands where a figure was not measured.
const Unknown = "–"

// Count is a whole number with thousands separators: 454,416.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Counted is a number of things: 1 index, 2 indexes.
func Counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

// Rows is a number of rows as EXPLAIN means it: whole from 10 on, one digit after the point below where there is one.
func Rows(n float64) string {
	switch {
	case math.IsNaN(n) || math.IsInf(n, 0):
		return Unknown
	case math.Abs(n) >= 1e18:
		return strconv.FormatFloat(n, 'e', 1, 64)
	case math.Abs(n) < 10 && n != math.Trunc(n):
		return strconv.FormatFloat(n, 'f', 1, 64)
	}
	return Count(int64(math.Round(n)))
}

// Number is a rate or a load: 310.2, 0.4, 1,204.
func Number(n float64) string {
	if math.IsNaN(n) || math.IsInf(n, 0) || math.Abs(n) >= 1000 {
		return Rows(n)
	}
	return strconv.FormatFloat(n, 'f', 1, 64)
}

// Duration is a time span in the unit that people would say: 0.3 ms, 51 ms, 8.7 s, 4 min 10 s, 2 h 5 min.
func Duration(d time.Duration) string {
	if d < 0 {
		return "-" + Duration(-d)
	}
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case d == 0:
		return "0 ms"
	case ms < 0.095:
		return strconv.FormatFloat(ms*1000, 'f', 0, 64) + " µs"
	case ms < 9.95:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	case ms < 999.5:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	case d < 60*time.Second-50*time.Millisecond:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	return longDuration(d.Round(time.Second))
}

func longDuration(d time.Duration) string {
	units := []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, " d"}, {time.Hour, " h"}, {time.Minute, " min"}, {time.Second, " s"}}
	for i, u := range units {
		if d < u.size {
			continue
		}
		text := Count(int64(d/u.size)) + u.name
		if i+1 < len(units) {
			if next := d % u.size / units[i+1].size; next > 0 {
				text += " " + Count(int64(next)) + units[i+1].name
			}
		}
		return text
	}
	return "0 s"
}

// Bytes is a size in the units of pg_size_pretty, 1 kB being 1024 bytes: 7.4 MB.
func Bytes(n int64) string {
	size := float64(n)
	for _, unit := range []string{"bytes", "kB", "MB", "GB"} {
		if size < 1023.5 {
			if unit == "bytes" || size >= 9.95 {
				return strconv.FormatFloat(size, 'f', 0, 64) + " " + unit
			}
			return strconv.FormatFloat(size, 'f', 1, 64) + " " + unit
		}
		size /= 1024
	}
	return Number(size) + " TB"
}

// Factor is how many times as much: ×9.5, ×52, ×21,429.
func Factor(f float64) string {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return Unknown
	case math.Abs(f) < 0.0095 && f != 0:
		return "×<0.01"
	case math.Abs(f) < 0.095:
		return "×" + strconv.FormatFloat(f, 'g', 1, 64)
	case math.Abs(f) < 9.95:
		return "×" + strconv.FormatFloat(f, 'f', 1, 64)
	}
	return "×" + Rows(math.Round(f))
}

// Percent is a share of 1: 98 %.
func Percent(share float64) string {
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return Unknown
	}
	return strconv.FormatFloat(share*100, 'f', 0, 64) + " %"
}

// Clock is the time of the day in a zone, UTC where it is nil; Unknown for the zero time.
func Clock(t time.Time, zone *time.Location) string { return clock(t, zone, "15:04:05") }

// ShortClock is Clock without the seconds.
func ShortClock(t time.Time, zone *time.Location) string { return clock(t, zone, "15:04") }

func clock(t time.Time, zone *time.Location, layout string) string {
	if t.IsZero() {
		return Unknown
	}
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone).Format(layout)
}

// Stopwatch is how long something has been going on: 0:07, 14:32, 1:02:09.
func Stopwatch(d time.Duration) string {
	seconds := int64(max(d, 0) / time.Second)
	text := strconv.FormatInt(seconds/60%60, 10) + ":" + twoDigits(seconds%60)
	if hours := seconds / 3600; hours > 0 {
		text = Count(hours) + ":" + twoDigits(seconds/60%60) + ":" + twoDigits(seconds%60)
	}
	return text
}

func twoDigits(n int64) string {
	if n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}
