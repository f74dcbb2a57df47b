package plan

import (
	"slices"
	"strings"
)

// Ago is the Call of a parameter that is the time between a column's values and now, as in c > now() - $1, c + $1 > now() and now() - c < $1.
const Ago = "ago"

// agoMeeting reads a comparison with a time that lies so far back; none where it is anything else.
func agoMeeting(left *expression, op string, right *expression) []Meeting {
	if !isComparison(op) {
		return nil
	}
	for range 2 {
		var met []Meeting
		switch l, r := left.bare(), right.bare(); {
		case isOperation(r, "-") && r.args[0].isClock():
			met = agoOf(left, op, r.args[1])
		case isOperation(l, "+") && r.isClock():
			met = agoOf(l.args[0], op, l.args[1])
		case isOperation(l, "-") && l.args[0].isClock():
			met = agoOf(l.args[1], turned(op), right)
		}
		if len(met) > 0 {
			return met
		}
		left, right, op = right, left, turned(op)
	}
	return nil
}

func isOperation(e *expression, op string) bool { return e.form == operation && e.name == op }

func agoOf(column *expression, op string, ago *expression) []Meeting {
	if !column.isColumn() || ago.parameter() == 0 {
		return nil
	}
	met := meetingOf(column, op, ago, comparisonKind(op))
	for i := range met {
		met[i].Call = Ago
	}
	return met
}

// isClock says whether an expression is the present time or date.
func (e *expression) isClock() bool {
	bare := e.bare()
	calls := []string{"now", "statement_timestamp", "transaction_timestamp", "clock_timestamp"}
	words := []string{"CURRENT_TIMESTAMP", "LOCALTIMESTAMP", "CURRENT_DATE"}
	return bare.form == call && slices.Contains(calls, bare.name) ||
		bare.form == constant && slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(bare.text, word) })
}
