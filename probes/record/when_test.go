package record

import (
	"strings"
	"testing"
	"time"
)

// whenReader reads notes on an incident of the afternoon of 23 November 2026, a day later, in Berlin.
func whenReader(t *testing.T) TimeReader {
	t.Helper()
	berlin := must[*time.Location](t)(Zone("Europe/Berlin"))
	at := func(text string) time.Time { return must[time.Time](t)(time.Parse(time.RFC3339, text)) }
	return TimeReader{Now: at("2026-11-24T09:00:30Z"), Zone: berlin, From: at("2026-11-23T15:10:00Z"), To: at("2026-11-23T16:00:00Z")}
}

func TestParseWhen(t *testing.T) {
	r := whenReader(t)
	for _, c := range []struct {
		text, at string
		within   time.Duration
		basis    Basis
	}{
		{"now", "2026-11-24T09:00:30Z", 0, LocalClock},
		{"-10m", "2026-11-24T08:50:30Z", 0, LocalClock},
		{"-1h30m ±10m", "2026-11-24T07:30:30Z", 10 * time.Minute, Recollected},
		{"16:20", "2026-11-23T15:20:00Z", 0, Recollected}, // in Berlin, within the record
		{" 16:20:05 ", "2026-11-23T15:20:05Z", 0, Recollected},
		{"16:20:05.250", "2026-11-23T15:20:05.25Z", 0, Recollected},
		{"15:20 UTC", "2026-11-23T15:20:00Z", 0, Recollected},
		{"15:20Z", "2026-11-23T15:20:00Z", 0, Recollected},
		{"21:30", "2026-11-23T20:30:00Z", 0, Recollected}, // after the record, the same evening
		{"9:30", "2026-11-23T08:30:00Z", 0, Recollected},  // before it
		{"~16:20±5m", "2026-11-23T15:20:00Z", 5 * time.Minute, Recollected},
		{"~16:20 +-90s", "2026-11-23T15:20:00Z", 90 * time.Second, Recollected},
		{"~16:20+/-1h", "2026-11-23T15:20:00Z", time.Hour, Recollected},
		{"2026-11-23T16:20+02:00", "2026-11-23T14:20:00Z", 0, Recollected},
		{"2026-11-23T16:20:07.5Z", "2026-11-23T16:20:07.5Z", 0, Recollected},
		{"2026-11-23 16:20", "2026-11-23T15:20:00Z", 0, Recollected},
		{"2026-11-23 16:20 America/New_York", "2026-11-23T21:20:00Z", 0, Recollected},
		{"~2026-11-20 16:20 -0330±1h", "2026-11-20T19:50:00Z", time.Hour, Recollected},
		{"2026-10-25T02:30+02:00", "2026-10-25T00:30:00Z", 0, Recollected}, // the clocks were set back that night
	} {
		got, err := r.Parse(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if at := got.At.Format(time.RFC3339Nano); at != c.at || got.Within != c.within || got.Basis != c.basis {
			t.Errorf("%q is %s ±%s (%s); want %s ±%s (%s)", c.text, at, got.Within, got.Basis, c.at, c.within, c.basis)
		}
	}
}

func TestParseWhenAsks(t *testing.T) {
	r := whenReader(t)
	long := r
	long.From = r.From.Add(-30 * time.Hour)
	for _, c := range []struct {
		reader     TimeReader
		text, says string
	}{
		{r, "", "not understood"}, {r, "yesterday", "write 16:20, -10m"}, {r, "25:00", "no time of day"}, {r, "16:61", "no time of day"}, {r, "2026-02-30 10:00", "no day"},
		{r, "-0m", "no length of time"}, {r, "-10", "no length of time"}, {r, "-999999h", "no length of time"}, {r, "~16:20", "~16:20±5m"},
		{r, "2026-11-25T10:00Z", "in the future"}, {r, "16:20 CET", "Europe/Berlin"}, {r, "16:20 Local", "no time zone"}, {r, "16:20 Mars/Olympus", "no time zone"}, {r, "16:20+99:00", "offset"},
		{r, "04:30", "with its date"}, // eleven hours before the record, and the next morning as far away
		{r, "2026-10-25 02:30", "2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00"},
		{r, "2026-03-29 02:30", "did not exist"},
		{long, "16:20", "2026-11-22T16:20:00+01:00 or 2026-11-23T16:20:00+01:00"},
		{r, "16:20\x1b[31m", "not understood"},
	} {
		if when, err := c.reader.Parse(c.text); err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q is %+v, %v; want an error that says %q", c.text, when, err, c.says)
		}
	}
}

// Without a record a time of day is the last one.
func TestParseWhenWithoutARecord(t *testing.T) {
	r := whenReader(t)
	r.From, r.To = time.Time{}, time.Time{}
	if got := must[When](t)(r.Parse("9:15")); got.At.Format(time.RFC3339) != "2026-11-24T08:15:00Z" {
		t.Errorf("9:15 is %s", got.At)
	}
	if got, err := r.Parse("12:15"); err == nil { // in two hours, or yesterday
		t.Errorf("12:15 is %s", got.At)
	}
}

func FuzzParseWhen(f *testing.F) {
	for _, text := range []string{"16:20", "-10m", "~16:20±5m", "2026-11-23T16:20+02:00", "now", "9:00 Europe/Berlin"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := whenReader(t)
		when, err := r.Parse(text)
		if err == nil && (when.At.IsZero() || when.At.After(r.Now.Add(ahead)) || when.Within < 0 || when.At.Location() != time.UTC) {
			t.Errorf("%q is %+v", text, when)
		}
	})
}
