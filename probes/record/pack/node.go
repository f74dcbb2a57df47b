package pack

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// node is a layout bound to a type of this program.
type node struct {
	kind   string
	t      reflect.Type
	fields []field // of a struct
	of     *node   // of a slice or a pointer
	key    []int   // of the elements of a keyed slice: the fields of its key
	roster int     // of a keyed slice: which of the stream's rosters is its own
}

// field is one of a struct's. What the type has no place for is read, and dropped.
type field struct {
	index  int // -1: none
	offset uintptr
	node   *node

	unwanted bool // of a keyed slice's elements: it is not read
}

// binder makes nodes and counts the rosters that they need.
type binder struct {
	keys    Keys
	without []string
	rosters int
}

// bind binds the layout of what stands at path to a type.
func (b *binder) bind(l Layout, t reflect.Type, path string) (*node, error) {
	n := &node{kind: l.Kind, t: t}
	var err error
	switch l.Kind {
	case kindSlice, kindPointer, kindKeyed:
		if n.of, err = b.bind(*l.Of, t.Elem(), path); err != nil {
			return nil, err
		}
		if l.Kind == kindKeyed {
			n.roster = b.rosters
			b.rosters++
			if n.key, err = keyFields(t.Elem(), b.keys[t.Elem()]); err != nil {
				return nil, err
			}
			for i, f := range l.Of.Fields {
				n.of.fields[i].unwanted = slices.Contains(b.without, strings.TrimPrefix(path+"."+f.Name, ".")) && n.of.fields[i].node.plain()
			}
		}
	case kindStruct:
		for _, f := range l.Fields {
			bound, err := b.bindField(f, t, path)
			if err != nil {
				return nil, err
			}
			n.fields = append(n.fields, bound)
		}
	}
	return n, err
}

func (b *binder) bindField(l Layout, t reflect.Type, path string) (field, error) {
	index := l.field(t, b.keys)
	var of reflect.Type
	var offset uintptr
	if index >= 0 {
		of, offset = t.Field(index).Type, t.Field(index).Offset
	} else {
		var err error
		if of, err = l.typeOf(); err != nil {
			return field{}, err
		}
	}
	bound, err := b.bind(l, of, strings.TrimPrefix(path+"."+l.Name, "."))
	return field{index: index, offset: offset, node: bound}, err
}

// plain says whether nothing that comes later needs the value to be read: strings are counted, and what has parts may hold some.
func (n *node) plain() bool {
	switch n.kind {
	case kindBool, kindInt, kindUint, kindFloat, kindTime, kindSpan:
		return true
	}
	return false
}

func keyFields(t reflect.Type, names []string) ([]int, error) {
	var key []int
	for _, name := range names {
		f, found := t.FieldByName(name)
		if !found || len(f.Index) == 0 {
			return nil, fmt.Errorf("%s has no field %s to be its key", t, name)
		}
		key = append(key, f.Index[0]) // of what is embedded: all of it
	}
	return key, nil
}

// differ returns which fields of two structs do, a bit each. A keyed slice is there or not.
func (n *node) differ(last, v reflect.Value) (fields uint64) {
	for i, f := range n.fields {
		its := v.Field(f.index)
		if f.node.kind == kindKeyed && !its.IsNil() || f.node.kind != kindKeyed && !f.node.same(last.Field(f.index), its) {
			fields |= 1 << i
		}
	}
	return fields
}

// same says whether two values would be read back as one.
func (n *node) same(a, b reflect.Value) bool {
	switch n.kind {
	case kindBool:
		return a.Bool() == b.Bool()
	case kindInt, kindSpan:
		return a.Int() == b.Int()
	case kindUint:
		return a.Uint() == b.Uint()
	case kindFloat:
		return math.Float64bits(a.Float()) == math.Float64bits(b.Float())
	case kindString:
		return a.String() == b.String()
	case kindTime:
		return asTime(a).Equal(*asTime(b))
	case kindPointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return n.of.same(a.Elem(), b.Elem())
	case kindStruct:
		for _, f := range n.fields {
			if !f.node.same(a.Field(f.index), b.Field(f.index)) {
				return false
			}
		}
		return true
	}
	return n.sameSlice(a, b)
}

func (n *node) sameSlice(a, b reflect.Value) bool {
	if a.IsNil() != b.IsNil() || a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if !n.of.same(a.Index(i), b.Index(i)) {
			return false
		}
	}
	return true
}

// asTime gets at a time without copying it to the heap.
func asTime(v reflect.Value) *time.Time { return v.Addr().Interface().(*time.Time) }
