// Package logs reads what others wrote down into events of an incident's timeline: PostgreSQL's csvlog and jsonlog, tables in CSV, JSON lines, lists of deploys. What is
// read is bounded, whatever the file holds, and every line that is left out is counted with its reason.
package logs

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Format is how a file is written.
type Format string

// The formats. Auto finds out which.
const (
	Auto      Format = "auto"
	CSV       Format = "csv"     // a table whose first line names its columns
	JSONLines Format = "jsonl"   // an object a line
	CSVLog    Format = "csvlog"  // PostgreSQL's log_destination csvlog
	JSONLog   Format = "jsonlog" // PostgreSQL's log_destination jsonlog, 15+
	Lines     Format = "lines"   // a time and a text a line
)

// ParseFormat reads a format as a person gives it.
func ParseFormat(text string) (Format, error) {
	all := []Format{Auto, CSV, JSONLines, CSVLog, JSONLog, Lines}
	if f := Format(text); slices.Contains(all, f) {
		return f, nil
	}
	return "", fmt.Errorf("one of %v, not %q", all, text)
}

// Options say how a file is read.
type Options struct {
	Format Format         // empty: Auto
	Zone   *time.Location // of times that name none; nil: they are refused
	As     string         // what the lines are, for example "deploys"; may be empty
}

// The bounds of what is read.
const (
	mostLine   = 1 << 20 // bytes of one line or row
	mostEvents = 100_000
	linesNamed = 5 // of those that are left out for one reason
	peeked     = 64 << 10
)

// Import is what was read of a file.
type Import struct {
	Name   string // without its folder
	Format Format
	Size   int64  // bytes
	SHA256 string // hexadecimal
	As     string
	Events []record.Event // by time
	Out    []LeftOut
}

// LeftOut is why lines became no event.
type LeftOut struct {
	Reason string
	Count  int64
	Lines  []int64 // the first ones
}

// Read reads a whole file. name is shown as the source of the events. A time without a zone, where Options name none, is an error that says so.
func Read(r io.Reader, name string, o Options) (*Import, error) {
	digest := sha256.New()
	counted := &counter{r: io.TeeReader(r, digest)}
	buffered := bufio.NewReaderSize(counted, peeked)
	beginning, err := buffered.Peek(peeked)
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if bytes.HasPrefix(beginning, []byte("\xef\xbb\xbf")) {
		if _, err := buffered.Discard(3); err != nil {
			return nil, err
		}
		beginning = beginning[3:]
	}
	format := o.Format
	if format == "" || format == Auto {
		if format, err = detect(beginning); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	in := &Import{Name: sqltext.CleanLine(filepath.Base(name)), Format: format, As: o.As}
	c := &collector{in: in, zone: o.Zone, groups: map[groupKey]int{}, times: map[string]int{}, out: map[string]int{}}
	if err := c.read(buffered, format); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if _, err := io.Copy(io.Discard, buffered); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	in.Size, in.SHA256 = counted.n, hex.EncodeToString(digest.Sum(nil))
	return in, c.finish()
}

type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// detect finds out how a file is written from its beginning.
func detect(beginning []byte) (Format, error) {
	first := newRows(bytes.NewReader(beginning), true)
	row, err := first.next()
	switch {
	case err == io.EOF:
		return "", fmt.Errorf("it is empty")
	case err != nil:
		return "", err
	}
	text := strings.TrimSpace(string(row.text))
	if strings.HasPrefix(text, "{") {
		if strings.Contains(text, `"error_severity"`) {
			return JSONLog, nil
		}
		return JSONLines, nil
	}
	if fields, err := fieldsOf(row.text); err == nil {
		if isCSVLog(fields) {
			return CSVLog, nil
		}
		if _, ok := columnsOf(fields); ok {
			return CSV, nil
		}
	}
	if _, _, ok := cutTime(text); ok {
		return Lines, nil
	}
	return "", fmt.Errorf("it is not known how it is written: PostgreSQL's csvlog and jsonlog are read, JSON lines with message and datetime, lines that begin with a time, "+
		"and CSV whose first line names its columns, one of %s and one of %s", strings.Join(timeNames, ", "), strings.Join(messageNames, ", "))
}
