package logs

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
)

// stampForm is a time as logs write it: a date, a time of day, and perhaps a zone.
var stampForm = regexp.MustCompile(`^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)\s?(Z|[+-]\d\d(?::?\d\d)?|[A-Z]{2,5})?$`)

// leadForm is one at the beginning of a line.
var leadForm = regexp.MustCompile(`^[\[(]?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?\s?(?:Z|[+-]\d\d(?::?\d\d)?|UTC|GMT|[A-Z]{3,4}\b)?)[\])]?[\s,;:|-]+(.*)$`)

// noZone is a time that does not say of which zone it is.
type noZone struct{ text string }

func (e noZone) Error() string { return "names no time zone for sure: " + e.text }

// cutTime parts a line into the time that it begins with, and the rest.
func cutTime(line string) (stamp, rest string, ok bool) {
	m := leadForm.FindStringSubmatch(line)
	if m == nil {
		return "", "", false
	}
	return strings.TrimSpace(m[1]), m[2], true
}

// parseTime reads a time. Seconds or milliseconds since 1970 are one too. zone is that of times that name none, or an abbreviation that several zones have.
func parseTime(text string, zone *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) >= 10 && len(text) <= 13 {
		if len(text) == 13 {
			return time.UnixMilli(n).UTC(), nil
		}
		return time.Unix(n, 0).UTC(), nil
	}
	m := stampForm.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}, fmt.Errorf("no time")
	}
	clock := strings.ReplaceAll(m[2], ",", ".")
	if len(clock) == len("15:04") {
		clock += ":00"
	}
	at := func(in *time.Location) (time.Time, error) {
		t, err := time.ParseInLocation(time.DateTime, m[1]+" "+clock, in)
		if err != nil {
			return time.Time{}, fmt.Errorf("no time")
		}
		return t, nil
	}
	switch name := m[3]; {
	case name == "Z" || name == "UTC" || name == "GMT":
		return at(time.UTC)
	case name != "" && (name[0] == '+' || name[0] == '-'):
		offset, err := offsetOf(name)
		if err != nil {
			return time.Time{}, err
		}
		t, err := at(offset)
		return t.UTC(), err
	case zone == nil:
		return time.Time{}, noZone{text}
	case name != "":
		return abbreviated(name, zone, at)
	}
	t, err := at(zone)
	return t.UTC(), err
}

func offsetOf(name string) (*time.Location, error) {
	for _, layout := range [...]string{"-07:00", "-0700", "-07"} {
		if t, err := time.Parse(layout, name); err == nil {
			_, offset := t.Zone()
			return time.FixedZone(name, offset), nil
		}
	}
	return nil, fmt.Errorf("no time: there is no offset %s", name)
}

// abbreviated reads a time with an abbreviation such as CET, which the zone must have then: it says also which of two equal hours it is.
func abbreviated(name string, zone *time.Location, at func(*time.Location) (time.Time, error)) (time.Time, error) {
	t, err := at(zone)
	if err != nil {
		return t, err
	}
	for _, near := range [...]time.Duration{0, -time.Hour, time.Hour} {
		moment := t.Add(near)
		if abbreviation, _ := moment.Zone(); abbreviation == name && moment.Format(time.TimeOnly) == t.Format(time.TimeOnly) {
			return moment.UTC(), nil
		}
	}
	return time.Time{}, noZone{fmt.Sprintf("%s, which %s does not call so then", name, zone)}
}

// Zone is a time zone as a person gives it.
func Zone(name string) (*time.Location, error) { return record.Zone(name) }
