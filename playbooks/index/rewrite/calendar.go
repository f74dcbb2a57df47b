package rewrite

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// constantDay writes the start of a day as a constant for a comparison with an expression of the type.
func constantDay(t time.Time, typ string) value {
	literal := t.Format(layouts[0])
	v := value{text: "'" + literal + "'", lit: &literal}
	if typ != "" {
		v = typed(v, typ)
	}
	return v
}

// unyear turns EXTRACT(year FROM x) into a half-open range.
func (a *attempt) unyear(inner *node, op string, v value) (turn, bool) {
	a.as("truncation")
	if !v.number.isConstant() {
		a.zoned(a.typeOf(inner))
		a.note(true, "the value must be a whole number, and a year that exists")
		whole := v.number.expression(v.typ)
		if v.typ != "int4" {
			whole = v.number.sql(v.typ) + "::integer"
		}
		year := func(n string) value { return value{text: "make_date(" + n + ", 1, 1)", typ: "date", unit: "day"} }
		return a.cutAt(inner, op, year(whole), year(whole+" + 1"))
	}
	bound := v.number.offset
	if !bound.IsInt() || !bound.Num().IsInt64() || bound.Num().Int64() < 1 || bound.Num().Int64() > 9000 {
		return turn{}, false
	}
	year := date(int(bound.Num().Int64()), 1)
	next := year.AddDate(1, 0, 0)
	a.zoned(a.typeOf(inner), year, next)
	return a.cutAt(inner, op, constantDay(year, ""), constantDay(next, ""))
}

// monthOfYear turns EXTRACT(year FROM c) = n AND EXTRACT(month FROM c) = m into the range of the month, or with EXTRACT(day FROM c) = d into that of the day.
func (w *walker) monthOfYear(n *node, l *level) {
	if len(n.args) > maxNesting {
		return
	}
	for _, y := range n.args {
		a := &attempt{level: l, w: w, known: w.known}
		c, year, ok := a.fieldOf(y.bare(), "year")
		if !ok || year < 1 || year > 9000 {
			continue
		}
		for _, m := range n.args {
			other, month, ok := a.fieldOf(m.bare(), "month")
			if !ok || month < 1 || month > 12 || !sameText(a.source(c), a.source(other)) {
				continue
			}
			a.as("truncation")
			start := date(year, time.Month(month))
			next, turned := start.AddDate(0, 1, 0), []*node{y, m}
			for _, d := range n.args {
				other, day, ok := a.fieldOf(d.bare(), "day")
				if at := start.AddDate(0, 0, day-1); ok && day > 0 && at.Before(next) && len(turned) == 2 && sameText(a.source(c), a.source(other)) {
					start, next, turned = at, at.AddDate(0, 0, 1), append(turned, d)
				}
			}
			a.zoned(a.typeOf(c), start, next)
			if to, ok := a.within(c, ">=", constantDay(start, ""), "<", constantDay(next, "")); ok {
				w.addTogether(a, n, to.sql, turned...)
			}
			break
		}
	}
}

// fieldOf recognises EXTRACT(field FROM column) = number.
func (a *attempt) fieldOf(n *node, name string) (*node, int, bool) {
	if n.kind != binary || n.name != "=" {
		return nil, 0, false
	}
	left, right := n.args[0].bare(), n.args[1]
	if right.varies() {
		left, right = right.bare(), n.args[0]
	}
	if left.kind != call || left.name != "extract" && left.name != "date_part" || len(left.args) != 2 || field(left.args[0]) != name {
		return nil, 0, false
	}
	v, ok := a.value(right)
	if !ok || right.varies() || v.number == nil || !v.number.isConstant() || !v.number.offset.IsInt() || !v.number.offset.Num().IsInt64() {
		return nil, 0, false
	}
	c := left.args[1].bare()
	return c, int(v.number.offset.Num().Int64()), c.kind == column && isTime(a.typeOf(c))
}

// addTogether exchanges several conjuncts by one: all of them where they stand side by side, else the first, and the others stay.
func (w *walker) addTogether(a *attempt, n *node, to string, turned ...*node) {
	first, last := len(n.args), 0
	for _, one := range turned {
		at := slices.Index(n.args, one)
		first, last = min(first, at), max(last, at)
		w.done[one] = true
	}
	if last-first == len(turned)-1 {
		w.add(a, n.args[first].lo, n.args[last].hi, to)
	} else {
		w.add(a, turned[0].lo, turned[0].hi, to)
	}
}

// formats are those of to_char that cut a point in time off to a unit, as Go writes them. Texts of the first ones are in the order of time.
var formats = []struct{ format, layout, unit string }{
	{"YYYY-MM-DD", "2006-01-02", "day"}, {"YYYYMMDD", "20060102", "day"}, {"YYYY/MM/DD", "2006/01/02", "day"}, {"YYYY-MM", "2006-01", "month"},
	{"YYYYMM", "200601", "month"}, {"YYYY", "2006", "year"}, {"YYYY-MM-DD HH24", "2006-01-02 15", "hour"}, {"YYYY-MM-DD HH24:MI", "2006-01-02 15:04", "minute"},
	{"DD.MM.YYYY", "02.01.2006", "day"}, {"MM/DD/YYYY", "01/02/2006", "day"}, {"DD/MM/YYYY", "02/01/2006", "day"}, {"DD-MM-YYYY", "02-01-2006", "day"},
	{"MM-YYYY", "01-2006", "month"}, {"MM/YYYY", "01/2006", "month"},
}

// inOrder is how many of the formats sort as time does.
const inOrder = 8

const noteChrist = "to_char writes years before Christ like those after"

// unformat turns to_char(x, format) = text into a half-open range.
func (a *attempt) unformat(e *node, op string, v value) (turn, bool) {
	if len(e.args) != 2 || e.args[1].kind != str {
		return turn{}, false
	}
	typ := a.typeOf(e.args[0])
	i := slices.IndexFunc(formats, func(f struct{ format, layout, unit string }) bool { return f.format == strings.ToUpper(e.args[1].name) })
	if i < 0 || !isTime(typ) || i >= inOrder && op != "=" || v.typ != "" && !isText(v.typ) {
		return turn{}, false
	}
	f := formats[i]
	if !units[f.unit].whole && typ != "timestamp" {
		return turn{}, false
	}
	a.as("truncation")
	if v.lit != nil {
		return a.cutWritten(e.args[0], op, f.layout, f.unit, v)
	}
	if v.bare == "" || !units[f.unit].whole {
		return turn{}, false
	}
	a.zoned(typ)
	a.note(true, noteChrist)
	a.note(true, "the value must have just that form")
	start := value{text: fmt.Sprintf("to_date(%s, '%s')", v.text, f.format), typ: "date", unit: f.unit}
	return a.cutAt(e.args[0], op, start, a.next(start, f.unit))
}

// unformatted turns a text that is the start of a unit, as a layout writes it.
func (a *attempt) unformatted(inner *node, layout, unit string, v value) (turn, bool) {
	a.as("truncation")
	return a.cutWritten(inner, "=", layout, unit, v)
}

// cutWritten compares x with the unit that a text writes.
func (a *attempt) cutWritten(inner *node, op, layout, unit string, v value) (turn, bool) {
	start, err := time.Parse(layout, *v.lit)
	if err != nil || start.Format(layout) != *v.lit || start.Year() < 1 || start.Year() > 9000 {
		return turn{}, false
	}
	m, next := moment{start, layouts[0]}, units[unit].next(start)
	a.zoned(a.typeOf(inner), start, next)
	a.note(true, noteChrist)
	return a.cutAt(inner, op, m.at(start, value{}), m.at(next, value{}))
}

// unzone takes AT TIME ZONE off.
func (a *attempt) unzone(e *node, op string, v value) (turn, bool) {
	typ := a.typeOf(e)
	zone := e.args[1]
	if !isMoment(typ) || zone.varies() || zone.kind != str && zone.kind != param {
		return turn{}, false
	}
	if v.typ == "" && v.lit != nil {
		if _, plain := readMoment(v); !plain {
			return turn{}, false
		}
		v = typed(v, typ)
	}
	a.as("truncation")
	switch {
	case v.typ == "date" && typ == "timestamp":
		v = value{text: v.text + "::timestamp", typ: typ, lit: v.lit}
	case v.typ != typ:
		return turn{}, false
	}
	a.noteZone(zone, typ, op, v)
	return a.solve(e.args[0], op, value{text: "(" + v.text + " AT TIME ZONE " + a.zoneSQL(zone) + ")", typ: momentsOther[typ], moving: v.moving})
}

var momentsOther = map[string]string{"timestamp": "timestamptz", "timestamptz": "timestamp"}

// zoneSQL is the time zone's name; a parameter keeps its type.
func (a *attempt) zoneSQL(zone *node) string {
	if v, ok := a.value(zone); ok {
		return v.text
	}
	return a.source(zone)
}

// noteZone notes what a time zone whose clocks change does to a limit of the type: nothing where they show that once. What they leave out begins with a time that
// counts as the moment of the change: >= and < of it are right.
func (a *attempt) noteZone(zone *node, typ, op string, v value) {
	if zone.kind == str && isUTC(zone.name) {
		return
	}
	if m, plain := readMoment(v); plain && zone.kind == str && typ == "timestamp" {
		limits := []time.Time{m.Time}
		if op != ">=" && op != "<" {
			limits = append(limits, m.Add(time.Microsecond))
		}
		if uneven, known := isUneven(zone.name, limits...); known && !uneven {
			return
		}
	}
	a.note(true, noteChange)
}
