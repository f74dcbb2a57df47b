package timeline

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"
)

// line is an event in JSON lines, and in CSV with data and evidence as JSON. datetime, message and timestamp_desc are what Timesketch reads; an import of what was
// exported knows its events by id.
type line struct {
	ID            string            `json:"id"`
	Datetime      string            `json:"datetime"` // RFC 3339, UTC
	TimestampDesc string            `json:"timestamp_desc"`
	Message       string            `json:"message"`
	Kind          string            `json:"kind"`
	End           string            `json:"end,omitempty"`
	WithinSeconds float64           `json:"within_s,omitempty"` // the error bar, each way
	Basis         string            `json:"basis"`
	Local         string            `json:"local,omitempty"` // RFC 3339, in the second zone
	OnsetSeconds  *float64          `json:"from_onset_s,omitempty"`
	Author        string            `json:"author,omitempty"`
	Source        string            `json:"source,omitempty"`
	Server        string            `json:"server,omitempty"`
	Body          string            `json:"body,omitempty"`
	SQL           string            `json:"sql,omitempty"`
	Data          map[string]string `json:"data,omitempty"`
	Evidence      []string          `json:"evidence,omitempty"`
	Star          bool              `json:"star,omitempty"`
	Internal      bool              `json:"internal,omitempty"`
	RecordedAt    string            `json:"recorded_at"`
	Corrections   int               `json:"corrections,omitempty"`
}

func lineOf(r row) line {
	l := line{
		ID: r.ID, Datetime: exact(r.At.UTC()), TimestampDesc: r.sort, Message: r.Title, Kind: string(r.Kind), End: exact(r.End.UTC()), WithinSeconds: r.Within.Seconds(),
		Basis: string(r.Basis), Local: exact(r.local), Author: r.Author, Source: r.Source, Server: r.Server, Body: r.Body, SQL: r.SQL, Data: r.Data, Evidence: r.Evidence,
		Star: r.Star, Internal: r.Internal, RecordedAt: exact(r.RecordedAt.UTC()), Corrections: r.corrected,
	}
	if r.delta != nil {
		seconds := r.delta.Seconds()
		l.OnsetSeconds = &seconds
	}
	return l
}

func exact(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

func writeJSONLines(w io.Writer, rows []row) error {
	encoder := json.NewEncoder(w) // < > & become escapes: it may be read in a page
	for _, r := range rows {
		if err := encoder.Encode(lineOf(r)); err != nil {
			return err
		}
	}
	return nil
}

// columns are those of the CSV, in their order.
var columns = [...]struct {
	name  string
	value func(line) string
}{
	{"id", func(l line) string { return l.ID }},
	{"datetime", func(l line) string { return l.Datetime }},
	{"timestamp_desc", func(l line) string { return l.TimestampDesc }},
	{"message", func(l line) string { return l.Message }},
	{"kind", func(l line) string { return l.Kind }},
	{"end", func(l line) string { return l.End }},
	{"within_s", func(l line) string { return seconds(&l.WithinSeconds) }},
	{"basis", func(l line) string { return l.Basis }},
	{"local", func(l line) string { return l.Local }},
	{"from_onset_s", func(l line) string { return seconds(l.OnsetSeconds) }},
	{"author", func(l line) string { return l.Author }},
	{"source", func(l line) string { return l.Source }},
	{"server", func(l line) string { return l.Server }},
	{"body", func(l line) string { return l.Body }},
	{"sql", func(l line) string { return l.SQL }},
	{"data", func(l line) string { return asJSON(l.Data, len(l.Data)) }},
	{"evidence", func(l line) string { return asJSON(l.Evidence, len(l.Evidence)) }},
	{"star", func(l line) string { return strconv.FormatBool(l.Star) }},
	{"internal", func(l line) string { return strconv.FormatBool(l.Internal) }},
	{"recorded_at", func(l line) string { return l.RecordedAt }},
	{"corrections", func(l line) string { return strconv.Itoa(l.Corrections) }},
}

func seconds(s *float64) string {
	if s == nil {
		return ""
	}
	return strconv.FormatFloat(*s, 'f', -1, 64)
}

func asJSON[T any](value T, length int) string {
	if length == 0 {
		return ""
	}
	text, err := json.Marshal(value)
	if err != nil { // strings alone can always be written
		return ""
	}
	return string(text)
}

func writeCSV(w io.Writer, rows []row) error {
	out := csv.NewWriter(w)
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c.name
	}
	if err := out.Write(cells); err != nil {
		return err
	}
	for _, r := range rows {
		l := lineOf(r)
		for i, c := range columns {
			cells[i] = plain(c.value(l), c.name)
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// plain keeps a spreadsheet from taking a cell for a formula: one that begins like one gets ' in front. Figures, which may begin with a minus, are left alone.
func plain(cell, column string) string {
	if cell == "" || strings.HasSuffix(column, "_s") {
		return cell
	}
	if strings.ContainsRune("=+-@\t\r'", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
