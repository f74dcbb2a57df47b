package logs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The names of columns and keys that are a row's time, and its text, the best ones first.
var (
	timeNames    = []string{"datetime", "timestamp", "time", "at", "date", "log_time", "created_at"}
	messageNames = []string{"message", "what", "title", "event", "summary", "text", "description"}
)

// fields is a row by names.
type fields struct {
	names  []string
	values map[string]string
}

// columns is where a table has what it needs.
type columns struct{ names []string }

// columnsOf reads a table's first row. ok is false where no time or no text is among the columns.
func columnsOf(first []string) (columns, bool) {
	c := columns{}
	for _, name := range first {
		c.names = append(c.names, strings.ToLower(strings.TrimSpace(name)))
	}
	return c, pick(c.names, timeNames) != "" && pick(c.names, messageNames) != ""
}

// pick is the first of the wanted names that is there; empty: none is.
func pick(names, wanted []string) string {
	for _, name := range wanted {
		if slices.Contains(names, name) {
			return name
		}
	}
	return ""
}

// row gives a row's values their names.
func (c columns) row(values []string) (fields, error) {
	if len(values) != len(c.names) {
		return fields{}, fmt.Errorf("it has %d columns, the first line %d", len(values), len(c.names))
	}
	f := fields{names: c.names, values: map[string]string{}}
	for i, name := range c.names {
		f.values[name] = unguarded(values[i])
	}
	return f, nil
}

// unguarded takes away the ' that keeps a spreadsheet from taking a cell for a formula.
func unguarded(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune("=+-@\t\r'", rune(cell[1])) {
		return cell[1:]
	}
	return cell
}

// objectOf reads an object of JSON. What is no text stays as it is written there.
func objectOf(text []byte) (fields, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return fields{}, fmt.Errorf("it is no JSON object")
	}
	f := fields{values: map[string]string{}}
	for name, raw := range object {
		name = strings.ToLower(strings.TrimSpace(name))
		var value string
		if err := json.Unmarshal(raw, &value); err != nil {
			value = strings.Trim(string(raw), " \n")
		}
		if value == "null" {
			value = ""
		}
		f.names = append(f.names, name)
		f.values[name] = value
	}
	slices.Sort(f.names)
	return f, nil
}
