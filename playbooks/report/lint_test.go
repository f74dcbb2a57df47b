package report

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pgmedic/pgmedic/probes/record"
)

// ofPeople says that nothing was generated, and ofTool that all was.
func ofPeople(int) bool { return false }
func ofTool(int) bool   { return true }

func rules(found []Lint) []Rule {
	var all []Rule
	for _, l := range found {
		all = append(all, l.Rule)
	}
	return all
}

// What people write is held against the facts: each rule with a line that breaks it and one that does not.
func TestLint(t *testing.T) {
	k := known{before: true, people: []string{"anna"}, facts: []record.Fact{
		{Kind: kindCeiling, Value: 97, Unit: unitConnections}, {Kind: kindMean, Value: 12000, Unit: unitMillis}, {Kind: kindPeak, Value: 95, Unit: unitConnections},
		{Kind: kindRate, Value: 10, Conditions: "during the spike"}, {Kind: kindRate, Value: 2, Conditions: "after recovery"},
	}}
	for _, f := range k.facts {
		k.printed = append(k.printed, value(f))
	}
	for _, c := range []struct {
		name, text string
		want       []Rule
	}{
		{"a figure of nobody", "about 750 reports/5min; it took 150ms", []Rule{RuleFigure, RuleFigure}},
		{"a figure that cites", "connections rose to 120 connections [1f6757]", nil},
		{"a figure as printed", "at 95 connections the pool was full", nil},
		{"times of day and dates", "on 2026-11-23 at 16:20 the page came, version 4.2", nil},
		{"code", "`LIMIT 10 rows`", nil},
		{"a ratio", "queries are 45-189x faster", []Rule{RuleRatio}},
		{"a ratio that cites", "× 74.1 [27ca84]", nil},
		{"a sum that is not its parts", "13,740 + 10,149 = 24,500", []Rule{RuleSum}},
		{"a sum that is", "13,740 + 10,149 = 23,889", nil},
		{"a product that is not", "3 × 151,472 = 450,000", []Rule{RuleSum}},
		{"a resolution after recovery", "The issue was resolved through index optimization.", []Rule{RuleClaim}},
		{"forever", "Connection spikes eliminated", []Rule{RuleForever}},
		{"an alert out of reach", "`DatabaseConnections > 400 for 5 minutes`", []Rule{RuleAlert}},
		{"an alert within reach", "DatabaseConnections > 77", nil},
		{"an alert that can just fire", "DatabaseConnections >= 97", nil},
		{"a timeout that fails what works", "SET statement_timeout = '5s'", []Rule{RuleTimeout}},
		{"a timeout above", "SET statement_timeout = '30s'", nil},
		{"an action with nothing", "- [ ] Share the rewrite", []Rule{RuleAction}},
		{"a whole action, CRLF", "- [x] Share it · owner: dev · due: 2026-12-01 · done when: merged\r", nil},
		{"blame", "anna forgot the index", []Rule{RuleBlame}},
		{"blame of a stranger", "Tom Miller should have seen it", []Rule{RuleBlame}},
		{"no blame", "the review failed to name the index", nil},
		{"a value", "user 85c4ccc6-1111-2222-3333-4a7e860d0000", []Rule{RuleLiteral}},
		{"an address", "asked by ann@example.com", []Rule{RuleLiteral}},
		{"aliases", "user-A of value-B [1f6757]", nil},
	} {
		found := lint("\n"+c.text, ofPeople, k)
		if !slices.Equal(rules(found), c.want) {
			t.Errorf("%s: %+v, want %v", c.name, found, c.want)
		}
		for _, l := range found {
			if l.Line != 2 || l.Text == "" || l.Why == "" {
				t.Errorf("%s: %+v", c.name, l)
			}
		}
	}
}

// Without what it takes to judge, nothing is objected.
func TestLintNeedsGround(t *testing.T) {
	if found := lint("DatabaseConnections > 400; SET statement_timeout = '5s'; resolved by the index", ofPeople, known{}); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}

func TestLintFacts(t *testing.T) {
	k := known{facts: []record.Fact{
		{ID: "a", Kind: kindCalls, Subject: "7", Conditions: "during the spike" + doubtReset},
		{ID: "b", Kind: kindLittle, Value: 0.3, Unit: unitRatio},
		{ID: "c", Kind: kindBuild, Subject: "idx", Value: 10, Unit: unitSeconds},
		{ID: "d", Kind: kindPhase, Subject: "idx: scanning", Value: 9}, {ID: "e", Kind: kindPhase, Subject: "idx: waiting", Value: 9},
		{ID: "f", Kind: kindLittle, Value: 1.4, Unit: unitRatio}, {ID: "g", Kind: kindBuild, Subject: "other", Value: 10}, {ID: "h", Kind: kindPhase, Subject: "other: scanning", Value: 10.5},
	}}
	found := lint("", ofPeople, k)
	if !slices.Equal(rules(found), []Rule{RuleWindow, RuleLittle, RuleSum}) || found[0].Text != "a" || found[1].Text != "b" || found[2].Text != "c" {
		t.Errorf("%+v", found)
	}
}

// The report that pgmedic writes itself gives no cause.
func TestNoFalseAlarmOnAGeneratedReport(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "report.golden.md"))
	check(t, err)
	in := rehearsed(t)
	if found := lint(string(text), ofTool, knownOf(in, factsOf(in).facts)); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}

// The seed's mistakes are found: ratios without ground, an alert that cannot fire, a timeout below measured times, a claim, actions of nobody.
func TestSeedsMistakes(t *testing.T) {
	text := `# Post-incident report
Issue was resolved through index optimization.
- Query performance improved 45-189x
- Connection spikes eliminated
Execution Time: 150ms (cached), then 10,000-15,000ms (production)
- [ ] Share query optimization with dev team
- Alert: DatabaseConnections > 400 for 5 minutes
- Set statement_timeout = '5s' for the dedup query`
	in := rehearsed(t)
	in.spike.Recovered = buildFrom.Add(-1)
	k := knownOf(in, append(factsOf(in).facts, record.Fact{Kind: kindMean, Value: 12072, Unit: unitMillis}))
	for i, f := range k.facts {
		if f.Kind == kindRate {
			k.facts[i].Conditions = "whole record"
		}
	}
	got := rules(lint(text, ofPeople, k))
	for _, want := range []Rule{RuleClaim, RuleRatio, RuleForever, RuleFigure, RuleAction, RuleAlert, RuleTimeout} {
		if !slices.Contains(got, want) {
			t.Errorf("%s was not found: %v", want, got)
		}
	}
}
