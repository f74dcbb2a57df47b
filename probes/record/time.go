package record

import (
	"fmt"
	"time"
)

// timeLayout sorts as text as the times do.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

// formatTime writes a time for a column; an unset time is empty.
func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(timeLayout)
}

// column scans into a time what formatTime wrote.
type column struct{ to *time.Time }

// Scan implements sql.Scanner.
func (c column) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("a time is stored as %T, not as text", value)
	}
	if text == "" {
		*c.to = time.Time{}
		return nil
	}
	at, err := time.Parse(timeLayout, text)
	*c.to = at
	return err
}

// utc is a time as the file gives it back: in UTC, without the local monotonic clock.
func utc(t time.Time) time.Time { return t.UTC().Round(0) }
