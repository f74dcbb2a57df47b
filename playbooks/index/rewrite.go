package index

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// ageOfColumn matches the age of a column in seconds as the server prints it, EXTRACT(epoch FROM (now() - c)), and what it is divided by, if
// anything.
var ageOfColumn = regexp.MustCompile(
	`(?i)(?:EXTRACT\(epoch FROM|"?(?:extract|date_part)"?\('epoch'::text,) \((?:CURRENT_TIMESTAMP|now\(\)) - [^)]+\)\)( / [^:)]+)?`)

// unitsOfAge are the arguments of make_interval by what the seconds are divided by. Another divisor may be a placeholder for one that
// pg_stat_statements took out of the text: then the unit is left open.
var unitsOfAge = map[string]string{"": "secs => ", " / '60'": "mins => ", " / '3600'": "hours => "}

// rewriteHints says of each condition that no index on its column can serve how it could be written instead, where that is known.
func rewriteHints(hopeless []plan.Condition) []string {
	var hints []string
	for _, c := range hopeless {
		hint := fmt.Sprintf("no index on the column can serve %s", sqltext.Redact(c.Text))
		if instead := rewriteOfAge(c); instead != "" {
			hint += "; written as " + instead + " one can"
		}
		hints = append(hints, hint)
	}
	return hints
}

// rewriteOfAge turns a limit on a column's age into a bound on the column itself; empty where the condition is something else.
func rewriteOfAge(c plan.Condition) string {
	match := ageOfColumn.FindStringSubmatch(c.Text)
	if match == nil || c.Column == "" {
		return ""
	}
	bound, turned := map[string]string{"<": ">", "<=": ">=", ">": "<", ">=": "<="}[strings.TrimSpace(c.Op)]
	if !turned {
		return ""
	}
	return fmt.Sprintf("%s %s now() - make_interval(%s…)", sqltext.Ident(c.Column), bound, unitsOfAge[match[1]])
}
