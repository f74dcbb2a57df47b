package logs

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// The bounds of what an event keeps of a row.
const (
	mostColumns = 40
	mostValue   = 1000 // characters of an extra column
)

// collector turns rows into events.
type collector struct {
	in       *Import
	zone     *time.Location
	columns  columns          // of a table
	groups   map[groupKey]int // place in in.Events
	times    map[string]int   // how often an id's content came
	out      map[string]int   // place in in.Out, by reason
	zoneless []int64          // lines whose time names no zone
}

// groupKey is what becomes one event: lines of the server's log of one sort in one second.
type groupKey struct {
	second                      int64
	state, sort, user, database string
}

// read reads all rows.
func (c *collector) read(r io.Reader, format Format) error {
	all := newRows(r, format == CSV || format == CSVLog)
	first := true
	for {
		row, err := all.next()
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, errTooLong):
			c.leave("the line is "+err.Error(), row.line)
			continue
		case err != nil:
			return fmt.Errorf("line %d: %w", row.line, err)
		}
		if !utf8.Valid(row.text) {
			row.text = bytes.ToValidUTF8(row.text, []byte("�"))
		}
		if first && format == CSV {
			if err := c.head(row); err != nil {
				return err
			}
			first = false
			continue
		}
		if err := c.take(row, format); err != nil {
			var zone noZone
			if errors.As(err, &zone) {
				c.zoneless = append(c.zoneless, row.line)
				continue
			}
			c.leave(err.Error(), row.line)
		}
		if len(c.in.Events) > mostEvents {
			return fmt.Errorf("it would become more than %d events: cut out the time of the incident", mostEvents)
		}
	}
}

// head reads the first row of a table.
func (c *collector) head(r row) error {
	names, err := fieldsOf(r.text)
	if err != nil {
		return fmt.Errorf("line %d: its quotes do not match", r.line)
	}
	var ok bool
	if c.columns, ok = columnsOf(names); !ok {
		return fmt.Errorf("its first line names the columns %s: one of %s is needed, and one of %s", strings.Join(names, ", "), strings.Join(timeNames, ", "), strings.Join(messageNames, ", "))
	}
	return nil
}

// leave counts a line that becomes no event.
func (c *collector) leave(reason string, line int64) {
	at, known := c.out[reason]
	if !known {
		at = len(c.in.Out)
		c.out[reason] = at
		c.in.Out = append(c.in.Out, LeftOut{Reason: reason})
	}
	o := &c.in.Out[at]
	if o.Count++; len(o.Lines) < linesNamed {
		o.Lines = append(o.Lines, line)
	}
}

func (c *collector) take(r row, format Format) error {
	switch format {
	case CSVLog:
		values, err := fieldsOf(r.text)
		if err != nil {
			return errors.New("its quotes do not match")
		}
		e, err := csvEntry(values)
		if err != nil {
			return err
		}
		return c.server(e)
	case JSONLog:
		f, err := objectOf(r.text)
		if err != nil {
			return err
		}
		e, err := jsonEntry(f)
		if err != nil {
			return err
		}
		return c.server(e)
	case JSONLines:
		f, err := objectOf(r.text)
		if err != nil {
			return err
		}
		return c.plain(f)
	case CSV:
		values, err := fieldsOf(r.text)
		if err != nil {
			return errors.New("its quotes do not match")
		}
		f, err := c.columns.row(values)
		if err != nil {
			return err
		}
		return c.plain(f)
	}
	stamp, rest, ok := cutTime(string(r.text))
	if !ok {
		return errors.New("it begins with no time")
	}
	return c.plain(fields{names: []string{"time", "message"}, values: map[string]string{"time": stamp, "message": rest}})
}

// server takes a line of the server's log: those of one sort and second become one event, with how many there were.
func (c *collector) server(e entry) error {
	sort := e.sortOf()
	if sort == "" {
		return fmt.Errorf("of no matter in an incident: %s %s", sqltext.CleanLine(e.severity), sqltext.CleanLine(e.state))
	}
	at, err := parseTime(e.time, c.zone)
	if err != nil {
		return err
	}
	key := groupKey{at.Unix(), e.state, sort, e.user, e.database}
	if place, known := c.groups[key]; known {
		return addTo(&c.in.Events[place], at, e)
	}
	c.groups[key] = len(c.in.Events)
	event := record.Event{Kind: record.Imported, At: at, Basis: record.ImportClock, Source: c.in.Name, Data: map[string]string{"count": "1", "sort": sort}}
	for name, value := range map[string]string{"sqlstate": e.state, "severity": e.severity, "user": e.user, "database": e.database, "application": e.application} {
		if value != "" && value != "00000" {
			event.Data[name] = sqltext.CleanLine(value)
		}
	}
	if e.isError() {
		event.Data["errors"] = "1"
	}
	event.SQL = sqltext.Public(e.statement)
	event.ID = c.id(at, e.session+"\x00"+e.line+"\x00"+e.state+"\x00"+sort+"\x00"+e.user+"\x00"+e.database)
	c.title(&event, sort, 1)
	c.in.Events = append(c.in.Events, event)
	return nil
}

// addTo counts one more line of an event.
func addTo(event *record.Event, at time.Time, e entry) error {
	n, err := strconv.Atoi(event.Data["count"])
	if err != nil {
		return err
	}
	n++
	event.Data["count"] = strconv.Itoa(n)
	if e.isError() {
		event.Data["errors"] = strconv.Itoa(n)
	}
	if at.After(event.At) {
		event.End = at
	}
	if e.statement != "" && sqltext.Public(e.statement) != event.SQL {
		event.SQL = "" // of several
	}
	if event.Data["application"] != sqltext.CleanLine(e.application) {
		delete(event.Data, "application")
	}
	return nil
}

// title names an event of the server's log.
func (c *collector) title(e *record.Event, sort string, n int) {
	text := sort
	if state := e.Data["sqlstate"]; state != "" {
		text = state + " " + sort
	}
	if n > 1 {
		text = fmt.Sprintf("%d × %s", n, text)
	}
	if who := strings.Trim(e.Data["user"]+"@"+e.Data["database"], "@"); who != "" {
		text += ", " + who
	}
	e.Title = text
}

// plain takes a row of a table, an object, or a line. Of a timeline that pgmedic wrote itself the id is kept.
func (c *collector) plain(f fields) error {
	at, err := parseTime(f.values[pick(f.names, timeNames)], c.zone)
	if err != nil {
		return err
	}
	message := strings.TrimSpace(f.values[pick(f.names, messageNames)])
	if message == "" {
		return errors.New("it has no text")
	}
	event := record.Event{Kind: record.Imported, At: at, Basis: record.ImportClock, Source: c.in.Name, Data: map[string]string{}}
	event.SetText(message)
	if c.in.As != "" {
		event.Data["as"] = c.in.As
	}
	for _, name := range f.names {
		value := f.values[name]
		if value == "" || slices.Contains([]string{pick(f.names, timeNames), pick(f.names, messageNames), "id"}, name) || len(event.Data) >= mostColumns {
			continue
		}
		event.Data[sqltext.CleanLine(name)] = sqltext.CleanLine(cut(value, mostValue))
	}
	event.ID = f.values["id"]
	if _, err := ulid.ParseStrict(event.ID); err != nil {
		event.ID = c.id(at, event.Title+"\x00"+event.Body+"\x00"+c.in.As)
	}
	c.in.Events = append(c.in.Events, event)
	return nil
}

func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// id is the same for the same content, whoever imports it and from whichever file; equal ones are told apart by their order.
func (c *collector) id(at time.Time, content string) string {
	key := strconv.FormatInt(at.UnixNano(), 10) + "\x00" + content
	sum := sha256.Sum256([]byte(key + "\x00" + strconv.Itoa(c.times[key])))
	c.times[key]++
	var id ulid.ULID
	_ = id.SetTime(ulid.Timestamp(at)) // of years that ULIDs do not reach, the hash alone tells
	copy(id[6:], sum[:10])
	return id.String()
}

// finish sorts the events, names those that stand for several lines, and refuses times without a zone.
func (c *collector) finish() error {
	if n := len(c.zoneless); n > 0 {
		lines := make([]string, 0, linesNamed)
		for _, line := range c.zoneless[:min(n, linesNamed)] {
			lines = append(lines, strconv.FormatInt(line, 10))
		}
		return fmt.Errorf("%s: %d times name no time zone for sure (line %s): say of which they are, with --zone Europe/Berlin", c.in.Name, n, strings.Join(lines, ", "))
	}
	for i := range c.in.Events {
		e := &c.in.Events[i]
		if n, err := strconv.Atoi(e.Data["count"]); err == nil && e.Data["sort"] != "" {
			c.title(e, e.Data["sort"], n)
			delete(e.Data, "sort")
		}
	}
	slices.SortStableFunc(c.in.Events, func(a, b record.Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return nil
}
