package redact

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

const (
	leaksShown = 100 // of one file; more say nothing new
	leakRunes  = 40  // of what was found
)

// compared is a constant where SQL compares or inserts one.
var compared = regexp.MustCompile(`(?i)(?:[=<>]|\b(?:like|ilike|in\s*\(|values\s*\())\s*[enbx]?'([^'\n]+)'`)

// Leaks looks at a finished file for what should not have come through the gate: secrets, addresses, ids, literals and, at the level public, known names. Each is
// told on one line, with the line where it stands; it holds what was found, and is for the owner of the incident.
func (g *Gate) Leaks(text string) []string {
	g = g.copied()
	text = sqltext.Clean(text)
	quoted := func(text string) []span { return groups(text, compared, 1, "a literal", g.value) }
	var found []span
	for _, find := range []finder{secrets, g.emails, g.uuids, g.addresses, g.ids, quoted, g.knownNames} {
		found = append(found, find(text)...)
	}
	slices.SortStableFunc(found, func(a, b span) int { return cmp.Compare(a.From, b.From) })
	var leaks []string
	line, at := 1, 0
	for _, s := range found {
		line += strings.Count(text[at:s.From], "\n")
		at = s.From
		if len(leaks) == leaksShown {
			return append(leaks, fmt.Sprintf("and %d more", len(found)-leaksShown))
		}
		leaks = append(leaks, fmt.Sprintf("line %d: %s: %s", line, s.What, short(text[s.From:s.To])))
	}
	return leaks
}

func short(text string) string {
	runes := []rune(sqltext.CleanLine(text))
	if len(runes) > leakRunes {
		return string(runes[:leakRunes-1]) + "…"
	}
	return string(runes)
}

// copied is a gate whose new aliases are its own: what is only looked for gets none.
func (g *Gate) copied() *Gate {
	other := *g
	other.aliases, other.key, other.count, other.known = maps.Clone(g.aliases), maps.Clone(g.key), maps.Clone(g.count), maps.Clone(g.known)
	return &other
}
