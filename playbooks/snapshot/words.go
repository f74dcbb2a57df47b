package snapshot

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// round keeps three significant digits: a look of two seconds knows no more.
func round(x float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64)
	if err != nil {
		return x
	}
	return rounded
}

// number writes a figure to three significant digits, whole from 100 on.
func number(x float64) string {
	if math.Abs(x) >= 100 {
		return thousands(int64(math.Round(x)))
	}
	return strconv.FormatFloat(round(x), 'f', -1, 64)
}

func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// length writes how long a call took.
func length(ms float64) string {
	if ms >= 1000 {
		return number(ms/1000) + " s"
	}
	return number(ms) + " ms"
}

// age writes how long something lasts, in words that can be read aloud.
func age(d time.Duration) string {
	switch {
	case d > 0 && d < time.Second:
		return number(math.Round(millis(d))) + " ms"
	case d < 10*time.Second:
		return strconv.FormatFloat(math.Round(d.Seconds()*10)/10, 'f', -1, 64) + " s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days", int(d.Hours())/24)
}

func ageOf(seconds float64) string { return age(time.Duration(seconds * float64(time.Second))) }

// bytesText uses the server's own units: 1 kB is 1024 bytes.
func bytesText(n int64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB", "PB"}
	b, i := float64(n), 0
	for b >= 1024 && i < len(units)-1 {
		b, i = b/1024, i+1
	}
	return number(b) + " " + units[i]
}

// several says a number of things: one of them is singular.
func several(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return thousands(int64(n)) + " " + thing + "s"
}

// name shows a name from the server among other words: quoted where it could be taken for more than a name.
func name(text string) string {
	if text == "" || strings.ContainsAny(text, `,;:"'()=+@`) || strings.Contains(text, "  ") {
		return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return text
}
