package timeline

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks/markdown"
	"github.com/pgmedic/pgmedic/probes"
)

// bodyRunes bounds a body in a table's cell; CSV and JSON lines hold it whole.
const bodyRunes = 500

func writeMarkdown(w io.Writer, rows []row, zone *time.Location) error {
	var b strings.Builder
	local := zone != nil && zone != time.UTC
	head, line := "| UTC |", "|---|"
	if local {
		head, line = head+" "+string(markdown.Escape(zone.String()))+" |", line+"---|"
	}
	fmt.Fprintf(&b, "%s from onset | kind | event | by |\n%s--:|---|---|---|\n", head, line)
	var before row
	for i, r := range rows {
		fmt.Fprintf(&b, "| %s%s |", approximately(r), clock(r.At.UTC(), before.At.UTC(), i == 0))
		if local {
			fmt.Fprintf(&b, " %s |", clock(r.local, before.local, i == 0))
		}
		fmt.Fprintf(&b, " %s | %s | %s | %s |\n", delta(r), markdown.Escape(r.sort), text(r), markdown.Escape(by(r)))
		before = r
	}
	if len(rows) == 0 {
		b.WriteString("\nThe timeline holds no events.\n")
	}
	if hasNear(rows) {
		b.WriteString("\n≈ it is not known which of two neighbours came first: their error bars overlap.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// clock is a time of day, with its date where that is not the one of the line before.
func clock(at, before time.Time, first bool) string {
	if first || at.Format(time.DateOnly) != before.Format(time.DateOnly) {
		return at.Format("2006-01-02 15:04:05")
	}
	return at.Format(time.TimeOnly)
}

func approximately(r row) string {
	if r.near {
		return "≈ "
	}
	return ""
}

// delta is how long after the onset it was, with its error bar.
func delta(r row) string {
	text := "–"
	if r.delta != nil {
		sign := "+"
		if *r.delta < 0 {
			sign = "−"
		}
		text = sign + span(r.delta.Abs())
	}
	if r.Within > 0 {
		text += " ±" + span(r.Within)
	}
	return text
}

// span writes a duration as hours, minutes and seconds.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	if d >= time.Hour {
		return fmt.Sprintf("%d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

// text is what happened, in one cell.
func text(r row) string {
	var b strings.Builder
	if r.Star {
		b.WriteString("★ ")
	}
	b.WriteString(string(markdown.Escape(r.Title)))
	if r.End.After(r.At) {
		fmt.Fprintf(&b, ", until %s UTC", clock(r.End.UTC(), r.At.UTC(), false))
	}
	if r.SQL != "" {
		fmt.Fprintf(&b, "; SQL: %s", markdown.Code(short(r.SQL)))
	}
	if r.Body != "" {
		fmt.Fprintf(&b, ": %s", markdown.Escape(short(r.Body)))
	}
	if r.corrected > 0 {
		b.WriteString(" (corrected)")
	}
	return b.String()
}

func short(text string) string {
	if runes := []rune(text); len(runes) > bodyRunes {
		return string(runes[:bodyRunes-1]) + "…"
	}
	return text
}

// by is who says it: a person, else the part of pgmedic or the file.
func by(r row) string {
	return cmp.Or(r.Author, r.Source, probes.ApplicationName)
}

func hasNear(rows []row) bool {
	for _, r := range rows {
		if r.near {
			return true
		}
	}
	return false
}
