package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
)

// The units of facts.
const (
	unitConnections = "connections"
	unitSeconds     = "s"
	unitMillis      = "ms"
	unitRows        = "rows"
	unitBlocks      = "blocks"
	unitBytes       = "bytes"
	unitPercent     = "%"
	unitRatio       = "ratio"
	unitPerSecond   = "1/s"
	unitCalls       = "calls"
	unitErrors      = "errors"
	unitCost        = "cost units"
)

// stamp is a time in UTC with its date, to the second.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// window is a fact's window; a moment stands alone.
func window(from, to time.Time) string {
	switch {
	case from.IsZero() && to.IsZero():
		return "–"
	case from.Equal(to) || to.IsZero():
		return stamp(from)
	case stamp(from)[:10] == stamp(to)[:10]:
		return stamp(from) + " – " + stamp(to)[11:]
	}
	return stamp(from) + " – " + stamp(to)
}

// value prints a fact's value with its unit.
func value(f record.Fact) string {
	switch f.Unit {
	case unitSeconds:
		return span(time.Duration(f.Value * float64(time.Second)))
	case unitMillis:
		return millis(f.Value)
	case unitBytes:
		return bytesText(f.Value)
	case unitPercent:
		return number(f.Value) + " %"
	case unitRatio:
		return "× " + number(f.Value)
	case unitPerSecond:
		return number(f.Value) + "/s"
	case "":
		return number(f.Value)
	}
	return counted(f.Value, f.Unit)
}

// counted says a number of things: one of them is singular.
func counted(n float64, things string) string {
	if n == 1 {
		things = strings.TrimSuffix(things, "s")
	}
	return number(n) + " " + things
}

// number prints whole numbers in full with thousands apart, and others to three significant digits.
func number(v float64) string {
	if v == math.Trunc(v) || math.Abs(v) >= 100 {
		return thousands(strconv.FormatFloat(v, 'f', 0, 64))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

func thousands(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return sign + strings.Join(append([]string{digits}, groups...), ",")
}

func millis(ms float64) string {
	if ms >= 1000 {
		return number(ms/1000) + " s"
	}
	return number(ms) + " ms"
}

// span prints a duration as a person says it: 8.7 s, 2 min 5 s, 1 h 3 min.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + span(-d)
	case d == 0:
		return "0 s"
	case d < time.Second:
		return number(float64(d.Microseconds())/1000) + " ms"
	case d < time.Minute:
		return number(math.Round(d.Seconds()*10)/10) + " s"
	case d < time.Hour:
		d = d.Round(time.Second)
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// bytesText uses the server's own units: 1 kB is 1024 bytes.
func bytesText(b float64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB"}
	i := 0
	for b >= 1024 && i < len(units)-1 {
		b /= 1024
		i++
	}
	return number(b) + " " + units[i]
}
