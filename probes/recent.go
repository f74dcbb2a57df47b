package probes

import "iter"

// Recent is a map that forgets, so that it stays small where keys come and go for hours: it holds the limit keys used last, and up to as many more.
type Recent[K comparable, V any] struct {
	limit      int
	young, old map[K]V // a key is in one of them; old goes when young is full
}

// NewRecent holds limit keys at least, and twice as many at most.
func NewRecent[K comparable, V any](limit int) *Recent[K, V] {
	return &Recent[K, V]{limit: limit, young: map[K]V{}}
}

// Get returns the value of a key, which counts as used.
func (r *Recent[K, V]) Get(key K) (V, bool) {
	value, found := r.young[key]
	if !found {
		if value, found = r.old[key]; found {
			r.Put(key, value)
		}
	}
	return value, found
}

// Put sets the value of a key.
func (r *Recent[K, V]) Put(key K, value V) {
	if _, found := r.young[key]; !found && len(r.young) >= r.limit {
		r.young, r.old = map[K]V{}, r.young
	}
	r.young[key] = value
	delete(r.old, key)
}

// All yields what is held, in any order.
func (r *Recent[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, some := range []map[K]V{r.young, r.old} {
			for key, value := range some {
				if !yield(key, value) {
					return
				}
			}
		}
	}
}
