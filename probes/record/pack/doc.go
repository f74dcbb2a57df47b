// Package pack writes values of one type, one after another, each as what differs from the one before, and reads them back. What a value looks like (its
// Layout) is kept beside the values, by the names of its fields: a later program whose type has other fields reads them still.
//
// Structs, slices, pointers, strings, numbers, bools and time.Time are written; maps are left out. A slice is either held against the one before, element by
// element, or, where its elements have a key, each against the last one of the same key, however long ago that was.
package pack
