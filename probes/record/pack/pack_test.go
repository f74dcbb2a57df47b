package pack

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

type element struct {
	ID    int64
	Start time.Time
	Name  string
	Took  time.Duration
	Parts []string
}

type value struct {
	At      time.Time
	N       int
	U       uint32
	F       float64
	OK      bool
	Text    string
	Took    time.Duration
	Keyed   []element
	Plain   []element
	Maybe   *element
	Skipped map[string]string
}

var keys = Keys{reflect.TypeFor[element](): {"ID", "Start"}}

func genTime() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "unset") {
			return time.Time{}
		}
		return time.Unix(rapid.Int64Range(-60_000_000_000, 250_000_000_000).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	})
}

func genElement() *rapid.Generator[element] {
	return rapid.Custom(func(t *rapid.T) element {
		return element{rapid.Int64Range(0, 5).Draw(t, "id"), genTime().Draw(t, "start"), rapid.String().Draw(t, "name"),
			time.Duration(rapid.Int64Range(-1<<60, 1<<60).Draw(t, "took")), genSlice(rapid.String()).Draw(t, "parts")}
	})
}

// genSlice makes nil, empty and full slices: they are not the same.
func genSlice[T any](of *rapid.Generator[T]) *rapid.Generator[[]T] {
	return rapid.Custom(func(t *rapid.T) []T {
		if rapid.Bool().Draw(t, "nil") {
			return nil
		}
		return rapid.SliceOfN(of, 0, 6).Draw(t, "slice")
	})
}

func genValue() *rapid.Generator[value] {
	return rapid.Custom(func(t *rapid.T) value {
		v := value{At: genTime().Draw(t, "at"), N: rapid.Int().Draw(t, "n"), U: rapid.Uint32().Draw(t, "u"), F: rapid.Float64().Draw(t, "f"),
			OK: rapid.Bool().Draw(t, "ok"), Text: rapid.String().Draw(t, "text"), Took: time.Duration(rapid.Int64Range(-1<<60, 1<<60).Draw(t, "took")),
			Keyed: genSlice(genElement()).Draw(t, "keyed"), Plain: genSlice(genElement()).Draw(t, "plain")}
		if rapid.Bool().Draw(t, "maybe") {
			e := genElement().Draw(t, "element")
			v.Maybe = &e
		}
		return v
	})
}

// What is packed is read back, nil slices as nil, over several beginnings.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(genValue(), 1, 8).Draw(t, "values")
		every := rapid.IntRange(1, 8).Draw(t, "begin every")
		w, err := NewWriter[value](keys)
		if err != nil {
			t.Fatal(err)
		}
		var packed [][]byte
		for i := range values {
			if i%every == 0 {
				w.Begin()
			}
			packed = append(packed, w.Append(nil, &values[i]))
		}
		r, err := NewReader[value](w.Layout(), keys)
		if err != nil {
			t.Fatal(err)
		}
		var got []*value
		for i := range values {
			if i%every == 0 {
				r.Begin()
			}
			v, err := r.Next(packed[i])
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, v)
		}
		for i := range got { // at the end: a later one must not have changed it
			if !reflect.DeepEqual(*got[i], values[i]) {
				t.Fatalf("value %d is\n%+v, want\n%+v", i, *got[i], values[i])
			}
		}
	})
}

// An element that was away for a while is held against itself.
func TestKeyedSlicesRemember(t *testing.T) {
	w, err := NewWriter[value](keys)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 16, 15, 0, 0, time.UTC)
	long := element{ID: 1, Start: at, Name: "a long name that is not written twice", Parts: []string{"one", "two"}}
	first := w.Append(nil, &value{Keyed: []element{long, {ID: 2, Start: at}}})
	w.Append(nil, &value{Keyed: []element{{ID: 2, Start: at}}})
	again := w.Append(nil, &value{Keyed: []element{{ID: 2, Start: at}, long}})
	if len(first) < 60 || len(again) > 8 {
		t.Errorf("first %d bytes, again %d: want it written once", len(first), len(again))
	}
}

// What an earlier program wrote is read by the names of its fields: those that are gone are dropped, new ones stay unset.
func TestAnotherTypeReadsIt(t *testing.T) {
	type old struct {
		Gone    []element
		GoneToo *element
		Keyed   []element
		N       string // is a number now
		At      time.Time
		Last    string
	}
	w, err := NewWriter[old](keys)
	if err != nil {
		t.Fatal(err)
	}
	e := element{ID: 7, Name: "x"}
	type now struct {
		At    time.Time
		N     int
		Keyed []struct {
			Name string
			More bool
		}
		Last string
		New  string
	}
	r, err := NewReader[now](w.Layout(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		at := time.Unix(int64(i), 0).UTC()
		packed := w.Append(nil, &old{Gone: []element{e, e}, GoneToo: &e, Keyed: []element{e}, N: "n", At: at, Last: "last"})
		got, err := r.Next(packed)
		if err != nil {
			t.Fatal(err)
		}
		if !got.At.Equal(at) || got.N != 0 || got.Last != "last" || len(got.Keyed) != 1 || got.Keyed[0].Name != "x" || got.New != "" {
			t.Errorf("got %+v", got)
		}
	}
}

func TestWhatCannotBePacked(t *testing.T) {
	if _, err := NewWriter[struct{ C chan int }](nil); err == nil || err.Error() != "packing struct { C chan int }: C.chan int cannot be packed" {
		t.Errorf("error %v", err)
	}
	for _, layout := range []string{"", "{}", `{"kind":"int"}`, `{"kind":"struct","fields":[{"kind":"slice"}]}`, `{"kind":"struct","fields":[{"kind":"zebra"}]}`} {
		if _, err := NewReader[value](layout, keys); err == nil {
			t.Errorf("the layout %q was taken", layout)
		}
	}
}

// Damaged bytes are an error, never a panic, and never take memory without end.
func FuzzRead(f *testing.F) {
	w, err := NewWriter[value](keys)
	if err != nil {
		f.Fatal(err)
	}
	e := element{ID: 7, Name: "x", Parts: []string{"p"}}
	v := value{At: time.Unix(1, 1).UTC(), N: 3, Keyed: []element{e, e}, Plain: []element{e}, Maybe: &e, Text: "text"}
	f.Add(w.Append(nil, &v))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, packed []byte) {
		r, err := NewReader[value](w.Layout(), keys)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got, err := r.Next(packed); err == nil && got == nil {
				t.Error("neither a value nor an error")
			}
		}
	})
}

func TestLayoutIsStable(t *testing.T) {
	w, err := NewWriter[struct {
		A int
		B []element
	}](keys)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"kind":"struct","fields":[{"kind":"int","name":"A"},{"kind":"keyed","name":"B","of":{"kind":"struct","fields":[` +
		`{"kind":"int","name":"ID"},{"kind":"time","name":"Start"},{"kind":"string","name":"Name"},{"kind":"span","name":"Took"},{"kind":"slice","name":"Parts","of":{"kind":"string"}}]}}]}`
	if w.Layout() != want || !json.Valid([]byte(want)) {
		t.Errorf("layout %s", w.Layout())
	}
}
