package rewrite

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// unit is one that a point in time can be cut off to.
type unit struct {
	step  string // as an interval
	next  func(time.Time) time.Time
	start func(time.Time) time.Time
	whole bool // of whole days
}

var units = map[string]unit{
	"second":  {"1 second", func(t time.Time) time.Time { return t.Add(time.Second) }, func(t time.Time) time.Time { return t.Truncate(time.Second) }, false},
	"minute":  {"1 minute", func(t time.Time) time.Time { return t.Add(time.Minute) }, func(t time.Time) time.Time { return t.Truncate(time.Minute) }, false},
	"hour":    {"1 hour", func(t time.Time) time.Time { return t.Add(time.Hour) }, func(t time.Time) time.Time { return t.Truncate(time.Hour) }, false},
	"day":     {"1 day", func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }, dayOf, true},
	"week":    {"7 days", func(t time.Time) time.Time { return t.AddDate(0, 0, 7) }, weekOf, true},
	"month":   {"1 month", func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }, func(t time.Time) time.Time { return date(t.Year(), t.Month()) }, true},
	"quarter": {"3 months", func(t time.Time) time.Time { return t.AddDate(0, 3, 0) }, func(t time.Time) time.Time { return date(t.Year(), (t.Month()-1)/3*3+1) }, true},
	"year":    {"1 year", func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }, func(t time.Time) time.Time { return date(t.Year(), 1) }, true},
}

func date(year int, month time.Month) time.Time {
	return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
}

func dayOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// weekOf is the Monday.
func weekOf(t time.Time) time.Time { return dayOf(t).AddDate(0, 0, -(int(t.Weekday())+6)%7) }

// parts says which units start where a start of this unit is.
var parts = map[string][]string{
	"year": {"year", "quarter", "month", "day", "hour", "minute", "second"}, "quarter": {"quarter", "month", "day", "hour", "minute", "second"},
	"month": {"month", "day", "hour", "minute", "second"}, "week": {"week", "day", "hour", "minute", "second"}, "day": {"day", "hour", "minute", "second"},
	"hour": {"hour", "minute", "second"}, "minute": {"minute", "second"}, "second": {"second"},
}

// moment is a point in time as a constant writes it, without its time zone.
type moment struct {
	time.Time
	layout string
}

var layouts = []string{"2006-01-02", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04"}

// readMoment reads a constant as ISO 8601 writes it; false where it is no constant, or another one, or has a time zone.
func readMoment(v value) (moment, bool) {
	if v.lit == nil || v.typ == "date" && len(*v.lit) != len(layouts[0]) {
		return moment{}, false
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, *v.lit); err == nil && t.Year() > 0 && t.Year() < 9990 && t.Nanosecond()%1000 == 0 {
			return moment{t, layout}, true
		}
	}
	return moment{}, false
}

// at writes another point in time as the constant was written.
func (m moment) at(t time.Time, like value) value {
	layout := m.layout
	if t.Nanosecond() != 0 {
		layout = "2006-01-02 15:04:05.999999"
	} else if dayOf(t) != t && layout == layouts[0] {
		layout = layouts[1]
	}
	literal := t.Format(layout)
	to := value{text: "'" + literal + "'", lit: &literal}
	if like.typ != "" {
		to = typed(to, like.typ)
	}
	return to
}

// untruncate turns date_trunc(unit, x) into a half-open range.
func (a *attempt) untruncate(e *node, op string, v value) (turn, bool) {
	if len(e.args) != 2 {
		return turn{}, false
	}
	typ := a.typeOf(e)
	if e.args[0].kind == param && isMoment(typ) {
		return a.untruncateUnknown(e, op, typed(v, typ))
	}
	name := strings.ToLower(field(e.args[0]))
	if !isMoment(typ) || units[name].step == "" {
		return turn{}, false
	}
	return a.cut(e.args[1], name, typ, op, v)
}

// untruncateUnknown turns date_trunc($n, x), whose unit is not known.
func (a *attempt) untruncateUnknown(e *node, op string, v value) (turn, bool) {
	a.as("truncation")
	a.zoned(a.typeOf(e.args[1]))
	a.note(true, "the value must be the start of a unit")
	next := value{text: fmt.Sprintf("(%s + ('1 ' || %s)::interval)", v.text, e.args[0].name), typ: shifted(v.typ)}
	switch op {
	case ">=", "<":
		return a.solve(e.args[1], op, v)
	case ">":
		return a.solve(e.args[1], ">=", next)
	case "<=":
		return a.solve(e.args[1], "<", next)
	}
	return a.within(e.args[1], ">=", v, "<", next)
}

// undate turns x::date and date(x) into a half-open range.
func (a *attempt) undate(e *node, op string, v value) (turn, bool) {
	if len(e.args) != 1 || !isMoment(a.typeOf(e.args[0])) {
		return turn{}, false
	}
	if v.typ == "" && v.lit != nil && !isInfinite(v) {
		if m, plain := readMoment(v); !plain || m.layout != layouts[0] {
			v = typed(v, "date")
			v.lit, v.unit = nil, "day"
		}
	}
	return a.cut(e.args[0], "day", "date", op, v)
}

// cut turns the comparison of x, cut off to a unit, into one of x itself. typ is the type of what is cut off.
func (a *attempt) cut(inner *node, name, typ, op string, v value) (turn, bool) {
	if !isTime(v.typ) && (v.lit == nil || v.typ != "") {
		return turn{}, false
	}
	a.as("truncation")
	if isInfinite(v) {
		return a.solve(inner, op, typed(v, typ))
	}
	m, plain := readMoment(v)
	plain = plain && (v.typ == "" || v.typ == typ || v.typ == "date" || m.layout == layouts[0])
	if u := units[name]; u.whole && a.typeOf(inner) != "date" {
		var limits []time.Time
		if start := u.start(m.Time); plain {
			limits = []time.Time{start, u.next(start)}
		}
		a.zoned(momentType(a.typeOf(inner), typ), limits...)
	}
	if plain {
		return a.cutConstant(inner, name, typ, op, v, m)
	}
	v = typed(v, typ)
	v.unknown = v.unknown || v.lit != nil
	v.infinite = len(parametersOf(v.text)) > 0
	switch {
	case v.unit == name || slices.Contains(parts[v.unit], name):
		return a.cutAt(inner, op, v, a.next(v, name))
	case op == ">" || op == "<=":
		start := a.startOf(v, name, typ)
		return a.cutAt(inner, op, start, a.next(start, name))
	case v.unknown:
		a.note(true, "the value must be the start of "+article(name))
		return a.cutAt(inner, op, v, a.next(v, name))
	case op == "=":
		return turn{}, false
	}
	before := value{text: "(" + v.text + " - interval '1 microsecond')", typ: shifted(v.typ), moving: v.moving}
	return a.cutAt(inner, op, a.next(a.startOf(before, name, typ), name), value{})
}

func article(name string) string {
	if name == "hour" {
		return "an hour"
	}
	return "a " + name
}

// cutAt compares x with the start of a unit and with that of the next. Where the start is a parameter it can be infinite, and so is the next one then: the last moment
// of the unit stands for that.
func (a *attempt) cutAt(inner *node, op string, start, next value) (turn, bool) {
	behind, before := ">=", "<"
	if start.infinite {
		next = value{text: "(" + unbracketed(next.text) + " - interval '1 microsecond')", typ: shifted(next.typ)}
		behind, before = ">", "<="
	}
	switch op {
	case ">=", "<":
		return a.solve(inner, op, start)
	case ">":
		return a.solve(inner, behind, next)
	case "<=":
		return a.solve(inner, before, next)
	}
	return a.within(inner, ">=", start, before, next)
}

// isInfinite says whether a constant is infinity: it stays so when it is cut off.
func isInfinite(v value) bool {
	return v.lit != nil && slices.Contains([]string{"infinity", "+infinity", "-infinity"}, strings.ToLower(strings.TrimSpace(*v.lit)))
}

// cutConstant is cut for a constant whose unit can be told.
func (a *attempt) cutConstant(inner *node, name, typ, op string, v value, m moment) (turn, bool) {
	u := units[name]
	start := u.start(m.Time)
	aligned := start.Equal(m.Time)
	if !aligned && op == "=" { // no x does; a midnight that the clocks leave out is shown as another hour
		a.none = typ == "timestamp" && v.typ != "timestamptz"
		return turn{}, false
	}
	if !u.whole && momentType(a.typeOf(inner), typ) == "timestamptz" { // the next hour can have the same name
		if !aligned {
			return turn{}, false
		}
		v = typed(v, typ)
		return a.cutAt(inner, op, v, a.next(v, name))
	}
	next := m.at(u.next(start), v)
	if !aligned {
		return a.cutAt(inner, op, next, next)
	}
	return a.cutAt(inner, op, v, next)
}

// next is the start of the following unit.
func (a *attempt) next(v value, name string) value {
	if v.typ == "date" && name == "day" {
		return value{text: "(" + v.text + " + 1)", typ: "date", unit: "day", moving: v.moving}
	}
	return value{text: "(" + v.text + " + interval '" + units[name].step + "')", typ: shifted(v.typ), moving: v.moving}
}

// startOf is the start of the unit that the value is in.
func (a *attempt) startOf(v value, name, typ string) value {
	if typ == "date" {
		return value{text: v.text + "::date", typ: "date", unit: "day", moving: v.moving, infinite: v.infinite}
	}
	return value{text: "date_trunc('" + name + "', " + unbracketed(v.text) + ")", typ: truncated(v.typ), unit: name, moving: v.moving, infinite: v.infinite}
}
