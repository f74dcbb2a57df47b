package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/record"
)

// action is one change of the server: its intent, and its outcome where one was recorded. What their Data hold is written down in playbooks/timeline.go.
type action struct {
	Intent  record.Event
	Outcome *record.Event  // nil: none was recorded
	Shots   []record.Event // outcomes of the single shots of one that repeats itself
}

// actionsOf joins intents and outcomes. A wish to cancel is no change of its own: it stands in the timeline. An outcome that was found again says all that this
// record knows of an intent that is on another.
func actionsOf(events []record.Event) []action {
	var actions []action
	place := map[string]int{} // of an intent's action, by the intent's id
	for i, e := range events {
		if e.Kind != record.Acted || e.Data["action"] != "" {
			continue
		}
		if run := e.Data["run"]; run != "" { // a single shot
			if at, ok := place[run]; ok && e.Data["state"] != playbooks.StateIntent {
				actions[at].Shots = append(actions[at].Shots, e)
			}
			continue
		}
		if e.Data["state"] == playbooks.StateIntent {
			place[e.ID] = len(actions)
			actions = append(actions, action{Intent: e})
		} else if at, ok := place[e.Data["intent"]]; ok {
			actions[at].Outcome = &events[i]
		} else if e.Data["found"] != "" {
			place[e.Data["intent"]] = len(actions)
			actions = append(actions, action{Intent: intentOf(e), Outcome: &events[i]})
		}
	}
	return actions
}

// intentOf is the intent of an outcome that was found again. When it was sent may not be known.
func intentOf(outcome record.Event) record.Event {
	intent := outcome
	intent.ID, intent.Body, intent.End = outcome.Data["intent"], "", time.Time{}
	intent.At, _ = time.Parse(time.RFC3339Nano, outcome.Data["sent"])
	return intent
}

// found says whether its outcome was found after the pgmedic that sent it was lost: then it ended at that time or before.
func (a action) found() bool { return a.Outcome != nil && a.Outcome.Data["found"] != "" }

func (a action) applied() bool {
	return a.Outcome != nil && a.Outcome.Data["state"] == string(playbooks.Applied)
}

// started is when it was sent, zero where that is not known; ended when its outcome was there, zero where none is known.
func (a action) started() time.Time { return a.Intent.At }

// at puts it among others: when it was sent, or where that is not known when its outcome was there.
func (a action) at() time.Time {
	if a.started().IsZero() {
		return a.ended()
	}
	return a.started()
}

func (a action) ended() time.Time {
	if a.Outcome == nil {
		return time.Time{}
	}
	return later(a.Outcome.At, a.Outcome.End)
}

// subject names what was changed: the index, else the relation, else the title.
func (a action) subject() string {
	for _, name := range []string{a.Intent.Data["index"], a.Intent.Data["relation"], a.Intent.Title} {
		if name != "" {
			return name
		}
	}
	return "unnamed"
}

// took is how long it was applied; false: not recorded.
func (a action) took() (time.Duration, bool) {
	ms, err := strconv.ParseFloat(a.Outcome.Data["duration_ms"], 64)
	return time.Duration(ms * float64(time.Millisecond)), err == nil
}

// phases reads "waiting for writers before build 1.0 s; …"; what does not look like it is left out, and a phase that came twice is added up.
func (a action) phases() []playbooks.Phase {
	var phases []playbooks.Phase
	for _, text := range strings.Split(a.Outcome.Data["phases"], "; ") {
		words := strings.Fields(text)
		if len(words) < 3 || words[len(words)-1] != "s" {
			continue
		}
		seconds, err := strconv.ParseFloat(words[len(words)-2], 64)
		if err != nil {
			continue
		}
		name, took := strings.Join(words[:len(words)-2], " "), time.Duration(seconds*float64(time.Second))
		if i := slices.IndexFunc(phases, func(p playbooks.Phase) bool { return p.Name == name }); i >= 0 {
			phases[i].Took += took
			continue
		}
		phases = append(phases, playbooks.Phase{Name: name, Took: took})
	}
	return phases
}

// remedy is the action that the report measures before and after: the last index build that was applied. False: there was none.
func (in *incident) remedy() (action, bool) {
	for i := len(in.actions) - 1; i >= 0; i-- {
		if a := in.actions[i]; a.applied() && a.Intent.Data["index"] != "" && !a.drops() {
			return a, true
		}
	}
	return action{}, false
}

// onSessions says whether it was done to sessions or to the settings of roles and databases; the other actions change tables and indexes.
func (a action) onSessions() bool {
	return a.Intent.Data["signal"] != "" || a.sends("PREPARED") || a.sends("ALTER ROLE") || a.sends("ALTER DATABASE") || a.Outcome != nil && a.Outcome.Data[playbooks.DataRows] != ""
}

// title is what the draft was called.
func (a action) title() string { return strings.TrimPrefix(a.Intent.Title, "applying: ") }

// cure is what the mark remedied stands for: the remedy, or where no index was built the last action on somebody who was in the way of a pile-up.
func (in *incident) cure() (action, bool) {
	if a, ok := in.remedy(); ok {
		return a, true
	}
	for _, a := range slices.Backward(in.actions) {
		if in.resolves(a) {
			return a, true
		}
	}
	return action{}, false
}

func (a action) drops() bool { return a.sends("DROP INDEX") }

func (a action) sends(words string) bool {
	return strings.Contains(strings.ToUpper(a.Intent.SQL), words)
}

// does is the kind of statement that it sent; empty: of another kind than those of indexes.
func (a action) does() string {
	for _, words := range []string{"DROP INDEX", "REINDEX"} {
		if a.sends(words) {
			return words
		}
	}
	if a.sends("CREATE") && a.sends("INDEX") {
		return "CREATE INDEX"
	}
	return ""
}
