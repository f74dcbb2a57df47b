package rewrite

import (
	"regexp"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // for machines without the zones' own files
)

const (
	noteZone   = "days begin in the session's time zone, as before"
	noteChange = "where the clocks change a limit within the hour that is left out or comes twice is an hour off"
)

// zoned notes the session's time zone where the days of timestamptz depend on it. The limits are the starts of days where they are known, as the clocks show them.
func (a *attempt) zoned(typ string, limits ...time.Time) {
	zone := a.known.TimeZone
	if typ != "timestamptz" || isUTC(zone) {
		return
	}
	a.note(false, noteZone)
	switch uneven, known := isUneven(zone, limits...); {
	case !known:
		a.note(true, "where the clocks change at midnight (Havana, the Azores), the hour that comes twice is left out")
	case uneven:
		a.note(true, "the clocks of "+zone+" change at midnight: the hour that comes twice is left out")
	}
}

// change is one of a zone's clocks: what they show until then and from then on, as if that were UTC.
type change struct{ before, after time.Time }

// isUneven says whether the clocks leave a time out, or show it twice. What they leave out counts as the moment of the change, so where it begins is none.
func (c change) isUneven(shown time.Time) bool {
	return !shown.Before(c.after) && shown.Before(c.before) || shown.After(c.before) && shown.Before(c.after)
}

// midnights are those that the change can leave out or repeat.
func (c change) midnights() []time.Time {
	return []time.Time{dayOf(c.after), dayOf(c.after.Add(-time.Second)), dayOf(c.before.Add(-time.Second))}
}

// isUneven says whether the clocks of a zone leave one of the times out or show it twice; without times, whether they do so with a midnight, since 1970. Not known
// where the zone is not.
func isUneven(zone string, shown ...time.Time) (uneven, known bool) {
	if fixedOffset.MatchString(zone) {
		return false, true
	}
	location, known := locationOf(zone)
	if !known {
		return false, false
	}
	if len(shown) == 0 {
		for _, c := range changes(location, time.Unix(0, 0), time.Date(2038, 1, 1, 0, 0, 0, 0, time.UTC)) {
			for _, midnight := range c.midnights() {
				uneven = uneven || c.isUneven(midnight)
			}
		}
		return uneven, true
	}
	for _, t := range shown {
		for _, c := range changes(location, t.AddDate(0, 0, -3), t.AddDate(0, 0, 3)) {
			uneven = uneven || c.isUneven(t)
		}
	}
	return uneven, true
}

// locations are the zones that were read, by their names: a statement can name one many times.
var locations sync.Map

func locationOf(zone string) (*time.Location, bool) {
	if read, found := locations.Load(zone); found {
		return read.(*time.Location), true
	}
	location, err := time.LoadLocation(zone)
	if err != nil || zone == "" || strings.EqualFold(zone, "local") {
		return nil, false
	}
	locations.Store(zone, location)
	return location, true
}

// fixedOffset are the names that the server gives to offsets, such as <+03>-03.
var fixedOffset = regexp.MustCompile(`^<[-+][0-9:]+>[-+][0-9:]+$`)

// changes are those of the clocks between two points in time. ZoneBounds gives an end before the time itself on the last day of some years beyond 2037 (2068 in
// Berlin), for which zones have a rule instead of a list: no change lies there, so the day is passed over.
func changes(location *time.Location, from, until time.Time) []change {
	var all []change
	for t := from.In(location); t.Before(until); {
		_, before := t.Zone()
		_, end := t.ZoneBounds()
		if end.IsZero() {
			break
		}
		if !end.After(t) {
			t = t.AddDate(0, 0, 1)
			continue
		}
		_, after := end.Zone()
		at := end.UTC()
		all = append(all, change{at.Add(time.Duration(before) * time.Second), at.Add(time.Duration(after) * time.Second)})
		t = end
	}
	return all
}
