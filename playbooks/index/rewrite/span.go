package rewrite

import (
	"math/big"
	"strings"
)

// span is what is known of an interval.
type span struct {
	months, days bool     // it may have some
	length       *big.Rat // µs, a day of 24 hours and a month of 30 days as the server compares intervals; nil: not known
}

// What a rewrite with lengths of time must say.
const (
	noteRounded = "the limit is rounded to a microsecond"
	noteDays    = "where the clocks change a day is longer or shorter than 24 hours, and the limit an hour off"
	noteMonths  = "months are of different lengths: the limit can be some days off"
	noteAge     = "age() counts calendar months and takes each for 30 days: a limit of a month or more can be some days off"
	noteNegate  = "a negative limit counts otherwise"
)

const (
	microsecond = 1
	millisecond = 1000 * microsecond
	secondLong  = 1_000_000 * microsecond
	minuteLong  = 60 * secondLong
	hourLong    = 60 * minuteLong
	dayLong     = 24 * hourLong
	monthLong   = 30 * dayLong
	yearLong    = 12 * monthLong
)

// spanUnits are in µs.
var spanUnits = map[string]int64{
	"us": microsecond, "usec": microsecond, "usecs": microsecond, "microsecond": microsecond, "microseconds": microsecond,
	"ms": millisecond, "msec": millisecond, "msecs": millisecond, "millisecond": millisecond, "milliseconds": millisecond,
	"s": secondLong, "sec": secondLong, "secs": secondLong, "second": secondLong, "seconds": secondLong,
	"m": minuteLong, "min": minuteLong, "mins": minuteLong, "minute": minuteLong, "minutes": minuteLong,
	"h": hourLong, "hr": hourLong, "hrs": hourLong, "hour": hourLong, "hours": hourLong,
	"d": dayLong, "day": dayLong, "days": dayLong, "w": 7 * dayLong, "week": 7 * dayLong, "weeks": 7 * dayLong,
	"mon": monthLong, "mons": monthLong, "month": monthLong, "months": monthLong,
	"y": yearLong, "yr": yearLong, "yrs": yearLong, "year": yearLong, "years": yearLong,
}

// readSpan reads an interval as people write it, for example "1 day 12:00:00"; nil where it is something else.
func readSpan(text string) *span {
	s := &span{length: new(big.Rat)}
	words := strings.Fields(separated(strings.ToLower(text)))
	if len(words) == 0 {
		return nil
	}
	for i := 0; i < len(words); {
		if clock, ok := clockTime(words[i]); ok {
			s.length.Add(s.length, clock)
			i++
			continue
		}
		if i+1 == len(words) || !s.add(words[i], words[i+1]) {
			return nil
		}
		i += 2
	}
	return s
}

// separated puts a blank between a number and its unit, as in 7d.
func separated(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if i > 0 && text[i] >= 'a' && text[i] <= 'z' && text[i-1] >= '0' && text[i-1] <= '9' {
			b.WriteByte(' ')
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// add adds a number of a unit; a fraction of a day or a month is left to the server.
func (s *span) add(amount, unit string) bool {
	n, ok := decimal(strings.TrimPrefix(amount, "+"))
	length, known := spanUnits[unit]
	if !ok || !known || length >= dayLong && !n.IsInt() {
		return false
	}
	s.days = s.days || length >= dayLong && length < monthLong
	s.months = s.months || length >= monthLong
	s.length.Add(s.length, n.Mul(n, new(big.Rat).SetInt64(length)))
	return true
}

// clockTime reads hh:mm and hh:mm:ss.
func clockTime(word string) (*big.Rat, bool) {
	parts := strings.Split(word, ":")
	if len(parts) < 2 || len(parts) > 3 || strings.Contains(word, "-") {
		return nil, false
	}
	total := new(big.Rat)
	for i, part := range parts {
		n, ok := decimal(part)
		if !ok || i < 2 && !n.IsInt() {
			return nil, false
		}
		total.Add(total, n.Mul(n, new(big.Rat).SetInt64([]int64{hourLong, minuteLong, secondLong}[i])))
	}
	return total, true
}

// spanOfCall is what make_interval with named arguments makes.
func (a *attempt) spanOfCall(n *node) *span {
	s := &span{length: new(big.Rat)}
	for _, arg := range n.args {
		if arg.kind != named {
			return nil
		}
		s.count(a, arg)
		s.months = s.months || arg.name == "years" || arg.name == "months"
		s.days = s.days || arg.name == "weeks" || arg.name == "days"
	}
	return s
}

// count adds one argument of make_interval to the length, as long as that is known.
func (s *span) count(a *attempt, arg *node) {
	v, ok := a.value(arg.args[0])
	unit, known := spanUnits[arg.name]
	if !ok || !known || v.number == nil || !v.number.isConstant() || s.length == nil {
		s.length = nil
		return
	}
	s.length.Add(s.length, new(big.Rat).Mul(v.number.offset, new(big.Rat).SetInt64(unit)))
}

// combinedSpan is what is known of a sum or a multiple.
func combinedSpan(op string, left, right value) *span {
	l, r := left.span, right.span
	switch {
	case left.typ == "interval" && right.typ == "interval":
		if l == nil || r == nil || op != "+" && op != "-" {
			return nil
		}
		return &span{months: l.months || r.months, days: l.days || r.days}
	case left.typ == "interval" && right.number != nil:
		r = l
	case right.typ == "interval" && left.number != nil:
	default:
		return nil
	}
	if r == nil {
		return nil
	}
	return &span{months: r.months, days: r.days || r.months} // a fraction of a month makes days
}

// daysAreEven says whether every day has 24 hours for points in time of this type.
func (a *attempt) daysAreEven(typ string) bool { return typ == "timestamp" || isUTC(a.known.TimeZone) }

func isUTC(zone string) bool {
	switch strings.ToLower(zone) {
	case "utc", "gmt", "etc/utc", "etc/gmt", "zulu", "etc/zulu", "uct", "etc/uct", "gmt0", "etc/universal", "universal":
		return true
	}
	return false
}

// calendar notes what adding the interval to a point in time of this type, and taking it off, do not have in common.
func (a *attempt) calendar(s *span, typ string) {
	if s == nil || s.months {
		a.note(true, noteMonths)
	}
	if (s == nil || s.days || s.months) && !a.daysAreEven(typ) {
		a.note(true, noteDays)
	}
}

// elapsed is the interval as the length of time that a difference of two points in time is compared with: SQL that an operator can stand beside.
func (a *attempt) elapsed(v value, typ string) string {
	switch s := v.span; {
	case s != nil && !s.months && (!s.days || a.daysAreEven(typ)):
	case s != nil && s.length != nil && s.length.IsInt():
		return a.lengthSQL(s.length, typ)
	default:
		a.calendar(v.span, typ)
	}
	return v.text
}

// lengthSQL writes a length of µs as an interval without months, and without days where these can be of any length.
func (a *attempt) lengthSQL(length *big.Rat, typ string) string {
	µs := length.Num()
	for _, unit := range []struct {
		name   string
		length int64
	}{{"days", dayLong}, {"hours", hourLong}, {"mins", minuteLong}} {
		n, rest := new(big.Int).QuoRem(µs, big.NewInt(unit.length), new(big.Int))
		if unit.name == "days" && !a.daysAreEven(typ) {
			continue
		}
		if rest.Sign() == 0 && n.IsInt64() && n.Int64() <= 1<<31-1 && n.Int64() >= -1<<31 {
			return "make_interval(" + unit.name + " => " + n.String() + ")"
		}
	}
	return "make_interval(secs => " + decimalText(new(big.Rat).Quo(length, new(big.Rat).SetInt64(secondLong))) + ")"
}

// seconds is a number of seconds as an interval without days and months.
func (a *attempt) seconds(v value) value {
	made := value{typ: "interval", span: &span{}, moving: v.moving}
	l := v.number
	if l.isConstant() {
		length := new(big.Rat).Mul(l.offset, new(big.Rat).SetInt64(secondLong))
		if !length.IsInt() {
			a.rough = true
			length.SetInt(round(length))
		}
		made.text, made.span.length = a.lengthSQL(length, "timestamptz"), length
		return made
	}
	if !isInteger(v.typ) {
		a.rough = true
	}
	made.text = "make_interval(" + l.argument(v.typ) + ")"
	return made
}

// argument is make_interval's for that many seconds: minutes and hours are integers there.
func (l *linear) argument(typ string) string {
	if (typ == "int4" || typ == "int2") && l.offset.Sign() == 0 && l.factor.IsInt() {
		for _, unit := range []struct {
			name    string
			seconds int64
		}{{"hours", 3600}, {"mins", 60}} {
			if times, rest := new(big.Int).QuoRem(l.factor.Num(), big.NewInt(unit.seconds), new(big.Int)); rest.Sign() == 0 {
				whole := linear{l.text, new(big.Rat).SetInt(times), l.offset}
				return unit.name + " => " + whole.expression(typ)
			}
		}
	}
	return "secs => " + l.expression(typ)
}

// floorOf, ceilOf and round make an integer of a number.
func floorOf(r *big.Rat) *big.Int {
	quotient, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	if rest.Sign() < 0 {
		quotient.Sub(quotient, big.NewInt(1))
	}
	return quotient
}

func ceilOf(r *big.Rat) *big.Int {
	return new(big.Int).Neg(floorOf(new(big.Rat).Neg(r)))
}

func round(r *big.Rat) *big.Int { return floorOf(new(big.Rat).Add(r, big.NewRat(1, 2))) }
