package pack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"reflect"
	"time"
)

// Reader unpacks a stream that a Writer packed, in the same order, from where that began it.
type Reader[T any] struct {
	root    *node
	last    reflect.Value
	strings []string
	rosters [][]reflect.Value
	left    []byte
}

// errCut is that the bytes end, or say what cannot be.
var errCut = errors.New("the packed value is damaged")

// NewReader begins to read a stream of values of the given layout.
func NewReader[T any](layout string, keys Keys) (*Reader[T], error) {
	l, err := parse(layout)
	if err != nil {
		return nil, fmt.Errorf("reading how values are packed: %w", err)
	}
	if l.Kind != kindStruct {
		return nil, fmt.Errorf("values are packed as %s, not as structs", l.Kind)
	}
	b := binder{keys: keys}
	root, err := b.bind(l, reflect.TypeFor[T]())
	if err != nil {
		return nil, fmt.Errorf("reading how values are packed: %w", err)
	}
	r := &Reader[T]{root: root, rosters: make([][]reflect.Value, b.rosters)}
	r.Begin()
	return r, nil
}

// Begin forgets what was read: the next value is the first that was packed after the writer's Begin.
func (r *Reader[T]) Begin() {
	r.last = reflect.New(r.root.t).Elem()
	r.strings = r.strings[:0]
	for i := range r.rosters {
		r.rosters[i] = r.rosters[i][:0]
	}
}

// Next unpacks the next value, which may share parts with those before: it must not be changed.
func (r *Reader[T]) Next(packed []byte) (*T, error) {
	r.left = packed
	if err := r.read(r.root, r.last); err != nil {
		return nil, err
	}
	if len(r.left) > 0 {
		return nil, errCut
	}
	value := new(T)
	reflect.ValueOf(value).Elem().Set(r.last)
	return value, nil
}

// read changes v, which holds the value before.
func (r *Reader[T]) read(n *node, v reflect.Value) error {
	switch n.kind {
	case kindBool:
		b, err := r.byte()
		v.SetBool(b == 1)
		return err
	case kindInt:
		by, err := r.varint()
		v.SetInt(v.Int() + by)
		return err
	case kindUint:
		by, err := r.varint()
		v.SetUint(v.Uint() + uint64(by))
		return err
	case kindFloat:
		by, err := r.uvarint()
		v.SetFloat(math.Float64frombits(math.Float64bits(v.Float()) ^ bits.ReverseBytes64(by)))
		return err
	case kindString:
		s, err := r.string()
		v.SetString(s)
		return err
	case kindTime:
		t := asTime(v)
		by, finer, err := r.fine()
		*t = time.UnixMicro(t.UnixMicro() + by).Add(time.Duration(finer)).UTC()
		return err
	case kindSpan:
		micros, _ := split(v.Int())
		by, finer, err := r.fine()
		v.SetInt((micros+by)*1000 + finer)
		return err
	case kindPointer:
		return r.pointer(n, v)
	case kindStruct:
		return r.structure(n, v)
	case kindKeyed:
		return r.keyed(n, v)
	}
	return r.slice(n, v)
}

func (r *Reader[T]) structure(n *node, v reflect.Value) error {
	differ, err := r.uvarint()
	if err != nil {
		return err
	}
	if differ>>len(n.fields) != 0 {
		return errCut
	}
	for i, f := range n.fields {
		if err := r.field(f, v, differ&(1<<i) != 0); err != nil {
			return err
		}
	}
	return nil
}

// field reads a struct's field where it differs.
func (r *Reader[T]) field(f field, v reflect.Value, differs bool) error {
	switch {
	case !differs && f.node.kind == kindKeyed && f.index >= 0:
		v.Field(f.index).SetZero()
	case differs && f.index >= 0:
		return r.read(f.node, v.Field(f.index))
	case differs: // the type has no place for it
		return r.read(f.node, reflect.New(f.node.t).Elem())
	}
	return nil
}

func (r *Reader[T]) pointer(n *node, v reflect.Value) error {
	there, err := r.byte()
	if err != nil || there == 0 {
		v.SetZero()
		return err
	}
	fresh := reflect.New(n.of.t)
	if !v.IsNil() {
		fresh.Elem().Set(v.Elem())
	}
	v.Set(fresh)
	return r.read(n.of, fresh.Elem())
}

// length reads that of a slice, -1 for nil. Every element takes a byte at least.
func (r *Reader[T]) length() (int, error) {
	n, err := r.uvarint()
	if err == nil && n > uint64(len(r.left))+1 {
		err = errCut
	}
	return int(n) - 1, err
}

func (r *Reader[T]) slice(n *node, v reflect.Value) error {
	length, err := r.length()
	if err != nil || length < 0 {
		v.SetZero()
		return err
	}
	fresh := reflect.MakeSlice(v.Type(), length, length)
	reflect.Copy(fresh, v)
	v.Set(fresh)
	for i := range length {
		if err := r.read(n.of, fresh.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader[T]) keyed(n *node, v reflect.Value) error {
	length, err := r.length()
	if err != nil || length < 0 {
		return errors.Join(err, errCut) // nil is not written
	}
	rows, err := r.rows(n, length)
	if err != nil {
		return err
	}
	differ := make([]uint64, length)
	for i := range differ {
		if differ[i], err = r.uvarint(); err != nil || differ[i]>>len(n.of.fields) != 0 {
			return errors.Join(err, errCut)
		}
	}
	for k, f := range n.of.fields {
		for i, row := range rows {
			if err := r.field(f, row, differ[i]&(1<<k) != 0); err != nil {
				return err
			}
		}
	}
	v.Set(reflect.MakeSlice(v.Type(), length, length))
	for i, row := range rows {
		v.Index(i).Set(row)
	}
	return nil
}

// rows returns the last value of each of a keyed slice's elements, to be made what it is now.
func (r *Reader[T]) rows(n *node, length int) ([]reflect.Value, error) {
	roster, expected := &r.rosters[n.roster], 0
	rows := make([]reflect.Value, length)
	for i := range rows {
		by, err := r.varint()
		number := expected + int(by)
		if err != nil || number < 0 || number > len(*roster) {
			return nil, errors.Join(err, errCut)
		}
		if number == len(*roster) {
			*roster = append(*roster, reflect.New(n.of.t).Elem())
		}
		rows[i] = (*roster)[number]
		expected = number + 1
	}
	return rows, nil
}

func (r *Reader[T]) string() (string, error) {
	number, err := r.uvarint()
	if err != nil {
		return "", err
	}
	if number > 0 {
		if number > uint64(len(r.strings)) {
			return "", errCut
		}
		return r.strings[number-1], nil
	}
	length, err := r.uvarint()
	if err != nil || length > uint64(len(r.left)) {
		return "", errors.Join(err, errCut)
	}
	s := string(r.left[:length])
	r.left = r.left[length:]
	r.strings = append(r.strings, s)
	return s, nil
}

// fine reads microseconds and the nanoseconds beyond.
func (r *Reader[T]) fine() (micros, finer int64, err error) {
	by, err := r.varint()
	if err != nil || by&1 == 0 {
		return by >> 1, 0, err
	}
	beyond, err := r.uvarint()
	if err != nil || beyond > 999 {
		return 0, 0, errors.Join(err, errCut)
	}
	return by >> 1, int64(beyond), nil
}

func (r *Reader[T]) byte() (byte, error) {
	if len(r.left) == 0 {
		return 0, errCut
	}
	b := r.left[0]
	r.left = r.left[1:]
	return b, nil
}

func (r *Reader[T]) varint() (int64, error) {
	if len(r.left) > 0 && r.left[0] < 0x80 { // as most are
		x := int64(r.left[0]>>1) ^ -int64(r.left[0]&1)
		r.left = r.left[1:]
		return x, nil
	}
	x, n := binary.Varint(r.left)
	if n <= 0 {
		return 0, errCut
	}
	r.left = r.left[n:]
	return x, nil
}

func (r *Reader[T]) uvarint() (uint64, error) {
	x, n := binary.Uvarint(r.left)
	if n <= 0 {
		return 0, errCut
	}
	r.left = r.left[n:]
	return x, nil
}
