package explain

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/pgmedic/pgmedic/probes/plan"
)

// How much of the rows a search finds at most, where the statistics tell.
const (
	heavySearch   = 0.1
	typicalSearch = 0.02
)

// makes makes a value that finds something in the column, of what is known of the column's values: no caller's, but one of its kind. typeName is the parameter's.
// nil: nothing is known.
func (s *statistics) makes(class plan.Class, m plan.Meeting, typeName string) *string {
	if m.Call == plan.Wildcard {
		return one("%", true)
	}
	switch {
	case m.Op == "~~" || m.Op == "~~*" || m.Op == "~" || m.Op == "~*" || m.Op == "^@":
		pattern := one(s.patternFor(class, m, typeName))
		if pattern != nil && strings.HasSuffix(typeName, "[]") { // LIKE ANY
			return one(arrayOf([]*string{pattern}), true)
		}
		return pattern
	case m.Op == "%" && !strings.HasPrefix(typeName, "text") && typeName != "character varying":
		return nil
	case typeName == "regconfig":
		return nil
	case typeName == "tsquery" || strings.HasSuffix(m.Call, "to_tsquery"):
		return one(s.word(class, m))
	case typeName == "jsonb" || typeName == "jsonpath" || strings.HasPrefix(m.Op, "?") && len(s.elements) == 0:
		return one(s.part(class, m, typeName))
	case typeName == "inet" || typeName == "cidr":
		return one(s.network(class, m))
	case geometric[typeName]:
		return one(s.area(m, typeName))
	case strings.HasSuffix(m.Call, "range") || strings.HasSuffix(typeName, "range") || isRange(s.middle()):
		return one(s.between(m, typeName))
	case strings.HasSuffix(typeName, "[]"):
		return one(s.list(class, m))
	case m.Call == "ARRAY" && m.Op == "&&":
		return one(s.element(class, m.Argument))
	case m.Call == "ARRAY" || m.Op == "= ANY": // two elements need not be in one array
		return one(s.element(class, 0))
	}
	value, from := s.pickOne(class, plan.Equality, m)
	return one(value, from != plan.FromNone && m.Call == "")
}

func one(value string, ok bool) *string {
	if !ok {
		return nil
	}
	return &value
}

// middle is the value in the middle of those that were read from the table; empty: none was.
func (s *statistics) middle() string {
	if len(s.sampled) == 0 {
		return ""
	}
	return s.sampled[len(s.sampled)/2]
}

// patternFor makes a search for the beginning of a text, long enough to leave most rows out where the statistics tell.
func (s *statistics) patternFor(class plan.Class, m plan.Meeting, typeName string) (string, bool) {
	value, from := s.pickOne(class, plan.Equality, m)
	if from == plan.FromNone || typeName == "bytea" {
		return "", false
	}
	prefix := s.beginning(class, value)
	switch {
	case strings.HasPrefix(m.Op, "~~"):
		prefix = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(prefix)
		if m.Call != "||" {
			prefix += "%"
		}
	case strings.HasPrefix(m.Call, "similar"):
		prefix = regexp.QuoteMeta(prefix) + "%"
	case m.Op != "^@":
		prefix = "^" + regexp.QuoteMeta(prefix)
	}
	return prefix, true
}

// patternLength is how many characters of a value a search for its beginning has at least.
const patternLength = 3

// beginning is the shortest beginning of a value that finds few enough rows; of a value that itself is more frequent, one that finds no more than the value does.
func (s *statistics) beginning(class plan.Class, value string) string {
	most := heavySearch
	if class == plan.Typical {
		most = typicalSearch
	}
	most = max(most, s.share(value))
	runes := []rune(value)
	for n := patternLength; n < len(runes); n++ {
		if prefix := string(runes[:n]); s.share(prefix) <= most {
			return prefix
		}
	}
	return value
}

// share is the share of the rows whose value begins with a text, as the statistics have it.
func (s *statistics) share(prefix string) float64 {
	share, rest, found := 0.0, 1-s.nulls, 0
	for i, value := range s.mostCommon {
		rest -= s.frequencies[i]
		if strings.HasPrefix(value, prefix) {
			share += s.frequencies[i]
		}
	}
	for _, value := range s.histogram {
		if strings.HasPrefix(value, prefix) {
			found++
		}
	}
	if found > 0 {
		share += max(rest, 0) * float64(found) / float64(len(s.histogram))
	}
	return share
}

// element picks one of the most common elements of arrays or texts: the most frequent that leaves most rows out, the typical one the rarest.
func (s *statistics) element(class plan.Class, i int) (string, bool) {
	all := s.elements
	if len(all) == 0 {
		return "", false
	}
	for len(all) > 1 && all[0].share > heavySearch {
		all = all[1:]
	}
	if class == plan.Typical {
		return all[len(all)-1-i%len(all)].value, true
	}
	return all[i%len(all)].value, true
}

// fewElements is how many elements what a column's array is to lie within has.
const fewElements = 10

// list makes an array of an element.
func (s *statistics) list(class plan.Class, m plan.Meeting) (string, bool) {
	var values []*string
	for i := range fewElements {
		value, ok := s.element(class, i)
		if !ok {
			value, from := s.pickOne(class, plan.Equality, m)
			return value, from != plan.FromNone && !strings.HasPrefix(m.Op, "?")
		}
		values = append(values, &value)
		if m.Op != "<@" {
			break
		}
	}
	return arrayOf(values), true
}

// word makes a full text search of a lexeme, or of a word of a text.
func (s *statistics) word(class plan.Class, m plan.Meeting) (string, bool) {
	word, ok := s.element(class, m.Element)
	if !ok {
		value, _ := s.pickOne(class, plan.Equality, m)
		word = longestWord(value)
	}
	if m.Call == "" || m.Call == "to_tsquery" {
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(word) + "'", word != ""
	}
	return word, word != ""
}

var words = regexp.MustCompile(`[\pL\pN]+`)

// longestWord is the longest word of letters alone in a text: stop words are short, and what else is in a text is cut up in ways of its own.
func longestWord(text string) string {
	longest := ""
	for _, word := range words.FindAllString(text, -1) {
		if len(word) > len(longest) && !strings.ContainsFunc(word, unicode.IsDigit) {
			longest = word
		}
	}
	return strings.ToLower(longest)
}

// network is the network around an address; the address itself where the column holds networks around it.
func (s *statistics) network(class plan.Class, m plan.Meeting) (string, bool) {
	value, _ := s.pickOne(class, plan.Equality, m)
	text, _, _ := strings.Cut(value, "/")
	address, err := netip.ParseAddr(text)
	if err != nil || strings.HasPrefix(m.Op, ">>") {
		return value, err == nil
	}
	bits := map[bool]int{true: 16, false: 32}[address.Is4()]
	if class == plan.Typical {
		bits = map[bool]int{true: 24, false: 64}[address.Is4()]
	}
	return netip.PrefixFrom(address, bits).Masked().String(), true
}

var bounded = regexp.MustCompile(`^[\[(]("[^"]+"|[^",]+),("[^"]+"|[^",]+)[\])]$`)

func isRange(text string) bool { return bounded.MatchString(text) }

// between makes of a range that the table has the whole, or one of its bounds.
func (s *statistics) between(m plan.Meeting, typeName string) (string, bool) {
	value := s.middle()
	found := bounded.FindStringSubmatch(value)
	if found == nil {
		return "", false
	}
	bound := func(i int) (string, bool) { return strings.Trim(found[i], `"`), true }
	switch {
	case strings.HasSuffix(m.Call, "range") && m.Argument == 2:
		return "[)", true
	case strings.HasSuffix(m.Call, "range") && m.Argument == 1:
		return bound(2)
	case strings.HasSuffix(typeName, "range"):
		return value, true
	}
	return bound(1)
}

var geometric = map[string]bool{"point": true, "box": true, "circle": true, "polygon": true}

// partOfArea is how much of what a few pages of the table lie within an area covers, in each direction.
const partOfArea = 0.1

// area makes a figure around a point that the table has.
func (s *statistics) area(m plan.Meeting, typeName string) (string, bool) {
	x, y, ok := firstPoint(s.middle())
	if !ok {
		return "", false
	}
	lowX, highX, lowY, highY := x, x, y, y
	for _, value := range s.sampled {
		if x, y, ok := firstPoint(value); ok {
			lowX, highX, lowY, highY = min(lowX, x), max(highX, x), min(lowY, y), max(highY, y)
		}
	}
	w, h := partOfArea*(highX-lowX), partOfArea*(highY-lowY)
	switch typeName {
	case "box":
		return fmt.Sprintf("(%g,%g),(%g,%g)", x+w, y+h, x-w, y-h), true
	case "circle":
		return fmt.Sprintf("<(%g,%g),%g>", x, y, max(w, h)), true
	case "polygon":
		return fmt.Sprintf("((%g,%g),(%g,%g),(%g,%g),(%g,%g))", x-w, y-h, x-w, y+h, x+w, y+h, x+w, y-h), true
	}
	switch {
	case m.Call == "":
		return fmt.Sprintf("(%g,%g)", x, y), true
	case m.Argument == 0:
		return fmt.Sprintf("(%g,%g)", x-w, y-h), true
	}
	return fmt.Sprintf("(%g,%g)", x+w, y+h), true
}

var numbers = regexp.MustCompile(`-?[0-9.]+(e[-+]?[0-9]+)?`)

func firstPoint(text string) (x, y float64, ok bool) {
	found := numbers.FindAllString(text, 2)
	if len(found) < 2 {
		return 0, 0, false
	}
	x, err := strconv.ParseFloat(found[0], 64)
	y, errY := strconv.ParseFloat(found[1], 64)
	return x, y, err == nil && errY == nil
}
