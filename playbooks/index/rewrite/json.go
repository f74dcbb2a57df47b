package rewrite

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/shape"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// json turns data->>'k' = 'v' into data @> '{"k": "v"}' where the column has a GIN index.
func (a *attempt) json(n *node) (turn, bool) {
	a.rank = freesIndex
	if n.kind != binary || n.name != "=" {
		return turn{}, false
	}
	left, right := n.args[0].bare(), n.args[1]
	if right.varies() {
		left, right = right.bare(), n.args[0]
	}
	c, path, ok := a.jsonPath(left)
	if !ok || right.varies() || !c.containment() {
		return turn{}, false
	}
	v, ok := a.value(right)
	if !ok || v.typ != "" && !isText(v.typ) {
		return turn{}, false
	}
	a.as("json")
	a.columns = appendNew(a.columns, c.Name)
	name := a.source(innermost(left))
	if v.lit != nil {
		if json.Valid([]byte(*v.lit)) {
			a.note(true, "a number, true, false or an object of that text is not found")
		}
		return turn{sql: name + " @> " + sqltext.Literal(nest(path, jsonText(*v.lit)))}, true
	}
	a.note(true, "a number, true, false or an object of that text is not found")
	text := v.text
	for i := len(path) - 1; i >= 0; i-- {
		text = "jsonb_build_object(" + sqltext.Literal(path[i]) + ", " + text + ")"
	}
	return turn{sql: name + " @> " + text}, true
}

// jsonPath reads c->'a'->>'b'.
func (a *attempt) jsonPath(n *node) (resolved, []string, bool) {
	if n.kind != binary || n.name != "->>" {
		return resolved{}, nil, false
	}
	var path []string
	for ; n.kind == binary && (n.name == "->>" && len(path) == 0 || n.name == "->"); n = n.args[0].bare() {
		if n.args[1].kind != str {
			return resolved{}, nil, false
		}
		path = append([]string{n.args[1].name}, path...)
	}
	c, ok := a.resolve(n)
	return c, path, ok && c.typ() == "jsonb"
}

// containment says whether the column has a valid GIN index that serves @>.
func (c resolved) containment() bool {
	for _, x := range c.source.table.Indexes {
		served := slices.ContainsFunc(x.Shape.Keys, func(k shape.Key) bool { return k.Column == c.Name })
		if x.Valid && x.Shape.Method == "gin" && len(x.Shape.Where) == 0 && served {
			return true
		}
	}
	return false
}

func jsonText(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string never fails
	return strings.TrimSpace(b.String())
}

// nest writes the objects around a value.
func nest(path []string, value string) string {
	for i := len(path) - 1; i >= 0; i-- {
		value = "{" + jsonText(path[i]) + ": " + value + "}"
	}
	return value
}
