package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A report's generated blocks stand between two comments that no reader shows, with the block's id and the hash of what pgmedic wrote. Everything else, between the
// blocks and around them, is people's: it is never changed.
//
//	<!-- pgmedic:begin summary 3f9a1c2b -->
//	…
//	<!-- pgmedic:end summary -->
//
// The last comment lists every block that was ever put there, so that one that somebody deletes stays deleted.
var (
	beginMark = regexp.MustCompile(`^<!-- pgmedic:begin ([a-z-]+)(?: ([0-9a-f]+))? -->$`)
	endMark   = regexp.MustCompile(`^<!-- pgmedic:end ([a-z-]+) -->$`)
	listMark  = regexp.MustCompile(`^<!-- pgmedic:blocks([a-z -]*) -->$`)
)

// part is a stretch of a report: a block, or what stands between blocks.
type part struct {
	id    string // of a block; empty: people's
	hash  string // of what pgmedic wrote there
	body  string // between the marks, or people's text; with its line ends
	begin string // the mark's line end: "\n" or "\r\n"
}

// document is a report in its parts.
type document struct {
	parts []part
	ids   []string // of every block that was ever there
}

// parse takes a report apart. A block without its end, and one whose id was there already, is people's text.
func parse(text string) document {
	var d document
	var people strings.Builder
	flush := func() {
		if people.Len() > 0 {
			d.parts = append(d.parts, part{body: people.String()})
			people.Reset()
		}
	}
	lines := strings.SplitAfter(text, "\n")
	for i := 0; i < len(lines); i++ {
		line, end := cutEnd(lines[i])
		if list := listMark.FindStringSubmatch(line); list != nil {
			d.ids = append(d.ids, strings.Fields(list[1])...)
			continue
		}
		if mark := beginMark.FindStringSubmatch(line); mark != nil && d.block(mark[1]) == nil {
			if to := endOf(lines, i+1, mark[1]); to >= 0 {
				flush()
				d.parts = append(d.parts, part{id: mark[1], hash: mark[2], body: strings.Join(lines[i+1:to], ""), begin: end})
				i = to
				continue
			}
		}
		people.WriteString(lines[i])
	}
	flush()
	return d
}

func cutEnd(line string) (text, end string) {
	text = strings.TrimRight(line, "\r\n")
	return text, line[len(text):]
}

// endOf is the line in which a block ends; -1: nowhere, or another one begins before.
func endOf(lines []string, from int, id string) int {
	for i := from; i < len(lines); i++ {
		line, _ := cutEnd(lines[i])
		if beginMark.MatchString(line) {
			return -1
		}
		if mark := endMark.FindStringSubmatch(line); mark != nil {
			if mark[1] == id {
				return i
			}
			return -1
		}
	}
	return -1
}

// block returns the block of an id; nil: there is none.
func (d document) block(id string) *part {
	for i := range d.parts {
		if d.parts[i].id == id && id != "" {
			return &d.parts[i]
		}
	}
	return nil
}

// edited says whether a person has changed a block. Line ends do not count: editors change them.
func (p part) edited() bool { return p.hash != blockHash(p.body) }

func blockHash(body string) string { return hash(strings.ReplaceAll(body, "\r\n", "\n"))[:16] }

// text puts the parts together again.
func (d document) text() string {
	var b strings.Builder
	for _, p := range d.parts {
		if p.id == "" {
			b.WriteString(p.body)
			continue
		}
		fmt.Fprintf(&b, "<!-- pgmedic:begin %s %s -->%s%s<!-- pgmedic:end %s -->%s", p.id, p.hash, p.begin, p.body, p.id, p.begin)
	}
	if text := b.String(); text != "" && !strings.HasSuffix(text, "\n") {
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "<!-- pgmedic:blocks %s -->\n", strings.Join(d.ids, " "))
	return b.String()
}

// generated is a report as the template gives it: its blocks get their hashes.
func generated(text string) document {
	d := parse(text)
	for i := range d.parts {
		if p := &d.parts[i]; p.id != "" {
			p.hash = blockHash(p.body)
			d.ids = append(d.ids, p.id)
		}
	}
	return d
}

// merged is what becomes of a report when it is made anew.
type merged struct {
	text string   // with people's edits
	kept []string // ids of the blocks that people have edited and that would be others now
	anew string   // with these blocks as they would be; empty: there are none
}

// merge makes a report anew that people may have edited. ours is false where it holds no block: then it is nobody's but theirs.
func merge(existing string, fresh document) (m merged, ours bool) {
	old := parse(existing)
	if len(old.ids) == 0 && !slices.ContainsFunc(old.parts, func(p part) bool { return p.id != "" }) {
		return merged{}, false
	}
	anew := document{ids: old.ids}
	for i := range old.parts {
		p := &old.parts[i]
		now := fresh.block(p.id)
		if p.id == "" || now == nil {
			anew.parts = append(anew.parts, *p)
			continue
		}
		replaced := part{id: p.id, hash: now.hash, body: withEnds(now.body, p.begin), begin: p.begin}
		anew.parts = append(anew.parts, replaced)
		switch {
		case !p.edited() || blockHash(p.body) == now.hash:
			*p = replaced
		default:
			m.kept = append(m.kept, p.id)
		}
	}
	old.insert(fresh)
	anew.insert(fresh)
	m.text = old.text()
	if len(m.kept) > 0 {
		m.anew = anew.text()
	}
	return m, true
}

// withEnds gives a text the line ends of the file that it comes into.
func withEnds(text, end string) string {
	if end == "\r\n" {
		return strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

// insert puts blocks that were never there after the nearest one that comes before them, with the text that leads to them.
func (d *document) insert(fresh document) {
	after := -1 // the place behind which the next one belongs
	lead := ""
	for _, p := range fresh.parts {
		if p.id == "" {
			lead = p.body
			continue
		}
		at := slices.IndexFunc(d.parts, func(old part) bool { return old.id == p.id })
		switch {
		case at >= 0:
			after = at
		case slices.Contains(d.ids, p.id): // somebody has deleted it
		default:
			var add []part
			if !strings.Contains(joined(d.parts), strings.TrimSpace(lead)) {
				add = append(add, part{body: lead})
			}
			add = append(add, p)
			d.parts = slices.Insert(d.parts, after+1, add...)
			d.ids = append(d.ids, p.id)
			after += len(add)
		}
		lead = ""
	}
}

func joined(parts []part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.body)
	}
	return b.String()
}
