package report

import (
	"bytes"
	"strings"
	"testing"
)

// Every fact of the rehearsed incident can be traced to what it was made from.
func TestTraceOfEveryFact(t *testing.T) {
	path := recorded(t)
	facts, err := Facts(path)
	check(t, err)
	if len(facts) < 40 {
		t.Fatalf("only %d facts", len(facts))
	}
	for _, f := range facts {
		var out bytes.Buffer
		if err := Trace(&out, path, "["+f.ID[:8]+"]", 0); err != nil {
			t.Errorf("%s: %v", f.Kind, err)
			continue
		}
		text := out.String()
		for _, want := range []string{f.ID, f.Kind, value(f), f.Method, "status"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the trace lacks %q:\n%s", f.Kind, want, text)
			}
		}
		if made := strings.Contains(text, "The samples of its window") || strings.Contains(text, "\nPlan ") || strings.Contains(text, "\nEvent ") || f.Source == "catalogue"; !made {
			t.Errorf("%s (source %s) is traced to nothing:\n%s", f.Kind, f.Source, text)
		}
	}
}

func TestTraceShowsTheSamples(t *testing.T) {
	path := recorded(t)
	facts, err := Facts(path)
	check(t, err)
	for _, f := range facts {
		if f.Kind != kindCalls || !strings.HasPrefix(f.Conditions, "during") {
			continue
		}
		var out bytes.Buffer
		check(t, Trace(&out, path, f.ID, 6))
		for _, want := range []string{"of 7001", "The samples of its window: 31", "16:15:00.000", "before the window: left out", "… 25 more …", "16:15:30.000", "calls ended: 300 in 30.000 s"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("the trace lacks %q:\n%s", want, out.String())
			}
		}
	}
	for id, says := range map[string]string{"zz": "no fact", "": "no fact", facts[0].ID[:1]: ""} {
		err := Trace(&bytes.Buffer{}, path, id, 0)
		if says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("Trace(%q): %v", id, err)
		}
	}
}
