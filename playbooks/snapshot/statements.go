package snapshot

import (
	"strconv"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

const (
	// mostStatements bounds the list.
	mostStatements = 10
	// textRunes bounds a statement's text.
	textRunes = 2000
)

func (m *maker) statements() Statements {
	result := Statements{Sampled: textOrNull(m.last.Statements.Sampled), Top: []Statement{}}
	seen := m.look.window.StatementSpanSeen()
	if seen > 0 {
		result.WindowS = ref(seconds(seen))
	}
	for _, l := range m.look.window.Statements() {
		if l.Held == 0 && l.Load == 0 {
			continue
		}
		if len(result.Top) == mostStatements {
			result.More++
			continue
		}
		result.Top = append(result.Top, m.statement(l, seen > 0))
	}
	if len(result.Top) == 0 && (m.hidden() || !m.heldKnown() || m.failed("statements") || !m.last.Statements.Known) {
		result.Top = nil
	}
	return result
}

// statement words a row; counted says whether the window has figures at all.
func (m *maker) statement(l probes.StatementLoad, counted bool) Statement {
	s := Statement{QueryID: strconv.FormatInt(l.QueryID, 10), Database: l.Database, User: l.User, TopLevel: l.TopLevel}
	s.Text, s.TextClipped = publicText(l.Text)
	if m.heldKnown() && (l.Held > 0 || !m.hidden()) {
		s.Held = &l.Held
	}
	if !counted {
		return s
	}
	s.Load, s.Lagging = ref(round(l.Load)), l.Lagging
	if l.Sampled {
		return s
	}
	s.Calls, s.CallsPerS = &l.Calls, ref(round(l.CallsPerSecond))
	if l.Calls > 0 {
		s.MeanMS = ref(millis(l.Mean))
	}
	if l.BaseOf == probes.BaseStats {
		s.SinceReset = ref(millis(l.BaseMean))
		if factor, ok := l.Factor(); ok {
			s.Factor = ref(round(factor))
		}
	}
	return s
}

// heldKnown says whether the server tells which statement a session runs.
func (m *maker) heldKnown() bool {
	return !m.failed("held")
}

// publicText is a statement's text as it may leave the machine, on one line; null where it is not known.
func publicText(text string) (public *string, clipped bool) {
	if text == "" {
		return nil, false
	}
	line := []rune(sqltext.OneLine(sqltext.Public(text)))
	if clipped = len(line) > textRunes; clipped {
		line = append(line[:textRunes], '…')
	}
	return ref(string(line)), clipped
}
