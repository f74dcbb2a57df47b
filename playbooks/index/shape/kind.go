package shape

import (
	"slices"
	"strings"
)

// Kind names the kind of index in a few words: "btree", "partial expression btree", "covering btree", "gin trigram", "gin (jsonb_path_ops)", "brin".
func (x Index) Kind() string {
	var words []string
	add := func(is bool, word string) {
		if is {
			words = append(words, word)
		}
	}
	add(x.Unique, "unique")
	add(len(x.Where) > 0, "partial")
	add(len(x.Include) > 0, "covering")
	add(slices.ContainsFunc(x.Keys, func(k Key) bool { return k.Column == "" }), "expression")
	return strings.Join(slices.Concat(words, []string{x.method()}, x.classes()), " ")
}

// classes names the operator classes that are not the types' defaults, each once; those of pg_trgm are trigram.
func (x Index) classes() []string {
	var names []string
	for _, k := range x.Keys {
		class, _, _ := strings.Cut(k.Opclass, " (")
		class = class[strings.LastIndex(class, ".")+1:]
		name := "(" + class + ")"
		if strings.HasSuffix(class, "_trgm_ops") {
			name = "trigram"
		}
		if class != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
