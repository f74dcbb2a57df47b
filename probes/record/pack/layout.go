package pack

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// Layout is how values of a type are written: a tree of kinds, structs by the names of their fields in the order in which they are written.
type Layout struct {
	Kind   string   `json:"kind"` // one of the kinds below
	Name   string   `json:"name,omitempty"`
	Fields []Layout `json:"fields,omitempty"` // of a struct
	Of     *Layout  `json:"of,omitempty"`     // of a slice or a pointer
}

// Keys names the fields that tell the elements of slices apart, by the type of the element.
type Keys map[reflect.Type][]string

// The kinds of a Layout.
const (
	kindBool    = "bool"
	kindInt     = "int"
	kindUint    = "uint"
	kindFloat   = "float"
	kindString  = "string"
	kindTime    = "time"
	kindSpan    = "span" // time.Duration
	kindStruct  = "struct"
	kindSlice   = "slice"
	kindKeyed   = "keyed"
	kindPointer = "pointer"
)

// mostFields is how many fields a struct may have: which of them differ is one number.
const mostFields = 63

var (
	timeType = reflect.TypeFor[time.Time]()
	spanType = reflect.TypeFor[time.Duration]()
)

// layoutOf returns how a type is written.
func layoutOf(t reflect.Type, keys Keys) (Layout, error) {
	switch t {
	case timeType:
		return Layout{Kind: kindTime}, nil
	case spanType:
		return Layout{Kind: kindSpan}, nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return Layout{Kind: kindBool}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Layout{Kind: kindInt}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Layout{Kind: kindUint}, nil
	case reflect.Float32, reflect.Float64:
		return Layout{Kind: kindFloat}, nil
	case reflect.String:
		return Layout{Kind: kindString}, nil
	case reflect.Slice, reflect.Pointer:
		of, err := layoutOf(t.Elem(), keys)
		kind := kindPointer
		if t.Kind() == reflect.Slice {
			kind = kindSlice
			if keys[t.Elem()] != nil {
				kind = kindKeyed
			}
		}
		return Layout{Kind: kind, Of: &of}, err
	case reflect.Struct:
		return structLayout(t, keys)
	}
	return Layout{}, fmt.Errorf("%s cannot be packed", t)
}

func structLayout(t reflect.Type, keys Keys) (Layout, error) {
	l := Layout{Kind: kindStruct}
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Type.Kind() == reflect.Map {
			continue
		}
		of, err := layoutOf(field.Type, keys)
		if err != nil {
			return l, fmt.Errorf("%s.%w", field.Name, err)
		}
		of.Name = field.Name
		l.Fields = append(l.Fields, of)
	}
	if len(l.Fields) > mostFields {
		return l, fmt.Errorf("%s has more than %d fields", t, mostFields)
	}
	return l, nil
}

// typeOf makes a type that can hold what a layout says, for fields that the program knows no more.
func (l Layout) typeOf() (reflect.Type, error) {
	switch l.Kind {
	case kindBool:
		return reflect.TypeFor[bool](), nil
	case kindInt:
		return reflect.TypeFor[int64](), nil
	case kindUint:
		return reflect.TypeFor[uint64](), nil
	case kindFloat:
		return reflect.TypeFor[float64](), nil
	case kindString:
		return reflect.TypeFor[string](), nil
	case kindTime:
		return timeType, nil
	case kindSpan:
		return spanType, nil
	case kindSlice, kindKeyed, kindPointer:
		if l.Of == nil {
			return nil, fmt.Errorf("a %s of nothing", l.Kind)
		}
		of, err := l.Of.typeOf()
		if err != nil {
			return nil, err
		}
		if l.Kind == kindPointer {
			return reflect.PointerTo(of), nil
		}
		return reflect.SliceOf(of), nil
	case kindStruct:
		fields := make([]reflect.StructField, len(l.Fields))
		for i, f := range l.Fields {
			of, err := f.typeOf()
			if err != nil {
				return nil, err
			}
			fields[i] = reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: of}
		}
		return reflect.StructOf(fields), nil
	}
	return nil, fmt.Errorf("unknown kind %q", l.Kind)
}

// holds says whether a type can take what the layout writes.
func (l Layout) holds(t reflect.Type, keys Keys) bool {
	own, err := layoutOf(t, keys)
	if err != nil {
		return false
	}
	if l.Kind == kindSlice || l.Kind == kindKeyed { // a slice's elements may have got a key since, or lost it
		return (own.Kind == kindSlice || own.Kind == kindKeyed) && l.Of != nil && l.Of.holds(t.Elem(), keys)
	}
	return own.Kind == l.Kind && (l.Kind != kindPointer || l.Of != nil && l.Of.holds(t.Elem(), keys))
}

// field returns the index of the field of that name that can take what l writes, -1 where there is none.
func (l Layout) field(t reflect.Type, keys Keys) int {
	for i := range t.NumField() {
		if f := t.Field(i); f.Name == l.Name && l.holds(f.Type, keys) {
			return i
		}
	}
	return -1
}

// parse reads a layout from its JSON.
func parse(text string) (l Layout, err error) {
	return l, json.Unmarshal([]byte(text), &l)
}
