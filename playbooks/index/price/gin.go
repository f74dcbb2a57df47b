package price

import (
	"encoding/json"
	"math"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// gin is gincostestimate: the pages of the key tree for each key that is searched, and of the lists of rows, at random.
func (h *heap) gin(s search) access {
	g, c := s.extent.gin, h.costs
	keys, partial := 0.0, 0.0
	for _, k := range s.index.Keys {
		for _, condition := range answers(s.index, k, h.table, s.inside).conditions {
			searched, begun := searchedKeys(k, keyColumn(k, h.table).TypeName, condition)
			keys += searched
			partial += begun
		}
	}
	if keys+partial == 0 || math.IsInf(keys, 1) {
		keys = g.entries // all of the index
	}
	begun := min(100*partial/max(g.entries, 1), 1) // a beginning is taken to stand for a hundred keys
	entryPages := math.Ceil((keys+partial)*math.RoundToEven(math.Pow(g.entryPages, 0.15))) + math.Ceil(g.entryPages*begun)
	lists := math.Ceil(g.dataPages * begun)
	a := access{selectivity: h.meeting(s.inside...) / h.rows}
	rows := a.selectivity * h.rows
	data := max(math.Ceil(g.dataPages*keys/max(g.entries, 1)), math.Ceil(rows/(pageSize(h.table)/3)))
	if s.times > 1 {
		entryPages = h.fetched(entryPages*s.times, g.entryPages, g.entryPages) / s.times
		lists = h.fetched(lists*s.times, g.dataPages, g.dataPages) / s.times
		data = h.fetched(data*s.times, g.dataPages, g.dataPages) / s.times
	}
	a.startup = (entryPages + lists) * c.RandomPage
	if c.Version >= 160000 {
		a.startup += ginDescent(g, keys+partial, c.CPUOperator)
	}
	a.total = a.startup + data*c.RandomPage + rows*(c.CPUIndexTuple+c.CPUOperator*s.quals)
	if c.Version >= 160000 {
		a.total += data * pageDescent * c.CPUOperator
	}
	a.entries = rows
	return a
}

// ginDescent is what going down the key tree costs the processor (16 and later).
func ginDescent(g ginExtent, searched, operator float64) float64 {
	if g.entries < 1 {
		return 0
	}
	comparisons := math.Ceil(math.Log2(max(g.entries, 2))) * math.Ceil(searched) * operator
	return comparisons + math.Ceil(searched)*math.Ceil(math.Pow(g.entryPages, 0.15))*pageDescent*operator
}

// searchedKeys is how many keys a condition looks for, and of how many only the beginning is known; one where its value is not known.
func searchedKeys(k shape.Key, typeName string, c plan.Condition) (keys, begun float64) {
	value, ok := literal(c.Value)
	if !ok {
		return 1, 0
	}
	switch {
	case strings.HasSuffix(k.Opclass, "trgm_ops"):
		return trigrams(value), 0
	case typeName == "tsvector" || strings.Contains(c.Value, "::tsquery"):
		words, begun := float64(strings.Count(value, "'")/2), float64(strings.Count(value, "':*"))
		return max(words-begun, 0), begun
	case typeName == "jsonb" || strings.Contains(c.Value, "::jsonb"):
		return jsonKeys(value, strings.HasSuffix(k.Opclass, "path_ops")), 0
	case strings.HasPrefix(value, "{"):
		return elements("'" + value), 0
	}
	return 1, 0
}

// literal is the value of a constant as printed: 'x'::text; false for anything else.
func literal(printed string) (string, bool) {
	first := sqltext.Scan(strings.TrimLeft(printed, "( "))
	if len(first) == 0 || first[0].Kind != sqltext.String {
		return "", false
	}
	_, text, _ := strings.Cut(first[0].Text, "'")
	text = strings.TrimSuffix(text, "'")
	if strings.HasPrefix(first[0].Text, "E") {
		text = strings.ReplaceAll(text, `\\`, `\`)
	}
	return strings.ReplaceAll(text, "''", "'"), true
}

// trigrams is how many a pattern has for sure: those of its words, whose ends count where no wildcard stands beside them.
func trigrams(pattern string) float64 {
	var n float64
	for _, word := range strings.FieldsFunc(pattern, func(r rune) bool { return strings.ContainsRune(` %_.*+?()[]|\^$-,/:;"'@`, r) }) {
		i := strings.Index(pattern, word)
		length := len([]rune(word)) - 2
		if !wildBefore(pattern[:i]) {
			length += 2
		}
		if !wildAfter(pattern[i+len(word):]) {
			length++
		}
		n += float64(max(length, 0))
	}
	if n == 0 {
		return math.Inf(1)
	}
	return n
}

func wildBefore(s string) bool { return strings.HasSuffix(s, "%") || strings.HasSuffix(s, "_") }

func wildAfter(s string) bool { return strings.HasPrefix(s, "%") || strings.HasPrefix(s, "_") }

// jsonKeys is how many keys jsonb @> looks for: of each value with its path, or of each key and value by itself.
func jsonKeys(text string, byPath bool) float64 {
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return 1
	}
	return max(countJSON(value, byPath), 1)
}

func countJSON(value any, byPath bool) float64 {
	var n float64
	switch value := value.(type) {
	case map[string]any:
		for _, v := range value {
			if !byPath {
				n++
			}
			n += countJSON(v, byPath)
		}
	case []any:
		for _, v := range value {
			n += countJSON(v, byPath)
		}
	default:
		return 1
	}
	return n
}
