package report

import (
	"regexp"
	"strings"
)

var (
	resolvedBy = regexp.MustCompile(`(?i)\b(?:resolved|fixed|solved|restored|mitigated|recovered)\s+(?:by|through|with|via|after|thanks to)\b`)
	forever    = regexp.MustCompile(`(?i)\b(?:eliminat(?:es?|ed|ing)|prevents?|prevented|never again|permanently|guarantee[sd]?|cannot happen again|will not (?:recur|happen again))\b`)
	blame      = regexp.MustCompile(`(?i)\b(?:fault|blame[ds]?|careless(?:ly|ness)?|negligen(?:t|ce)|forgot|should have|failed to|neglected|human error|incompeten\w*|sloppy|stupid\w*|broke)\b`)
	fullName   = regexp.MustCompile(`\b[A-Z][a-z]+ [A-Z][a-z]+\b|@\w+`)
	nameThat   = regexp.MustCompile(`\b[A-Z][a-z]+(?:'s)? (?:forgot|failed|should have|neglected|broke|fault)\b`)
)

// lintClaims looks for what the record does not bear out, and for blame.
func lintClaims(line string, k known) []Lint {
	var found []Lint
	if text := resolvedBy.FindString(line); text != "" && k.before {
		found = append(found, Lint{Rule: RuleClaim, Text: text, Why: "the connections had recovered before the remedy was begun: say what the record shows, and what the remedy is for"})
	}
	if text := forever.FindString(line); text != "" && !k.likeLoad() {
		found = append(found, Lint{Rule: RuleForever, Text: text, Why: "no load afterwards is on record that is like the one before: nothing shows yet that it will not come back"})
	}
	if text := blame.FindString(line); text != "" && k.namesSomebody(line) {
		found = append(found, Lint{Rule: RuleBlame, Text: text, Why: "a person's name stands beside a word of blame: say what the system let happen"})
	}
	return found
}

// likeShare is how much of the spike's calls per second there must be afterwards for the load to be alike.
const likeShare = 0.8

// likeLoad says whether the top statement was called as often afterwards as in the spike.
func (k known) likeLoad() bool {
	during, after := 0.0, 0.0
	for _, f := range k.facts {
		switch {
		case f.Kind != kindRate:
		case strings.HasPrefix(f.Conditions, "during"):
			during = max(during, f.Value)
		case strings.HasPrefix(f.Conditions, "after"):
			after = max(after, f.Value)
		}
	}
	return during > 0 && after >= likeShare*during
}

func (k known) namesSomebody(line string) bool {
	for _, name := range k.people {
		if regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(name) + `\b`).MatchString(line) {
			return true
		}
	}
	return fullName.MatchString(line) || nameThat.MatchString(line)
}
