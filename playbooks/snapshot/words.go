package snapshot

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes"
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

func ageOf(seconds float64) string { return probes.Span(time.Duration(seconds * float64(time.Second))) }

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
