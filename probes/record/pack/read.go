package pack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"reflect"
	"slices"
	"time"
	"unsafe"
)

// Reader unpacks a stream that a Writer packed, in the same order, from where that began it.
//
// What is read most, rows of a known type, is written where it stands in memory: through package reflect it took four times as long.
type Reader[T any] struct {
	root    *node
	last    *T
	strings []string
	rosters []rows
	left    []byte
	glances bool // values are not kept
}

// rows are the last values of a keyed slice's elements, by their numbers.
type rows struct {
	all    reflect.Value // a slice, as long as there is room
	n      int
	picked reflect.Value // reused where values are not kept
}

// errCut is that the bytes end, or say what cannot be.
var errCut = errors.New("the packed value is damaged")

// NewReader begins to read a stream of values of the given layout.
func NewReader[T any](layout string, keys Keys) (*Reader[T], error) {
	return newReader[T](layout, binder{keys: keys})
}

// NewGlancer is a reader of values that nobody keeps: each is good until the next one is read. without names fields of keyed slices' elements that are not wanted,
// such as "Rows.Cells.Width": numbers and times among them stay zero. Both together take half the time.
func NewGlancer[T any](layout string, keys Keys, without ...string) (*Reader[T], error) {
	r, err := newReader[T](layout, binder{keys: keys, without: without})
	if err == nil {
		r.glances = true
	}
	return r, err
}

func newReader[T any](layout string, b binder) (*Reader[T], error) {
	l, err := parse(layout)
	if err != nil {
		return nil, fmt.Errorf("reading how values are packed: %w", err)
	}
	if l.Kind != kindStruct {
		return nil, fmt.Errorf("values are packed as %s, not as structs", l.Kind)
	}
	root, err := b.bind(l, reflect.TypeFor[T](), "")
	if err != nil {
		return nil, fmt.Errorf("reading how values are packed: %w", err)
	}
	r := &Reader[T]{root: root, rosters: make([]rows, b.rosters)}
	r.Begin()
	return r, nil
}

// Begin forgets what was read: the next value is the first that was packed after the writer's Begin.
func (r *Reader[T]) Begin() {
	r.last = new(T)
	r.strings = r.strings[:0]
	clear(r.rosters)
}

// Next unpacks the next value, which may share parts with those before: it must not be changed.
func (r *Reader[T]) Next(packed []byte) (*T, error) {
	r.left = packed
	if err := r.read(r.root, unsafe.Pointer(r.last)); err != nil {
		return nil, err
	}
	if len(r.left) > 0 {
		return nil, errCut
	}
	if r.glances {
		return r.last, nil
	}
	value := *r.last
	return &value, nil
}

// read changes what p points to, of the node's type, which holds the value before.
func (r *Reader[T]) read(n *node, p unsafe.Pointer) error {
	switch n.kind {
	case kindBool:
		b, err := r.byte()
		*(*bool)(p) = b == 1
		return err
	case kindInt, kindUint:
		by, err := r.varint()
		add(p, n.t.Size(), by)
		return err
	case kindFloat:
		return r.float(n, p)
	case kindString:
		s, err := r.string()
		*(*string)(p) = s
		return err
	case kindTime:
		t := (*time.Time)(p)
		by, finer, err := r.fine()
		*t = time.UnixMicro(t.UnixMicro() + by).Add(time.Duration(finer)).UTC()
		return err
	case kindSpan:
		span := (*int64)(p)
		micros, _ := split(*span)
		by, finer, err := r.fine()
		*span = (micros+by)*1000 + finer
		return err
	case kindStruct:
		return r.structure(n, p)
	case kindKeyed:
		return r.keyed(n, p)
	case kindPointer:
		return r.pointer(n, reflect.NewAt(n.t, p).Elem())
	}
	return r.slice(n, reflect.NewAt(n.t, p).Elem())
}

// add changes an integer of that many bytes; signed or not, it is the same.
func add(p unsafe.Pointer, size uintptr, by int64) {
	switch size {
	case 8:
		*(*int64)(p) += by
	case 4:
		*(*int32)(p) += int32(by)
	case 2:
		*(*int16)(p) += int16(by)
	default:
		*(*int8)(p) += int8(by)
	}
}

func (r *Reader[T]) float(n *node, p unsafe.Pointer) error {
	by, err := r.uvarint()
	v := reflect.NewAt(n.t, p).Elem()
	v.SetFloat(math.Float64frombits(math.Float64bits(v.Float()) ^ bits.ReverseBytes64(by)))
	return err
}

func (r *Reader[T]) structure(n *node, p unsafe.Pointer) error {
	differ, err := r.uvarint()
	if err != nil {
		return err
	}
	if differ>>len(n.fields) != 0 {
		return errCut
	}
	for i := range n.fields {
		if err := r.field(&n.fields[i], p, differ&(1<<i) != 0); err != nil {
			return err
		}
	}
	return nil
}

// field reads a field of the struct at p where it differs.
func (r *Reader[T]) field(f *field, p unsafe.Pointer, differs bool) error {
	switch {
	case !differs && f.node.kind == kindKeyed && f.index >= 0:
		reflect.NewAt(f.node.t, unsafe.Add(p, f.offset)).Elem().SetZero()
	case differs && f.index >= 0:
		return r.read(f.node, unsafe.Add(p, f.offset))
	case differs: // the type has no place for it
		return r.read(f.node, reflect.New(f.node.t).UnsafePointer())
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
	return r.read(n.of, fresh.UnsafePointer())
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
		if err := r.read(n.of, fresh.Index(i).Addr().UnsafePointer()); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reader[T]) keyed(n *node, p unsafe.Pointer) error {
	length, err := r.length()
	if err != nil || length < 0 {
		return errors.Join(err, errCut) // nil is not written
	}
	numbers, err := r.numbers(n, length)
	if err != nil {
		return err
	}
	differ, any := make([]uint64, length), uint64(0)
	for i := range differ {
		if differ[i], err = r.uvarint(); err != nil || differ[i]>>len(n.of.fields) != 0 {
			return errors.Join(err, errCut)
		}
		any |= differ[i]
	}
	for k := range n.of.fields {
		f := &n.of.fields[k]
		if any&(1<<k) == 0 {
			r.unset(n, f, numbers)
		} else if err := r.column(n, f, numbers, differ, 1<<k); err != nil {
			return err
		}
	}
	roster := &r.rosters[n.roster]
	if r.glances {
		reflect.NewAt(n.t, p).Elem().Set(roster.glance(n.t, numbers))
	} else {
		reflect.NewAt(n.t, p).Elem().Set(roster.pick(reflect.MakeSlice(n.t, len(numbers), len(numbers)), numbers))
	}
	return nil
}

// unset makes a keyed slice within the elements what it is where it is not written: nil.
func (r *Reader[T]) unset(n *node, f *field, numbers []int) {
	if f.node.kind != kindKeyed || f.index < 0 {
		return
	}
	for _, number := range numbers {
		reflect.NewAt(f.node.t, unsafe.Add(r.rosters[n.roster].at(number, n.of.t), f.offset)).Elem().SetZero()
	}
}

// column reads one field of a keyed slice's elements, of those that differ.
func (r *Reader[T]) column(n *node, f *field, numbers []int, differ []uint64, bit uint64) error {
	length, err := r.uvarint()
	if err != nil || length > uint64(len(r.left)) {
		return errors.Join(err, errCut)
	}
	if f.unwanted {
		r.left = r.left[length:]
		return nil
	}
	end := len(r.left) - int(length)
	first, size := r.rosters[n.roster].at(0, n.of.t), n.of.t.Size()
	for i, number := range numbers {
		p := unsafe.Add(first, uintptr(number)*size)
		if differ[i]&bit == 0 && f.node.kind != kindKeyed {
			continue
		}
		if err := r.field(f, p, differ[i]&bit != 0); err != nil {
			return err
		}
	}
	if len(r.left) != end {
		return errCut
	}
	return nil
}

// numbers returns which elements a keyed slice holds, by their numbers. New ones get a place.
func (r *Reader[T]) numbers(n *node, length int) ([]int, error) {
	roster, expected := &r.rosters[n.roster], 0
	numbers := make([]int, length)
	for i := range numbers {
		by, err := r.varint()
		number := expected + int(by)
		if err != nil || number < 0 || number > roster.n {
			return nil, errors.Join(err, errCut)
		}
		if number == roster.n {
			roster.grow(n.t)
		}
		numbers[i] = number
		expected = number + 1
	}
	return numbers, nil
}

// grow makes room for one more element of a slice of type t.
func (r *rows) grow(t reflect.Type) {
	if !r.all.IsValid() || r.n == r.all.Len() {
		room := reflect.MakeSlice(t, max(2*r.n, 16), max(2*r.n, 16))
		if r.n > 0 {
			reflect.Copy(room, r.all)
		}
		r.all = room
	}
	r.n++
}

// at points to the element of that number.
func (r *rows) at(number int, of reflect.Type) unsafe.Pointer {
	return unsafe.Add(r.all.UnsafePointer(), uintptr(number)*of.Size())
}

// pick copies the elements with those numbers into a slice as long. Neighbours, as most are, are copied at once.
func (r *rows) pick(into reflect.Value, numbers []int) reflect.Value {
	for from := 0; from < len(numbers); {
		to := from + 1
		for to < len(numbers) && numbers[to] == numbers[to-1]+1 {
			to++
		}
		reflect.Copy(into.Slice(from, to), r.all.Slice(numbers[from], numbers[to-1]+1))
		from = to
	}
	return into
}

// glance is pick into a slice that the next one is written into too; the elements themselves where they are all there, in their order.
func (r *rows) glance(t reflect.Type, numbers []int) reflect.Value {
	length := len(numbers)
	if length > 0 && numbers[0] == 0 && numbers[length-1] == length-1 && slices.IsSorted(numbers) {
		return r.all.Slice(0, length)
	}
	if !r.picked.IsValid() || r.picked.Len() < length {
		r.picked = reflect.MakeSlice(t, max(length, r.n), max(length, r.n))
	}
	return r.pick(r.picked.Slice(0, length), numbers)
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
