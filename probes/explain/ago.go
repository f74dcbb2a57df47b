package explain

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes/plan"
)

// ago makes how far back a value of a column lies of the value: as an interval, or as a number of days.
func (e *explainer) ago(value *string, typeName string) (*string, plan.ValueFrom) {
	if value == nil {
		return nil, plan.FromNone
	}
	then, ok := momentOf(*value)
	back := e.Now.Sub(then)
	if !ok || back < time.Second {
		return nil, plan.FromNone
	}
	text := inUnits(back)
	switch typeName {
	case "interval":
	case "smallint", "integer", "bigint":
		text = strconv.Itoa(int(back / day))
	default:
		return nil, plan.FromNone
	}
	return &text, plan.FromMade
}

const day = 24 * time.Hour

// inUnits writes a length of time in the largest unit of which it has several, and none that is cut off.
func inUnits(length time.Duration) string {
	for _, unit := range []struct {
		name   string
		length time.Duration
	}{{"days", day}, {"hours", time.Hour}, {"minutes", time.Minute}} {
		if length >= 2*unit.length {
			return fmt.Sprintf("%d %s", int((length+unit.length-1)/unit.length), unit.name)
		}
	}
	return fmt.Sprintf("%d seconds", int((length+time.Second-1)/time.Second))
}

// momentOf reads a date or a point in time as pg_stats has it in ISO 8601; one without a time zone is taken for UTC: it need not be exact.
func momentOf(text string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02 15:04:05.999999-07", "2006-01-02 15:04:05.999999-07:00", "2006-01-02 15:04:05.999999", time.DateOnly} {
		if t, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
