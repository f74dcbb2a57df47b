package room

import (
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

func TestParseBounds(t *testing.T) {
	for typed, want := range map[string]string{
		"older than 1 s, keep 10 free, at most 600 a minute, for 10 min":     "",
		"  older than 1.5 s,  keep 48 free, at most 1 a minute, for 90 s":    "",
		"older than 200 ms, keep 10 free, at most 6000 a minute, for 60 min": "",
		"older than 1 s, keep 49 free, at most 600 a minute, for 10 min":     "take 1 to 48, half of the 97 slots",
		"older than 1 s, keep 0 free, at most 600 a minute, for 10 min":      "keep 0 free: take 1 to 48",
		"older than 1 ms, keep 10 free, at most 600 a minute, for 10 min":    "older than 1 ms: take 50 ms to 10 min",
		"older than 11 min, keep 10 free, at most 600 a minute, for 10 min":  "older than 11 min: take",
		"older than 1 s, keep 10 free, at most 60001 a minute, for 10 min":   "at most 60001 a minute: take 1 to 60000",
		"older than 1 s, keep 10 free, at most 600 a minute, for 61 min":     "for 61 min: take 1 s to 60 min",
		"older than 1 s, keep 10 free, at most 600 a minute":                 "it is not in the form",
		"older than -1 s, keep 10 free, at most 600 a minute, for 10 min":    "it is not in the form",
		"older than 1 s, keep 10 free, at most 600 a minute, for 10 min; x":  "it is not in the form",
		"": "it is not in the form",
	} {
		b, err := parseBounds(typed, 97)
		switch {
		case want != "":
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: error %v, want %q", typed, err, want)
			}
		case err != nil:
			t.Errorf("%q: %v", typed, err)
		default:
			if again, err := parseBounds(b.String(), 97); err != nil || again != b {
				t.Errorf("%q is read as %+v, and %q as %+v, %v", typed, b, b.String(), again, err)
			}
		}
	}
}

func TestRoundDown(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{
		50 * time.Millisecond: 50 * time.Millisecond, 99 * time.Millisecond: 50 * time.Millisecond, 100 * time.Millisecond: 100 * time.Millisecond,
		199 * time.Millisecond: 100 * time.Millisecond, 499 * time.Millisecond: 200 * time.Millisecond, 999 * time.Millisecond: 500 * time.Millisecond,
		time.Second: time.Second, 4 * time.Second: 2 * time.Second, 9 * time.Second: 5 * time.Second, 45 * time.Second: 20 * time.Second,
	} {
		if got := roundDown(d); got != want {
			t.Errorf("%s is rounded to %s, want %s", d, got, want)
		}
	}
}

// The bounds that are proposed can be typed, and come from what is measured.
func TestProposedBounds(t *testing.T) {
	calls := backends(90, "active", 0)
	for i := range calls { // ages of 10 ms to 2.7 s
		calls[i].QueryStart = noon.Add(-time.Duration(i+1) * 30 * time.Millisecond)
	}
	for _, d := range drafted(t, windowOf(40, calls)) {
		if !d.Meanwhile {
			continue
		}
		want := "older than 100 ms, keep 10 free, at most 4900 a minute, for 10 min"
		if d.Adjust.Value != want || d.Word != "hold the line" {
			t.Errorf("proposed %q, want %q; word %q", d.Adjust.Value, want, d.Word)
		}
		if _, err := d.Adjust.Draft(t.Context(), nil, "older than nothing"); err == nil {
			t.Error("bounds that are none were taken")
		}
		other, err := d.Adjust.Draft(t.Context(), nil, "older than 2 s, keep 5 free, at most 60 a minute, for 1 min")
		if err != nil || !strings.Contains(other.Title, "keep 5 free") || other.Target["bounds"] != other.Adjust.Value {
			t.Errorf("typed otherwise: %+v, %v", other, err)
		}
		return
	}
	t.Error("no hold was drafted")
}

// Superusers' calls, a utility statement's and one's whose text nobody knows are never held back.
func TestNoHold(t *testing.T) {
	for _, text := range []string{"", "VACUUM reports.reports", "CREATE INDEX ON reports.reports (title)"} {
		w := windowOf(40, backends(95, "active", time.Second))
		w.Last().Statements.Texts[1] = text
		again := probes.NewWindow(time.Minute)
		again.Add(w.Last(), probes.Assessment{})
		for _, d := range drafted(t, again) {
			if d.Meanwhile {
				t.Errorf("%q is held back", text)
			}
		}
	}
}
