package sessiontest

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks"
)

// Kinds are the kinds of a draft and its others.
func Kinds(d *playbooks.Draft) []string {
	list := []string{d.Kind}
	for _, other := range d.Others {
		list = append(list, other.Kind)
	}
	return list
}

// Said is everything that a draft says of itself.
func Said(d *playbooks.Draft) string {
	words := []string{d.Title, d.Kind, d.For, d.NoWayBack}
	for _, r := range d.Reasons {
		words = append(words, r.Part+": "+r.Why)
	}
	for _, p := range d.Prices {
		words = append(words, strings.Join([]string{p.Name, p.Now, p.Value, p.How}, " "))
	}
	return strings.Join(append(words, d.Warnings...), "\n")
}

// MustSay fails the test for every one of the words that the text lacks.
func MustSay(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q is not said in:\n%s", word, text)
		}
	}
}
