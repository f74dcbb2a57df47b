package report

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	taskItem    = regexp.MustCompile(`^\s*[-*+] \[[ xX]\]\s+(.*)$`)
	ownerWord   = regexp.MustCompile(`(?i)\bowner:\s*[^\s·,;]`)
	dueWord     = regexp.MustCompile(`(?i)\bdue:\s*\d{4}-\d{2}-\d{2}\b`)
	doneWord    = regexp.MustCompile(`(?i)\bdone when:?\s*[^\s·,;:]`)
	alertText   = regexp.MustCompile(`(?i)\b\w*(?:connections|numbackends|pg_stat_activity_count)\b(?:\{[^}]*\})?\)?\s*(>=?)\s*(\d{1,9})\b`)
	timeoutText = regexp.MustCompile(`(?i)\bstatement_timeout\s*(?:=|to|:)?\s*'?\s*(\d+(?:\.\d+)?)\s*(ms|s|min)?\b`)
	literalText = regexp.MustCompile(`(?i)\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`)
)

func lintAction(line string) []Lint {
	item := taskItem.FindStringSubmatch(line)
	if item == nil {
		return nil
	}
	var missing []string
	for _, part := range []struct {
		name string
		word *regexp.Regexp
	}{{"owner: NAME", ownerWord}, {"due: YYYY-MM-DD", dueWord}, {"done when: CONDITION", doneWord}} {
		if !part.word.MatchString(item[1]) {
			missing = append(missing, part.name)
		}
	}
	if missing == nil {
		return nil
	}
	return []Lint{{Rule: RuleAction, Text: item[1], Why: "the action lacks " + strings.Join(missing, ", ") + "; write it on the same line"}}
}

func lintLiterals(line string) []Lint {
	var found []Lint
	for _, text := range literalText.FindAllString(line, -1) {
		found = append(found, Lint{Rule: RuleLiteral, Text: text, Why: "this looks like a value from the data; name it by an alias"})
	}
	return found
}

func lintAlerts(line string, k known) []Lint {
	ceiling, measured := k.least(kindCeiling)
	var found []Lint
	for _, alert := range alertText.FindAllStringSubmatch(line, -1) {
		threshold, err := strconv.ParseFloat(alert[2], 64)
		if !measured || err != nil || threshold < ceiling || alert[1] == ">=" && threshold == ceiling {
			continue
		}
		why := fmt.Sprintf("the application gets no more than %.0f connections, so this alert cannot fire; choose a threshold below that", ceiling)
		found = append(found, Lint{Rule: RuleAlert, Text: alert[0], Why: why})
	}
	return found
}

func lintTimeouts(line string, k known) []Lint {
	longest := time.Duration(0)
	for _, f := range k.facts {
		if (f.Kind == kindMean || f.Kind == kindTime) && f.Unit == unitMillis {
			longest = max(longest, time.Duration(f.Value*float64(time.Millisecond)))
		}
	}
	var found []Lint
	for _, set := range timeoutText.FindAllStringSubmatch(line, -1) {
		n, err := strconv.ParseFloat(set[1], 64)
		unit := map[string]time.Duration{"": time.Millisecond, "ms": time.Millisecond, "s": time.Second, "min": time.Minute}[strings.ToLower(set[2])]
		limit := time.Duration(n * float64(unit))
		if err != nil || limit <= 0 || limit >= longest { // 0 is no limit
			continue
		}
		why := fmt.Sprintf("calls that succeeded took %s: below that the timeout fails what works; say that it is meant to", span(longest))
		found = append(found, Lint{Rule: RuleTimeout, Text: set[0], Why: why})
	}
	return found
}

// least is the lowest value of a kind of facts.
func (k known) least(kind string) (least float64, found bool) {
	for _, f := range k.facts {
		if f.Kind == kind && (!found || f.Value < least) {
			least, found = f.Value, true
		}
	}
	return least, found
}

// lintFacts looks at the facts themselves.
func lintFacts(k known) []Lint {
	var found []Lint
	phases := map[string]float64{} // by index
	for _, f := range k.facts {
		switch {
		case strings.Contains(f.Conditions, doubtReset) || strings.Contains(f.Conditions, doubtEvicted):
			found = append(found, Lint{Rule: RuleWindow, Text: f.ID, Why: fmt.Sprintf("%s of %s: %s: it counts less than there was", f.Kind, f.Subject, f.Conditions)})
		case f.Kind == kindLittle && (f.Value > littleLimit || f.Value < 1/littleLimit):
			found = append(found, Lint{Rule: RuleLittle, Text: f.ID, Why: fmt.Sprintf(
				"calls/s × mean is %s of the connections seen: one of the three does not tell the whole; look whether calls ended elsewhere, or the statement has several query ids", value(f))})
		case f.Kind == kindPhase:
			index, _, _ := strings.Cut(f.Subject, ": ")
			phases[index] += f.Value
		}
	}
	for _, f := range k.facts {
		if f.Kind == kindBuild && phases[f.Subject] > f.Value+phaseSlack {
			found = append(found, Lint{Rule: RuleSum, Text: f.ID, Why: fmt.Sprintf("the phases of the build of %s take %s in all, the build %s", f.Subject,
				span(time.Duration(phases[f.Subject]*float64(time.Second))), value(f))})
		}
	}
	return found
}

const (
	littleLimit = 2.0 // Little's law: by how much calls/s × mean may differ from the connections seen
	phaseSlack  = 2.0 // seconds: phases are looked at about once a second
)
