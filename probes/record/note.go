package record

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// What a person said, in Data[DataSaid] of an event of Kind Said; a note where there is none. Of a hypothesis, Data[DataHypothesis] is how it stands.
const (
	DataSaid       = "said"
	SaidDecision   = "decision"
	SaidHypothesis = "hypothesis"

	DataHypothesis      = "hypothesis"
	HypothesisOpen      = "open"
	HypothesisSupported = "supported"
	HypothesisRejected  = "rejected"
)

// PersonsMarks lists the marks that people set, in the order in which they come.
func PersonsMarks() []string {
	return []string{MarkDetected, MarkAcknowledged, MarkMitigated, MarkResolved}
}

// HypothesisStates lists how a hypothesis may stand.
func HypothesisStates() []string {
	return []string{HypothesisOpen, HypothesisSupported, HypothesisRejected}
}

// Note is what a person adds to the timeline. At most one of Decision, Hypothesis and Mark is set.
type Note struct {
	Text       string // its first line becomes the title, all of it the body where there is more
	When       When
	Author     string
	Source     string // for example "workbench"
	Decision   bool
	Hypothesis string // one of HypothesisStates
	Mark       string // one of PersonsMarks
	Star       bool
	Internal   bool
}

// titleLength bounds a title, in characters; what is longer stands in the body.
const titleLength = 200

// SetText gives an event a text: its first line becomes the title, all of it the body where there is more.
func (e *Event) SetText(text string) {
	text = strings.TrimSpace(sqltext.Clean(text))
	first, rest, _ := strings.Cut(text, "\n")
	e.Title, e.Body = sqltext.CleanLine(first), ""
	if runes := []rune(e.Title); len(runes) > titleLength {
		e.Title, e.Body = string(runes[:titleLength-1])+"…", text
	} else if strings.TrimSpace(rest) != "" {
		e.Body = text
	}
}

// event is the note as an event.
func (n Note) event() (Event, error) {
	e := Event{
		Kind: Said, At: n.When.At, Within: n.When.Within, Basis: n.When.Basis, Author: sqltext.CleanLine(n.Author), Source: n.Source, Star: n.Star, Internal: n.Internal,
	}
	e.SetText(n.Text)
	switch {
	case n.Mark != "":
		if !slices.Contains(PersonsMarks(), n.Mark) {
			return e, fmt.Errorf("a mark is one of %s, not %q", strings.Join(PersonsMarks(), ", "), sqltext.CleanLine(n.Mark))
		}
		e.Kind, e.Data = Mark, map[string]string{"mark": n.Mark}
		if e.Title == "" {
			e.Title = n.Mark
		}
	case n.Hypothesis != "":
		if !slices.Contains(HypothesisStates(), n.Hypothesis) {
			return e, fmt.Errorf("a hypothesis is %s, not %q", strings.Join(HypothesisStates(), ", "), sqltext.CleanLine(n.Hypothesis))
		}
		e.Data = map[string]string{DataSaid: SaidHypothesis, DataHypothesis: n.Hypothesis}
	case n.Decision:
		e.Data = map[string]string{DataSaid: SaidDecision}
	}
	if e.Title == "" {
		return e, fmt.Errorf("a note needs a text")
	}
	return e, nil
}

// AddNote stores what a person says.
func (f *File) AddNote(n Note) (Event, error) {
	e, err := n.event()
	if err != nil {
		return e, err
	}
	return f.AddEvent(e)
}

// Find returns the event of the timeline, as it stands now, whose id is or begins with id.
func (f *File) Find(id string) (Event, error) {
	events, err := f.Events()
	if err != nil {
		return Event{}, err
	}
	id = strings.ToUpper(strings.TrimSpace(id))
	var found []Event
	for _, e := range events {
		if id != "" && strings.HasPrefix(e.ID, id) {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return Event{}, fmt.Errorf("the timeline of %s holds no event %q; pgmedic timeline --format csv shows the ids", f.path, sqltext.CleanLine(id))
	}
	return Event{}, fmt.Errorf("%d events of %s have an id that begins with %s: give more of it", len(found), f.path, id)
}

// Correct stores a newer version of an event: change is given the event as it stands, and says who corrects it. What was measured, done or imported keeps its
// time and its text: only what people said and marked is theirs to correct.
func (f *File) Correct(id string, change func(*Event)) (Event, error) {
	e, err := f.Find(id)
	if err != nil {
		return e, err
	}
	before := e
	change(&e)
	if e.Kind != Said && e.Kind != Mark && (e.Title != before.Title || e.Body != before.Body || !e.At.Equal(before.At) || e.Within != before.Within) {
		return before, fmt.Errorf("%q was %s, not said by a person: add a note beside it instead; a star, or to keep it internal, is possible", before.Title, before.Kind)
	}
	return f.AddEvent(e.after(before.ID))
}

// Remove takes an event back: it leaves the timeline, and stays in the file with who took it back.
func (f *File) Remove(id, author string) (Event, error) {
	e, err := f.Find(id)
	if err != nil {
		return e, err
	}
	gone := e.after(e.ID)
	gone.Removed, gone.Author = true, sqltext.CleanLine(author)
	if _, err := f.AddEvent(gone); err != nil {
		return e, err
	}
	return e, nil
}

// after is a version of an event that is to be stored as the newest.
func (e Event) after(first string) Event {
	e.ID, e.Supersedes, e.RecordedAt = "", first, time.Time{}
	return e
}
