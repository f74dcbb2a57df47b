package record

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// When is a time as a person gave it.
type When struct {
	At     time.Time // UTC
	Within time.Duration
	Basis  Basis // LocalClock for now and -10m, else Recollected
}

// TimeReader reads the times that people write for notes.
type TimeReader struct {
	Now  time.Time
	Zone *time.Location // of times that name none

	// From and To are the span of the record: a time of day alone is the nearest one to it. Zero: it is nearest to Now.
	From, To time.Time
}

// whenForms is what an error about a time names.
const whenForms = "write 16:20, -10m, ~16:20±5m, 2026-11-23 16:20 or 2026-11-23T16:20+02:00"

const (
	// nearby is how far from the record a time of day alone may be: farther off, another day is as likely.
	nearby = 8 * time.Hour
	// ahead is how far in the future a time may seem to be, as clocks differ.
	ahead = 5 * time.Minute
	// longestSpan bounds what is taken from now or may be uncertain.
	longestSpan = 366 * 24 * time.Hour
)

var (
	barForm   = regexp.MustCompile(`^(.*?)\s*(?:±|\+/?-)\s*(\d+(?:\.\d+)?(?:h|m|s|ms)(?:\d+(?:m|s))*)$`)
	agoForm   = regexp.MustCompile(`^-\s*(\d\S*)$`)
	clockForm = regexp.MustCompile(`^(?:(\d{4}-\d\d-\d\d)[T ]\s*)?(\d{1,2}:\d\d)(:\d\d(?:[.,]\d{1,9})?)?\s*(Z|z|[+-]\d\d:?(?:\d\d)?|[A-Za-z][A-Za-z0-9_+/-]*)?$`)
)

// Parse reads a time as a person writes it: "now", "-10m", "16:20", "16:20:05 UTC", "~16:20±5m" (also +-5m), "2026-11-23T16:20+02:00", "2026-11-23 16:20 Europe/Berlin".
// What may mean two times is an error that names them, as is what lies in the future.
func (r TimeReader) Parse(text string) (When, error) {
	when, err := r.parse(strings.TrimSpace(text))
	if err == nil && when.At.After(r.Now.Add(ahead)) {
		err = fmt.Errorf("that is %s, in the future", utcText(when.At))
	}
	if err != nil {
		return When{}, fmt.Errorf("the time %q: %w", sqltext.CleanLine(text), err)
	}
	when.At = when.At.UTC()
	return when, nil
}

func (r TimeReader) parse(text string) (When, error) {
	about := strings.HasPrefix(text, "~")
	text = strings.TrimSpace(strings.TrimPrefix(text, "~"))
	when := When{Basis: Recollected}
	if bar := barForm.FindStringSubmatch(text); bar != nil {
		within, err := span(bar[2])
		if err != nil {
			return When{}, err
		}
		text, when.Within = bar[1], within
	} else if about {
		return When{}, fmt.Errorf("say how far it may be off: ~%s±5m", text)
	}
	if ago := agoForm.FindStringSubmatch(text); ago != nil || text == "now" {
		if ago != nil {
			before, err := span(ago[1])
			if err != nil {
				return When{}, err
			}
			r.Now = r.Now.Add(-before)
		}
		when.At = r.Now
		if when.Within == 0 {
			when.Basis = LocalClock
		}
		return when, nil
	}
	at, err := r.clock(text)
	when.At = at
	return when, err
}

// span reads a length of time above zero.
func span(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > longestSpan {
		return 0, fmt.Errorf("%q is no length of time, such as 10m or 1h30m; %s", text, whenForms)
	}
	return d, nil
}

// clock reads a time of day, with or without its date.
func (r TimeReader) clock(text string) (time.Time, error) {
	parts := clockForm.FindStringSubmatch(text)
	if parts == nil {
		return time.Time{}, errors.New("it was not understood; " + whenForms)
	}
	date, zone := parts[1], r.Zone
	day, err := time.Parse("15:04:05", parts[2]+strings.ReplaceAll(orSeconds(parts[3]), ",", "."))
	if err != nil {
		return time.Time{}, fmt.Errorf("there is no time of day %s%s; %s", parts[2], parts[3], whenForms)
	}
	if parts[4] != "" {
		if zone, err = zoneOf(parts[4]); err != nil {
			return time.Time{}, err
		}
	}
	if date == "" {
		return r.nearest(day, zone)
	}
	on, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return time.Time{}, fmt.Errorf("there is no day %s", date)
	}
	return one(onDay(on, day, zone), zone, fmt.Sprintf("%s %s", date, parts[2]))
}

func orSeconds(text string) string {
	if text == "" {
		return ":00"
	}
	return text
}

// zoneOf is a time zone by its name or offset. Abbreviations such as CET mean several things and are refused, but for UTC and GMT.
func zoneOf(name string) (*time.Location, error) {
	switch strings.ToUpper(name) {
	case "Z", "UTC", "GMT":
		return time.UTC, nil
	}
	if name[0] == '+' || name[0] == '-' {
		for _, layout := range [...]string{"-07:00", "-0700", "-07"} {
			if t, err := time.Parse(layout, name); err == nil {
				_, offset := t.Zone()
				return time.FixedZone(name, offset), nil
			}
		}
		return nil, fmt.Errorf("there is no offset %s from UTC; write +02:00", name)
	}
	return Zone(name)
}

// Zone is a time zone by its name in the IANA database, or UTC. Local is refused: it means another one on each machine.
func Zone(name string) (*time.Location, error) {
	if strings.EqualFold(name, "UTC") {
		return time.UTC, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" || !strings.Contains(name, "/") {
		return nil, fmt.Errorf("%q names no time zone for sure: write one as Europe/Berlin, or an offset as +02:00", sqltext.CleanLine(name))
	}
	return zone, nil
}

// onDay returns the moments at which clocks in a zone show that time on that day: one, none, or two where they were set.
func onDay(on, day time.Time, zone *time.Location) []time.Time {
	wall := time.Date(on.Year(), on.Month(), on.Day(), day.Hour(), day.Minute(), day.Second(), day.Nanosecond(), time.UTC)
	var moments []time.Time
	for _, near := range [...]time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, offset := wall.Add(near).In(zone).Zone()
		at := wall.Add(-time.Duration(offset) * time.Second)
		if at.In(zone).Format(time.DateTime) == wall.Format(time.DateTime) && !slices.ContainsFunc(moments, at.Equal) {
			moments = append(moments, at)
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	return moments
}

// one returns the only moment, or says why it is not the only one.
func one(moments []time.Time, zone *time.Location, what string) (time.Time, error) {
	switch len(moments) {
	case 1:
		return moments[0], nil
	case 0:
		return time.Time{}, fmt.Errorf("%s did not exist in %s: the clocks were set forward then; write it with its offset", what, zone)
	}
	var choices []string
	for _, m := range moments {
		choices = append(choices, m.In(zone).Format("2006-01-02T15:04:05Z07:00"))
	}
	return time.Time{}, fmt.Errorf("it may mean %s: write the one that you mean", strings.Join(choices, " or "))
}

// nearest is the time of day that lies in the record, else next to it.
func (r TimeReader) nearest(day time.Time, zone *time.Location) (time.Time, error) {
	from, to := r.From, r.To
	if from.IsZero() {
		from, to = r.Now, r.Now
	}
	what := day.Format("15:04:05")
	var inside, around []time.Time
	first := from.In(zone).AddDate(0, 0, -1)
	for on := first; !on.After(to.In(zone).AddDate(0, 0, 1)) && len(inside) < 3; on = on.AddDate(0, 0, 1) {
		for _, at := range onDay(on, day, zone) {
			switch {
			case at.After(r.Now.Add(ahead)):
			case !at.Before(from) && !at.After(to):
				inside = append(inside, at)
			case !at.Before(from.Add(-nearby)) && !at.After(to.Add(nearby)):
				around = append(around, at)
			}
		}
	}
	switch {
	case len(inside) > 0:
		return one(inside, zone, what)
	case len(around) > 0:
		return one(around, zone, what)
	}
	return time.Time{}, fmt.Errorf("no %s (%s) is within %s of the record (%s to %s): write it with its date", what, zone, nearby, utcText(from), utcText(to))
}

func utcText(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
