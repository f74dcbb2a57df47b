package report

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/record"
)

// Rule names what a lint looks for.
type Rule string

// The rules.
const (
	RuleFigure  Rule = "figure"  // a number in prose that is no fact
	RuleRatio   Rule = "ratio"   // a ratio that is no fact: nobody knows whether like was compared with like
	RuleSum     Rule = "sum"     // a sum or a product that is not its parts
	RuleWindow  Rule = "window"  // a window with a reset of the statistics, or an eviction, in it
	RuleClaim   Rule = "claim"   // a resolution that came after the recovery
	RuleForever Rule = "forever" // eliminated, prevented: without a load afterwards that is like the one before
	RuleAlert   Rule = "alert"   // an alert on connections that the ceiling does not let fire
	RuleTimeout Rule = "timeout" // a statement_timeout below times that were measured of calls that succeeded
	RuleLittle  Rule = "little"  // calls/s × mean and the connections seen differ by more than a factor of two
	RuleAction  Rule = "action"  // an action without owner, due date or done-when
	RuleBlame   Rule = "blame"   // a person's name beside a word of blame
	RuleLiteral Rule = "literal" // a string that looks like a value from the data
)

// Lint is one objection to a report.
type Lint struct {
	Rule Rule
	Line int    // of the text, from 1; 0: of the report as a whole
	Text string // the part of the line that it is about, as it stands there: escape it before it is shown
	Why  string // what is wrong and what to do
}

// known is what a text is held against.
type known struct {
	facts   []record.Fact
	before  bool     // recovered before the remedy was in place
	people  []string // who wrote events
	printed []string // the facts' figures as the report prints them
}

// knownOf gathers what the texts of an incident's report are held against.
func knownOf(in *incident, facts []record.Fact) known {
	k := known{facts: facts}
	if a, ok := in.cure(); ok {
		k.before = !in.spike.Recovered.IsZero() && in.spike.Recovered.Before(a.started())
	}
	for _, e := range in.events {
		if e.Author != "" && !slices.Contains(k.people, e.Author) {
			k.people = append(k.people, e.Author)
		}
	}
	for _, f := range facts {
		k.printed = append(k.printed, value(f))
	}
	return k
}

// lint reads a report's text, as people may have edited it. generated says of a line, from 1, that pgmedic wrote it and nobody changed it: its figures cite their facts.
// Objections come in the order of the lines, those to the whole report first.
func lint(text string, generated func(line int) bool, k known) []Lint {
	found := lintFacts(k)
	fenced := false
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSuffix(line, "\r")
		if codeFence.MatchString(line) {
			fenced = !fenced
			continue
		}
		var lints []Lint
		lints = append(lints, lintAction(line)...)
		lints = append(lints, lintAlerts(line, k)...)
		lints = append(lints, lintTimeouts(line, k)...)
		if !generated(i + 1) {
			lints = append(lints, lintLiterals(line)...)
			if !fenced {
				lints = append(lints, lintProse(line, k)...)
				lints = append(lints, lintClaims(line, k)...)
			}
		}
		for _, l := range lints {
			l.Line = i + 1
			found = append(found, l)
		}
	}
	return found
}

// codeFence begins or ends a block of code.
var codeFence = regexp.MustCompile("^\\s*(```|~~~)")

// linesOf says of the lines of a text whether they stand in what was generated.
func linesOf(text, written string) func(line int) bool {
	known := map[string]bool{}
	for _, line := range strings.Split(written, "\n") {
		known[line] = true
	}
	lines := strings.Split(text, "\n")
	return func(line int) bool {
		text := strings.TrimSuffix(lines[line-1], "\r")
		return known[text] || isMark(text)
	}
}

// isMark says whether a line is one of the comments that blocks stand between.
func isMark(line string) bool {
	return beginMark.MatchString(line) || endMark.MatchString(line) || listMark.MatchString(line)
}
