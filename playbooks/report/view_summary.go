package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/probes/watch"
)

func (w *writer) title() md {
	if w.in.last == nil {
		return code(w.in.name)
	}
	day := w.in.begin()
	if !w.in.spike.Onset.IsZero() {
		day = w.in.spike.Onset
	}
	return code(w.in.last.Server.Database) + ", " + md(day.UTC().Format("2006-01-02"))
}

// header says what the report is about: when, which server, which part of it is on record.
func (w *writer) header() []named {
	lines := []named{{"Incident file", code(w.in.name)}, {"Time zone", "UTC throughout"}}
	if w.in.last == nil {
		return append(lines, named{"Record", "holds no samples: nothing was measured"})
	}
	s := w.in.last.Server
	kind := "primary"
	if s.InRecovery {
		kind = "standby"
	}
	lines = append(lines,
		named{"Server", code(fmt.Sprintf("%s:%d", s.Host, s.Port)) + ", database " + code(s.Database) + ", " + md(kind)},
		named{"Identity", "system identifier " + code(s.SystemIdentifier) + md(fmt.Sprintf(", timeline %d, started %s", s.Timeline, stamp(s.StartedAt)))},
		named{"PostgreSQL", escape(s.VersionText)},
		named{"Looked at as", code(s.User)},
		named{"Record", md(fmt.Sprintf("%s, %s in all: %s samples, usually %s apart",
			window(w.in.begin(), w.in.end()), span(w.in.end().Sub(w.in.begin())), count(int64(len(w.in.moments))), span(w.in.step())))},
		named{"Gaps in the record", w.gapSummary()},
	)
	return lines
}

func (w *writer) gapSummary() md {
	gaps := w.in.gaps()
	if len(gaps) == 0 {
		return "none"
	}
	return md(fmt.Sprintf("%d, see [Gaps in the record](#gaps-in-the-record)", len(gaps)))
}

// headlineWidth is how much of a statement stands in a sentence, in characters.
const headlineWidth = 100

// headline names the statement with the most connections at the peak.
func (w *writer) headline() md {
	id, _ := w.in.topStatement()
	if text := w.in.texts[id]; text != "" && !sqltext.IsUtility(text) {
		return code(sqltext.Headline(sqltext.Normalise(text), headlineWidth))
	}
	return "its text is not known or not shown"
}

// summary is prose that cites facts, and claims nothing else.
func (w *writer) summary() []md {
	lines := []md{w.spikeSentence()}
	if root := w.in.root(); root != nil {
		lines = append(lines, md(fmt.Sprintf("At %s %s waited for locks behind %s.", stamp(w.in.pile.At), w.figure(w.facts.find(kindBehind, rootName(root))), escape(rootName(root)))))
	}
	if held := w.facts.find(kindHeld, ""); held != nil {
		share := w.facts.find(kindHeldShare, held.Subject)
		lines = append(lines, md(fmt.Sprintf("At the peak %s, %s of all, ran one statement: %s (query id %s).",
			w.figure(held), w.figure(share), w.headline(), code(held.Subject))))
	}
	if a, ok := w.in.cure(); ok && a.onSessions() {
		lines = append(lines, md(fmt.Sprintf("%s: done at %s, see [Sessions and settings](#sessions-and-settings).", escape(a.title()), stamp(a.ended()))))
	} else if ok {
		when := stamp(a.ended())
		if a.found() {
			when += " or before: it was found then"
		}
		lines = append(lines, md(fmt.Sprintf("The index %s was built and in place at %s.", code(a.subject()), when)))
	}
	lines = append(lines, w.order())
	return append(lines, w.ratioSentences()...)
}

func (w *writer) spikeSentence() md {
	peak, ceiling := w.facts.find(kindPeak, ""), w.facts.find(kindCeiling, "")
	if peak == nil {
		return "The record holds no samples: nothing was measured."
	}
	against := md("against an unknown ceiling")
	if ceiling != nil {
		limit := w.in.peakLimit()
		against = md(fmt.Sprintf("%s of %s of %s", w.figure(w.facts.find(kindPeakShare, "")), escape(limit.Name()), w.figure(ceiling)))
		if limit.Ours > 0 {
			against = md(fmt.Sprintf("with %d of pgmedic's own ", limit.Ours)) + against
		}
	}
	baseline := md("a baseline that is not known")
	if f := w.facts.find(kindBaseline, ""); f != nil {
		baseline = "a baseline of " + w.figure(f)
	}
	if w.in.spike.Onset.IsZero() {
		return md(fmt.Sprintf("No spike was seen in this record. The most client connections were %s at %s, %s, over %s.",
			w.figure(peak), stamp(peak.From), against, baseline))
	}
	return md(fmt.Sprintf("From %s client connections rose from %s to a peak of %s at %s: %s. %s",
		stamp(w.in.spike.Onset), baseline, w.figure(peak), stamp(peak.From), against, w.lastedSentence()))
}

func (w *writer) lastedSentence() md {
	duration := w.facts.find(kindDuration, "")
	if duration == nil {
		return "It had not recovered when the record ended."
	}
	return md(fmt.Sprintf("It recovered at %s, after %s.", stamp(w.in.spike.Recovered), w.figure(duration)))
}

func (w *writer) ratioSentences() []md {
	var lines []md
	for _, ratio := range w.facts.all(kindRowsRatio) {
		before := w.facts.findAt(kindRowsRead, ratio.Subject, ratio.From, ratio.From)
		after := w.facts.findAt(kindRowsRead, ratio.Subject, ratio.To, ratio.To)
		lines = append(lines, md(fmt.Sprintf("For the parameter pattern %s the statement read %s before and %s after: %s.",
			escape(ratio.Subject), w.figure(before), w.figure(after), w.figure(ratio))))
	}
	return lines
}

// strip is the summary's table of facts.
func (w *writer) strip() []factLine {
	lines := []factLine{
		w.line("Connections, peak", w.facts.find(kindPeak, "")),
		w.line("Ceiling for the application", w.facts.find(kindCeiling, "")),
		w.line("Connections, baseline", w.facts.find(kindBaseline, "")),
		w.line("Spike, onset to recovered", w.facts.find(kindDuration, "")),
		w.line("Top statement's share at the peak", w.facts.find(kindHeldShare, "")),
		w.line("Connections afterwards, median", w.facts.find(kindAfter, "")),
	}
	if a, ok := w.in.remedy(); ok {
		lines = append(lines,
			w.line("Remedy: build of "+code(a.subject()), w.facts.find(kindBuild, a.subject())),
			w.line("Remedy: size of "+code(a.subject()), w.sizeOf(a)))
	}
	for _, ratio := range w.facts.all(kindRowsRatio) {
		lines = append(lines, w.line("Rows read, before ÷ after, "+escape(ratio.Subject), ratio))
	}
	return lines
}

// sizeOf is the first size that was read of an index after it was built, or the last before it was dropped, but not that of another index which had its
// name earlier or later.
func (w *writer) sizeOf(a action) *record.Fact {
	from, to := time.Time{}, time.Time{}
	for _, other := range w.in.actions {
		switch {
		case !sameIndex(other.subject(), a.subject()):
		case other.at().Before(a.at()):
			from = later(from, other.at())
		case other.at().After(a.at()) && (to.IsZero() || other.at().Before(to)):
			to = other.at()
		}
	}
	if a.drops() {
		to = a.ended()
	} else {
		from = later(from, a.started())
	}
	var size *record.Fact
	for _, f := range w.facts.all(kindIndexSize) {
		if !sameIndex(f.Subject, a.subject()) || f.From.Before(from) || !to.IsZero() && f.From.After(to) {
			continue
		}
		if size == nil || a.drops() == f.From.After(size.From) {
			size = f
		}
	}
	return size
}

func sameIndex(a, b string) bool {
	return a == b || strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a)
}

// tooManyConnections is the SQLSTATE of a refused connection.
const tooManyConnections = "53300"

func errorLabel(name string) md {
	if name == tooManyConnections {
		return "Refused connections (53300, too many connections)"
	}
	return "Errors: " + escape(name)
}

// impact is what the spike did to the room for connections.
func (w *writer) impact() []factLine {
	lines := []factLine{w.line("Connections at the peak, of the ceiling", w.facts.find(kindPeakShare, ""))}
	for _, share := range watch.Thresholds() {
		subject := fmt.Sprintf("%d %%", share)
		lines = append(lines, w.line(md("Time at or above "+subject+" of the ceiling"), w.facts.find(kindAbove, subject)))
	}
	refused := w.facts.all(kindErrors)
	if len(refused) == 0 {
		return append(lines, w.line("Refused or failed connections, counted by the application", nil))
	}
	for _, f := range refused {
		lines = append(lines, w.line(errorLabel(f.Subject), f))
	}
	return lines
}
