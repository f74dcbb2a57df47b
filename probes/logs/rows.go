package logs

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
)

// row is one line of a file, or one row of a table, which may go over several lines.
type row struct {
	line int64 // of its beginning, from 1
	text []byte
}

// errTooLong is a row beyond mostLine: it was skipped to its end.
var errTooLong = errors.New("longer than a megabyte")

// rows reads a file row by row, each bounded.
type rows struct {
	in     *bufio.Reader
	quoted bool // a line end between quotes is part of the row
	line   int64
}

func newRows(r io.Reader, quoted bool) *rows {
	return &rows{in: bufio.NewReaderSize(r, peeked), quoted: quoted, line: 1}
}

// next returns the next row that is not empty, without its line end. After errTooLong it goes on with the one behind. The text is good until the next one.
func (r *rows) next() (row, error) {
	for {
		one := row{line: r.line}
		tooLong, inQuotes := false, false
		for {
			piece, err := r.in.ReadSlice('\n')
			if r.quoted && bytes.Count(piece, []byte(`"`))%2 == 1 {
				inQuotes = !inQuotes
			}
			if tooLong = tooLong || len(one.text)+len(piece) > mostLine; !tooLong {
				one.text = append(one.text, piece...)
			}
			if err == bufio.ErrBufferFull {
				continue
			}
			if err == nil {
				r.line++
				if inQuotes && !tooLong {
					continue
				}
			} else if err != io.EOF || len(one.text) == 0 && !tooLong {
				return one, err
			}
			break
		}
		if tooLong {
			return one, errTooLong
		}
		if one.text = bytes.TrimRight(one.text, "\r\n"); len(bytes.TrimSpace(one.text)) > 0 {
			return one, nil
		}
	}
}

// fieldsOf takes a row of a table apart.
func fieldsOf(text []byte) ([]string, error) {
	reader := csv.NewReader(bytes.NewReader(text))
	reader.FieldsPerRecord = -1
	reader.LazyQuotes = false
	return reader.Read()
}
