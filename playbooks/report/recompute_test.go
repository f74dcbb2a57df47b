package report

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What follows reads the written files alone, and nothing of this package: sums, ratios, shares and durations are computed again from facts.json.

type writtenFact struct {
	ID, Kind, Subject, Unit, Method, Conditions, Source, Status string
	Value                                                       float64
	N                                                           int64
	From, To                                                    *time.Time
}

type writtenFacts []writtenFact

func readFacts(t *testing.T, folder string) writtenFacts {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "facts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all writtenFacts
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// one is the fact of a kind with the same subject and window as another.
func (all writtenFacts) one(kind string, like writtenFact) *writtenFact {
	for i, f := range all {
		if f.Kind == kind && f.Subject == like.Subject && f.From.Equal(*like.From) && f.To.Equal(*like.To) {
			return &all[i]
		}
	}
	return nil
}

// at is the fact of a kind and subject at a moment.
func (all writtenFacts) at(kind, subject string, moment *time.Time) *writtenFact {
	for i, f := range all {
		if f.Kind == kind && (subject == "" || f.Subject == subject) && f.From.Equal(*moment) {
			return &all[i]
		}
	}
	return nil
}

// disagreements are what does not come out when it is computed again, and how many figures were.
func (all writtenFacts) disagreements() (wrong []string, checked map[string]int) {
	checked = map[string]int{}
	for _, f := range all {
		want, ok := all.again(f)
		if !ok {
			continue
		}
		checked[f.Kind]++
		if math.Abs(f.Value-want) > 1e-9*math.Max(math.Abs(want), 1) {
			wrong = append(wrong, f.Kind+" of "+f.Subject+" is "+strconv.FormatFloat(f.Value, 'g', -1, 64)+", computed again "+strconv.FormatFloat(want, 'g', -1, 64))
		}
	}
	sums := map[string]float64{}
	for _, f := range all {
		if f.Kind == "build.phase" {
			index, _, _ := strings.Cut(f.Subject, ": ")
			sums[index] += f.Value
		}
	}
	for _, f := range all {
		if f.Kind == "build.duration" && sums[f.Subject] > 0 {
			checked["phases"]++
			if sums[f.Subject] > f.Value+2 {
				wrong = append(wrong, "the phases of "+f.Subject+" take longer than the build")
			}
		}
	}
	return wrong, checked
}

// again computes a fact from others. ok is false where it was counted or measured itself.
func (all writtenFacts) again(f writtenFact) (value float64, ok bool) {
	divided := func(over, under *writtenFact, by float64) (float64, bool) {
		if over == nil || under == nil || under.Value == 0 {
			return 0, false
		}
		return by * over.Value / under.Value, true
	}
	switch f.Kind {
	case "spike.duration", "build.duration", "queue.open":
		return f.To.Sub(*f.From).Seconds(), true
	case "statement.held.share":
		return divided(all.one("statement.held", f), all.at("connections.peak", "", f.From), 100)
	case "statement.load": // calls/s × mean
		rate, mean := all.one("statement.rate", f), all.one("statement.mean", f)
		if rate == nil || mean == nil {
			return 0, false
		}
		return rate.Value * mean.Value / 1000, true
	case "statement.little":
		return divided(all.one("statement.load", f), all.one("statement.held.mean", f), 1)
	case "alert.critical":
		if ceiling := all.at("connections.ceiling", "", f.From); ceiling != nil {
			return math.Floor(0.8 * ceiling.Value), true
		}
	case "alert.warning":
		if baseline := all.one("connections.baseline", f); baseline != nil {
			return math.Ceil(math.Max(2*baseline.Value, baseline.Value+10)), true
		}
	case "connections.peak.share":
		peak, ceiling := all.at("connections.peak", "", f.From), all.at("connections.ceiling", "", f.From)
		ours := regexp.MustCompile(`\((\d+) \+ (\d+) of pgmedic's own\)`).FindStringSubmatch(f.Method)
		if peak == nil || ceiling == nil || ours == nil {
			return 0, false
		}
		own, _ := strconv.ParseFloat(ours[2], 64)
		return 100 * (peak.Value + own) / ceiling.Value, true
	case "plan.rows_read.ratio", "plan.execution_time.ratio":
		kind := strings.TrimSuffix(f.Kind, ".ratio")
		before, after := all.at(kind, f.Subject, f.From), all.at(kind, f.Subject, f.To)
		if before == nil || after == nil {
			return 0, false
		}
		if kind == "plan.rows_read" {
			return before.Value / math.Max(after.Value, 1), true
		}
		return before.Value / after.Value, true
	}
	return 0, false
}

var citation = regexp.MustCompile(`\[([0-9a-f]{4,16})\]`)

// Every sum, ratio, share and duration of a written report comes out again from facts.json, and every figure in the text cites a fact that is there.
func TestFiguresRecompute(t *testing.T) {
	folder := t.TempDir()
	if _, err := Write(recorded(t), folder); err != nil {
		t.Fatal(err)
	}
	all := readFacts(t, folder)
	wrong, checked := all.disagreements()
	for _, w := range wrong {
		t.Error(w)
	}
	for kind, least := range map[string]int{"spike.duration": 1, "build.duration": 1, "statement.held.share": 1, "statement.load": 3, "statement.little": 1, "connections.peak.share": 1,
		"plan.rows_read.ratio": 2, "phases": 1, "alert.critical": 1, "alert.warning": 1} {
		if checked[kind] < least {
			t.Errorf("%d figures of %s were computed again, want %d", checked[kind], kind, least)
		}
	}
	text, err := os.ReadFile(filepath.Join(folder, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	cites := citation.FindAllStringSubmatch(string(text), -1)
	if len(cites) < 50 {
		t.Errorf("the text cites %d facts", len(cites))
	}
	for _, cite := range cites {
		found := 0
		for _, f := range all {
			if strings.HasPrefix(f.ID, cite[1]) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%s names %d facts of facts.json", cite[0], found)
		}
	}
}

// A figure that was changed does not come out any more.
func TestAChangedFigureIsNoticed(t *testing.T) {
	folder := t.TempDir()
	if _, err := Write(recorded(t), folder); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"spike.duration", "build.duration", "statement.held.share", "statement.mean", "statement.little", "connections.peak", "plan.rows_read", "build.phase"} {
		all := readFacts(t, folder)
		for i := range all {
			if all[i].Kind == kind {
				all[i].Value = all[i].Value*3 + 1
				break
			}
		}
		if wrong, _ := all.disagreements(); len(wrong) == 0 {
			t.Errorf("a changed %s is not noticed", kind)
		}
	}
}
