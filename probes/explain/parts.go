package explain

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
)

// part is one plain value within JSON and the way to it.
type part struct {
	path  []string // keys; "" stands for an element of an array
	value string   // JSON
}

// deepest is how deep parts are looked for, and largest how many a document may yield.
const (
	deepest = 3
	largest = 100
)

// partsOf lists the plain values within a JSON document, from its surface down.
func partsOf(document string) []part {
	reader := json.NewDecoder(strings.NewReader(document))
	reader.UseNumber()
	var value any
	if reader.Decode(&value) != nil {
		return nil
	}
	var parts []part
	var collect func(value any, path []string)
	collect = func(value any, path []string) {
		if len(path) > deepest || len(parts) >= largest {
			return
		}
		switch v := value.(type) {
		case map[string]any:
			for key, inner := range v {
				if key != "" {
					collect(inner, append(slices.Clone(path), key))
				}
			}
		case []any:
			for _, inner := range v {
				collect(inner, append(slices.Clone(path), ""))
			}
		default:
			if len(path) > 0 {
				parts = append(parts, part{path, asJSON(v)})
			}
		}
	}
	collect(value, nil)
	return parts
}

// document is the JSON that holds the part alone: what a document with the part contains.
func (p part) document() string {
	text := p.value
	for _, key := range slices.Backward(p.path) {
		if key == "" {
			text = "[" + text + "]"
		} else {
			text = "{" + asJSON(key) + ": " + text + "}"
		}
	}
	return text
}

// jsonpath is the condition, for @@, or the search, for @?, that the part meets.
func (p part) jsonpath(op string) string {
	path := "$"
	for _, key := range p.path {
		if key == "" {
			path += "[*]"
		} else {
			path += "." + asJSON(key)
		}
	}
	if op == "@?" {
		return path + " ? (@ == " + p.value + ")"
	}
	return path + " == " + p.value
}

// part picks a part of the documents that the statistics have: the typical one is one of the rarest, at the place that tells documents apart best; the heavy one the most
// common one at a place with more than a few values.
func (s *statistics) part(class plan.Class, m plan.Meeting, typeName string) (string, bool) {
	documents := slices.Concat(s.mostCommon, s.histogram, s.sampled)
	if strings.HasPrefix(m.Op, "?") {
		return s.key(documents, m, typeName)
	}
	found := findings{counts: map[string]int{}, places: map[string]map[string]bool{}, parts: map[string]part{}}
	for _, document := range documents {
		for _, p := range partsOf(document) {
			found.add(p)
		}
	}
	if len(found.parts) == 0 || typeName == "jsonpath" && m.Op != "@@" && m.Op != "@?" {
		return "", false
	}
	compare := found.compareRare
	if class != plan.Typical {
		compare = found.compareCommon
	}
	best := slices.MinFunc(slices.Collect(maps.Values(found.parts)), compare)
	if typeName == "jsonpath" {
		return best.jsonpath(m.Op), true
	}
	return best.document(), true
}

// findings are the parts of several documents, by the document that holds each alone.
type findings struct {
	parts  map[string]part
	counts map[string]int
	places map[string]map[string]bool // by place, which parts there are
}

func (f findings) add(p part) {
	text, place := p.document(), p.place()
	if f.places[place] == nil {
		f.places[place] = map[string]bool{}
	}
	f.places[place][text] = true
	f.parts[text] = p
	f.counts[text]++
}

// different is how many different parts there are at the same place.
func (f findings) different(p part) int { return len(f.places[p.place()]) }

func (f findings) count(p part) int { return f.counts[p.document()] }

// compareRare puts first what is rare where the documents differ most.
func (f findings) compareRare(a, b part) int {
	return cmp.Or(cmp.Compare(f.different(b), f.different(a)), cmp.Compare(f.count(a), f.count(b)), compareDepth(a, b))
}

// compareCommon puts first what is most common where the documents differ in more than a few ways; where they never do, what is rare.
func (f findings) compareCommon(a, b part) int {
	fewA, fewB := f.different(a) <= fewDistinct, f.different(b) <= fewDistinct
	switch {
	case fewA && fewB:
		return f.compareRare(a, b)
	case fewB:
		return -1
	case fewA:
		return 1
	}
	return cmp.Or(cmp.Compare(f.count(b), f.count(a)), compareDepth(a, b))
}

func compareDepth(a, b part) int {
	return cmp.Or(cmp.Compare(len(a.path), len(b.path)), cmp.Compare(a.document(), b.document()))
}

func (p part) place() string { return strconv.Quote(strings.Join(p.path, "\x00")) }

// key picks the rarest key of the documents, as a text or within an array of them. One that all of them have is none that anybody asks for.
func (s *statistics) key(documents []string, m plan.Meeting, typeName string) (string, bool) {
	counts := map[string]int{}
	for _, document := range documents {
		var keys map[string]json.RawMessage
		if json.Unmarshal([]byte(document), &keys) == nil {
			for key := range keys {
				counts[key]++
			}
		}
	}
	rarest := ""
	for key, n := range counts {
		if rarest == "" || n < counts[rarest] || n == counts[rarest] && key < rarest {
			rarest = key
		}
	}
	tells := rarest != "" && counts[rarest] < len(documents)
	if strings.HasSuffix(typeName, "[]") && m.Call == "" {
		return arrayOf([]*string{&rarest}), tells
	}
	return rarest, tells
}

// asJSON writes a plain value as JSON; < and & stay themselves.
func asJSON(value any) string {
	var b bytes.Buffer
	writer := json.NewEncoder(&b)
	writer.SetEscapeHTML(false)
	if writer.Encode(value) != nil {
		return "null"
	}
	return strings.TrimSpace(b.String())
}
