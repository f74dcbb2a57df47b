package apply

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// statements takes the SQL of an intent apart into its statements, as they were sent.
func statements(sql string) []string {
	found, at := []string{""}, 0
	for _, t := range sqltext.Scan(sql) {
		if t.Is(";") {
			found, at = append(found, ""), at+1
			continue
		}
		found[at] += t.Text
	}
	for i := range found {
		found[i] = strings.TrimSpace(found[i])
	}
	return slices.DeleteFunc(found, func(s string) bool { return s == "" })
}

// shown is a statement without pgmedic's tag, for a person.
func shown(sql string) string {
	return sqltext.CleanLine(strings.TrimSuffix(strings.TrimSuffix(sql, buildTag), dropTag))
}

// at is the position of the statement that a session of the intent runs or ran last, by its text as the server has it, which may be cut off; false: that does not tell.
// They are sent one after the other, each when the one before has ended well: so those before it have.
func (l Leftover) at(runs string) (int, bool) {
	begins := func(sql string) bool { return runs != "" && strings.HasPrefix(sql, runs) }
	at := slices.IndexFunc(l.SQL, begins)
	return at, at >= 0 && !slices.ContainsFunc(l.SQL[at+1:], begins)
}

// running says of what is under way how far it is and what of it was not sent.
func (l Leftover) running(runs string, states []state) string {
	words := fmt.Sprintf("%s still runs in session %d", sqltext.CleanLine(l.Intent.Title), l.PID)
	if len(l.SQL) < 2 {
		return words + ": watch it to its end; nothing needs to be sent again"
	}
	at, ok := l.at(runs)
	_, valid := l.count(states)
	switch rest := len(l.SQL) - at - 1; {
	case !ok && l.drop:
		words += ": which of its " + several(len(l.SQL), "statement", "statements") + " is not visible"
	case !ok:
		words += fmt.Sprintf(": which of its %d statements is not visible; %d of %d indexes valid so far", len(l.SQL), valid, len(l.parts))
	case rest == 0:
		return words + fmt.Sprintf(", statement %d of %d: watch it to its end; nothing needs to be sent again", at+1, len(l.SQL))
	default:
		words += fmt.Sprintf(", statement %d of %d: those before it have ended, and %d were not sent", at+1, len(l.SQL), rest)
		if !l.drop {
			words += fmt.Sprintf("; %d of %d indexes valid so far", valid, len(l.parts))
		}
	}
	return words + ". Only the pgmedic that began it sends the rest, where it is still there; this one sends none: watch it to its end, then " +
		either(l.drop, "drop what is left", "draft again, which goes on from there")
}

// begun says whether what is there of indexes that were to be made is as it was meant, and only further statements are missing.
func (m meant) begun(states []state) bool {
	there, valid := m.count(states)
	for i, p := range m.parts {
		if p.drop || p.again || m.is(p, states[i]) && !states[i].valid && states[i].kind != "I" {
			return false
		}
	}
	return there > 0 && valid < len(m.parts)
}

// begunCheck says how far it came.
func (m meant) begunCheck(states []state) playbooks.Check {
	there, valid := m.count(states)
	saw := fmt.Sprintf("%d of %d indexes are there, %d of them valid; the statements for the rest were not sent", there, len(m.parts), valid)
	return refuse(true, "valid", saw, "draft again: the build goes on from there")
}
