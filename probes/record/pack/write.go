package pack

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"reflect"
)

// Writer packs the values of one stream, in their order.
type Writer[T any] struct {
	root    *node
	layout  string
	keys    Keys
	last    reflect.Value
	strings map[string]uint64 // to its number, from 1
	rosters []*roster
	slices  int    // how many keyed ones were written
	key     []byte // reused
	column  []byte // reused
}

// roster is the last value of each key.
type roster struct {
	numbers map[string]int
	last    []reflect.Value
	placed  []int // by number: in which of the stream's slices it stood last
}

// NewWriter begins a stream. T is a struct.
func NewWriter[T any](keys Keys) (*Writer[T], error) {
	t := reflect.TypeFor[T]()
	l, err := layoutOf(t, keys)
	if err != nil {
		return nil, fmt.Errorf("packing %s: %w", t, err)
	}
	text, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	b := binder{keys: keys}
	root, err := b.bind(l, t, "")
	if err != nil {
		return nil, fmt.Errorf("packing %s: %w", t, err)
	}
	w := &Writer[T]{root: root, layout: string(text), keys: keys, rosters: make([]*roster, b.rosters)}
	w.Begin()
	return w, nil
}

// Layout is what a reader needs to know of the values, as JSON.
func (w *Writer[T]) Layout() string { return w.layout }

// Begin forgets what was written: the next value can be read without those before.
func (w *Writer[T]) Begin() {
	w.last = reflect.New(w.root.t).Elem()
	w.strings = map[string]uint64{}
	for i := range w.rosters {
		w.rosters[i] = &roster{numbers: map[string]int{}}
	}
}

// Append packs the next value behind what is in to. It keeps parts of the value, which must not change any more.
func (w *Writer[T]) Append(to []byte, value *T) []byte {
	v := reflect.ValueOf(value).Elem()
	to = w.write(to, w.root, w.last, v)
	w.last.Set(v)
	return to
}

func (w *Writer[T]) write(to []byte, n *node, last, v reflect.Value) []byte {
	switch n.kind {
	case kindBool:
		if v.Bool() {
			return append(to, 1)
		}
		return append(to, 0)
	case kindInt:
		return binary.AppendVarint(to, v.Int()-last.Int())
	case kindUint:
		return binary.AppendVarint(to, int64(v.Uint()-last.Uint()))
	case kindFloat:
		return binary.AppendUvarint(to, bits.ReverseBytes64(math.Float64bits(v.Float())^math.Float64bits(last.Float())))
	case kindString:
		return w.writeString(to, v.String())
	case kindTime:
		before, now := asTime(last), asTime(v)
		return writeFine(to, now.UnixMicro()-before.UnixMicro(), now.Nanosecond()%1000)
	case kindSpan:
		before, _ := split(last.Int())
		micros, finer := split(v.Int())
		return writeFine(to, micros-before, finer)
	case kindPointer:
		if v.IsNil() {
			return append(to, 0)
		}
		if last.IsNil() {
			return w.write(append(to, 1), n.of, reflect.New(n.of.t).Elem(), v.Elem())
		}
		return w.write(append(to, 1), n.of, last.Elem(), v.Elem())
	case kindStruct:
		return w.writeStruct(to, n, last, v)
	case kindKeyed:
		return w.writeKeyed(to, n, v)
	}
	return w.writeSlice(to, n, last, v)
}

func (w *Writer[T]) writeString(to []byte, s string) []byte {
	if number, known := w.strings[s]; known {
		return binary.AppendUvarint(to, number)
	}
	w.strings[s] = uint64(len(w.strings) + 1)
	to = binary.AppendUvarint(append(to, 0), uint64(len(s)))
	return append(to, s...)
}

// writeFine writes microseconds, and the nanoseconds beyond only where there are some: servers tell none.
func writeFine(to []byte, micros int64, finer int) []byte {
	if finer == 0 {
		return binary.AppendVarint(to, micros<<1)
	}
	return binary.AppendUvarint(binary.AppendVarint(to, micros<<1|1), uint64(finer))
}

// split parts nanoseconds into microseconds, rounded down, and those beyond.
func split(nanos int64) (micros int64, finer int) {
	finer = int((nanos%1000 + 1000) % 1000)
	return (nanos - int64(finer)) / 1000, finer
}

// writeStruct writes which fields differ, then those.
func (w *Writer[T]) writeStruct(to []byte, n *node, last, v reflect.Value) []byte {
	differ := n.differ(last, v)
	to = binary.AppendUvarint(to, differ)
	for ; differ != 0; differ &= differ - 1 {
		f := n.fields[bits.TrailingZeros64(differ)]
		to = w.write(to, f.node, last.Field(f.index), v.Field(f.index))
	}
	return to
}

// writeSlice writes one more than the length, 0 for nil, then the elements, each against the one that stood there before.
func (w *Writer[T]) writeSlice(to []byte, n *node, last, v reflect.Value) []byte {
	if v.IsNil() {
		return append(to, 0)
	}
	to = binary.AppendUvarint(to, uint64(v.Len())+1)
	none := reflect.New(n.of.t).Elem()
	for i := range v.Len() {
		before := none
		if i < last.Len() {
			before = last.Index(i)
		}
		to = w.write(to, n.of, before, v.Index(i))
	}
	return to
}

// writeKeyed writes one more than the length; then of each element how far its number in the roster is from that behind the one before; then which fields of each
// differ; then those, field by field, since what is alike compresses best side by side, each with its length, so that a reader can leave it out.
func (w *Writer[T]) writeKeyed(to []byte, n *node, v reflect.Value) []byte {
	to = binary.AppendUvarint(to, uint64(v.Len())+1)
	w.slices++
	r, expected := w.rosters[n.roster], 0
	numbers := make([]int, v.Len())
	for i := range numbers {
		numbers[i] = w.number(r, n, v.Index(i), i)
		to = binary.AppendVarint(to, int64(numbers[i]-expected))
		expected = numbers[i] + 1
	}
	differ, any := make([]uint64, v.Len()), uint64(0)
	for i, number := range numbers {
		differ[i] = n.of.differ(r.last[number], v.Index(i))
		any |= differ[i]
		to = binary.AppendUvarint(to, differ[i])
	}
	for k, f := range n.of.fields {
		if any&(1<<k) == 0 {
			continue
		}
		column := w.column[:0]
		for i, number := range numbers {
			if differ[i]&(1<<k) != 0 {
				column = w.write(column, f.node, r.last[number].Field(f.index), v.Index(i).Field(f.index))
			}
		}
		to = append(binary.AppendUvarint(to, uint64(len(column))), column...)
		w.column = column
	}
	for i, number := range numbers {
		r.last[number].Set(v.Index(i))
	}
	return to
}

// number returns an element's number in the roster, a new one for a new key. Elements of the same slice never share one: where their keys are the same, the place tells
// them apart.
func (w *Writer[T]) number(r *roster, n *node, element reflect.Value, place int) int {
	w.key = w.appendKey(w.key[:0], n, element)
	if number, known := r.numbers[string(w.key)]; known && r.placed[number] < w.slices {
		r.placed[number] = w.slices
		return number
	} else if known {
		w.key = binary.AppendUvarint(append(w.key, "#"...), uint64(place))
		if number, known := r.numbers[string(w.key)]; known {
			return number
		}
	}
	number := len(r.last)
	r.numbers[string(w.key)] = number
	r.last = append(r.last, reflect.New(n.of.t).Elem())
	r.placed = append(r.placed, w.slices)
	return number
}

func (w *Writer[T]) appendKey(to []byte, n *node, v reflect.Value) []byte {
	for _, index := range n.key {
		f := v.Field(index)
		switch {
		case f.Type() == timeType:
			to = binary.AppendVarint(to, asTime(f).UnixNano())
		case f.Kind() == reflect.Struct:
			for i := range f.NumField() {
				to = appendScalar(to, f.Field(i))
			}
		default:
			to = appendScalar(to, f)
		}
	}
	return to
}

func appendScalar(to []byte, v reflect.Value) []byte {
	switch {
	case v.CanInt():
		return binary.AppendVarint(to, v.Int())
	case v.CanUint():
		return binary.AppendUvarint(to, v.Uint())
	case v.Kind() == reflect.Bool && v.Bool():
		return append(to, 1)
	}
	return append(to, v.String()+"\x00"...)
}
