package rewrite

import (
	"slices"
	"strings"
)

// shortTypes are the names of pg_type for the names that SQL has.
var shortTypes = map[string]string{
	"smallint": "int2", "integer": "int4", "int": "int4", "bigint": "int8", "decimal": "numeric", "dec": "numeric", "real": "float4", "float": "float8",
	"double precision": "float8", "character varying": "varchar", "character": "bpchar", "char": "bpchar", "boolean": "bool",
	"timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp", "time with time zone": "timetz", "time without time zone": "time",
}

// typeName is the name that pg_type has for a type, and whether a modifier stood with it; a quoted or qualified name is none that is known here.
func typeName(written string) (string, bool) {
	base, modifier, limited := strings.Cut(strings.ToLower(written), "(")
	if limited {
		_, behind, _ := strings.Cut(modifier, ")")
		base += behind
	}
	base = strings.TrimPrefix(strings.Join(strings.Fields(base), " "), "pg_catalog.")
	element, isArray := strings.CutSuffix(base, "[]")
	if short, known := shortTypes[element]; known {
		element = short
	}
	if isArray {
		element = "_" + element
	}
	return element, limited
}

// builtin are the types whose short name can be written anywhere.
var builtin = strings.Fields(`bit bool bpchar bytea cidr date float4 float8 inet int2 int4 int8 interval json jsonb macaddr money name numeric oid text time timestamp
 timestamptz timetz uuid varbit varchar xml`)

// castTo is how a type is written behind ::. written is what the server calls it, for types that are not built in.
func castTo(typ, written string) string {
	if written == "" || slices.Contains(builtin, strings.TrimPrefix(typ, "_")) {
		return castName(typ)
	}
	return written
}

var (
	integers = []string{"int2", "int4", "int8"}
	floats   = []string{"float4", "float8"}
	moments  = []string{"timestamptz", "timestamp"}
	texts    = []string{"text", "varchar"}
)

func isInteger(typ string) bool { return slices.Contains(integers, typ) }
func isFloat(typ string) bool   { return slices.Contains(floats, typ) }
func isNumber(typ string) bool  { return isInteger(typ) || isFloat(typ) || typ == "numeric" }
func isMoment(typ string) bool  { return slices.Contains(moments, typ) }
func isTime(typ string) bool    { return isMoment(typ) || typ == "date" }
func isText(typ string) bool    { return slices.Contains(texts, typ) }

// numberType is the type of an operation of two numbers.
func numberType(a, b string) string {
	switch {
	case isFloat(a) || isFloat(b):
		return "float8"
	case a == "numeric" || b == "numeric":
		return "numeric"
	case a == "int8" || b == "int8":
		return "int8"
	}
	return "int4"
}

// momentType is the type of an operation of two points in time, at least one of them with a time of day.
func momentType(a, b string) string {
	if a == "timestamptz" || b == "timestamptz" {
		return "timestamptz"
	}
	return "timestamp"
}

// typeOf is the type of an expression, as pg_type names it; empty: not known, or that of a string without one.
func (a *attempt) typeOf(n *node) string {
	switch n.kind {
	case column:
		if c, ok := a.resolve(n); ok {
			return c.typ()
		}
	case paren:
		return a.typeOf(n.args[0])
	case cast:
		return n.name
	case param:
		return a.parameterType(n.name)
	case number:
		return numberLiteralType(n.name)
	case keyword:
		return map[string]string{"true": "bool", "false": "bool", "current_date": "date", "current_timestamp": "timestamptz", "localtimestamp": "timestamp"}[n.name]
	case unary:
		if n.name == "-" || n.name == "+" {
			return a.typeOf(n.args[0])
		}
	case binary:
		return a.typeOfBinary(n)
	case call:
		return a.typeOfCall(n)
	case atZone:
		switch a.typeOf(n.args[0]) {
		case "timestamptz":
			return "timestamp"
		case "timestamp":
			return "timestamptz"
		}
	}
	return ""
}

func (a *attempt) typeOfBinary(n *node) string {
	left, right := a.typeOf(n.args[0]), a.typeOf(n.args[1])
	if n.name == "||" && (isText(left) || isText(right)) {
		return "text"
	}
	if n.name != "+" && n.name != "-" && n.name != "*" && n.name != "/" {
		return ""
	}
	switch {
	case isNumber(left) && isNumber(right):
		return numberType(left, right)
	case n.name == "*" && (left == "interval" && isNumber(right) || isNumber(left) && right == "interval"), n.name == "/" && left == "interval" && isNumber(right):
		return "interval"
	case n.name == "+" && left == "interval" && isTime(right):
		return shifted(right)
	case n.name == "+" && isMoment(left) && right == "" && n.args[1].kind == str:
		return left
	case n.name == "*" || n.name == "/":
		return ""
	}
	return typeOfTimes(n.name, left, right)
}

// typeOfTimes is the type of a sum or difference of points in time and intervals.
func typeOfTimes(op, left, right string) string {
	switch {
	case left == "interval" && right == "interval":
		return "interval"
	case isTime(left) && right == "interval":
		return shifted(left)
	case left == "date" && isInteger(right):
		return "date"
	case op == "-" && left == "date" && right == "date":
		return "int4"
	case op == "-" && isTime(left) && isTime(right):
		return "interval"
	}
	return ""
}

// shifted is the type of a point in time plus an interval.
func shifted(typ string) string {
	if typ == "date" {
		return "timestamp"
	}
	return typ
}

func (a *attempt) typeOfCall(n *node) string {
	switch n.name {
	case "now", "transaction_timestamp", "statement_timestamp", "clock_timestamp", "to_timestamp", "make_timestamptz":
		return "timestamptz"
	case "date", "make_date", "to_date":
		return "date"
	case "make_timestamp":
		return "timestamp"
	case "make_interval", "age":
		return "interval"
	case "extract":
		if a.known.Version != 0 && a.known.Version < 140000 {
			return "float8"
		}
		return "numeric"
	case "date_part":
		return "float8"
	case "lower", "upper", "to_char", "left", "right", "substring", "substr", "reverse", "concat", "current_setting":
		return "text"
	case "position", "strpos", "length", "char_length":
		return "int4"
	case "date_trunc":
		if len(n.args) == 2 {
			return truncated(a.typeOf(n.args[1]))
		}
	case "coalesce", "nullif":
		if len(n.args) == 0 {
			return ""
		}
		return a.typeOf(n.args[0])
	case "abs", "floor", "ceil", "ceiling", "round", "trunc":
		return a.typeOfRounded(n)
	}
	return ""
}

// typeOfRounded is the type of a function of one number.
func (a *attempt) typeOfRounded(n *node) string {
	if len(n.args) != 1 {
		return ""
	}
	typ := a.typeOf(n.args[0])
	switch {
	case n.name == "abs" && isNumber(typ):
		return typ
	case isNumber(typ) && typ != "numeric": // of an integer, the server takes the function for double precision
		return "float8"
	case typ == "numeric":
		return typ
	}
	return ""
}

// truncated is the type of date_trunc.
func truncated(typ string) string {
	switch typ {
	case "date", "timestamptz":
		return "timestamptz"
	case "timestamp", "interval":
		return typ
	}
	return ""
}
