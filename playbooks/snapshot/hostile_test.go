package snapshot

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/pgmedic/pgmedic/probes"
)

// evil is what a server could send, cleaned as the sampler cleans it.
const evil = `=cmd|'/c calc'!A1 \x1B]0;x\x07 \u202E ` + "``` `x` |<img src=x>| [x](http://e.vil) **b** @channel, sessions 99"

// evilSample puts evil names wherever a name can stand.
func evilSample() *probes.Sample {
	at := time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)
	ago := at.Add(-10 * time.Minute)
	s := &probes.Sample{
		At: at, Interval: time.Second, Server: probes.Server{Host: evil, Port: 1, Database: evil, User: evil, VersionText: evil, Version: 150000},
		Ceiling: probes.Ceiling{MaxConnections: 100, DatabaseLimit: -1, RoleLimits: []probes.RoleLimit{{Role: evil, Slots: 1}}},
		Statements: probes.Statements{Known: true, Since: at.Add(-time.Second), Texts: map[int64]string{7: `SELECT "` + evil + `" FROM t`},
			Deltas: []probes.StatementDelta{{StatementKey: probes.StatementKey{QueryID: 7, TopLevel: true}, Database: evil, User: evil, Calls: 3, ExecTime: time.Second}}},
		Prepared: []probes.PreparedTransaction{{XID: 9, GID: evil, Owner: evil, Database: evil, PreparedAt: ago, XidAge: 1e6}},
		Progress: []probes.Progress{{PID: 4, Command: evil, Relation: evil, Phase: evil, Unit: evil, Done: 1, Total: 2}},
		Builds:   []probes.IndexBuild{{PID: 5, Command: evil, Relation: evil, Phase: evil, CurrentLockerPID: 1}},
		Replicas: []probes.Replica{{Application: evil, Client: evil, State: evil, LagBytes: -1}},
		Slots:    []probes.Slot{{Name: evil, Kind: evil, Status: "lost"}},
		Failures: []probes.Failure{{Probe: evil, Reason: evil}},
		Waits:    []probes.LockWait{{PID: 2, BlockedBy: []int32{1}, Kind: evil, Mode: evil, Relation: evil}, {PID: 3, BlockedBy: []int32{0}, Prepared: []uint32{9}, Kind: "relation", Relation: evil}},
		Costs:    []probes.ProbeCost{{Probe: "replicas"}, {Probe: "slots"}},
	}
	for pid := range int32(3) {
		s.Backends = append(s.Backends, probes.Backend{PID: pid + 1, Type: "client backend", User: evil, Application: evil, Database: evil, Client: "10.0.0.77",
			State: "active", WaitType: "Lock", WaitEvent: evil, QueryID: 7, XactStart: ago, QueryStart: ago, StateChange: ago, XidAge: 1e6})
	}
	return s
}

func evilSnapshot(t *testing.T) *Snapshot {
	t.Helper()
	s, err := Take(t.Context(), tape{{Sample: evilSample()}}, Options{Wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Blocking.Roots) == 0 || len(s.Xmin) == 0 || len(s.Progress) != 2 || len(s.Replicas) != 1 || len(s.Slots) != 1 {
		t.Fatalf("parts are missing: %+v", s)
	}
	return s
}

func TestHostileNamesAreHarmless(t *testing.T) {
	s := evilSnapshot(t)
	data, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for format, text := range map[string]string{"text": s.Text(80, false), "wide text": s.Text(160, false), "markdown": s.Markdown(), "JSON": data} {
		for _, r := range text {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Errorf("the %s holds %U:\n%s", format, r, text)
				break
			}
		}
		if strings.Contains(text, "10.0.0.77") {
			t.Errorf("the %s holds an address", format)
		}
		for line := range strings.Lines(text) {
			if strings.ContainsAny(line[:1], "=+@") {
				t.Errorf("a line of the %s is a formula: %s", format, line)
			}
		}
	}
	if !json.Valid([]byte(data)) {
		t.Errorf("no JSON:\n%s", data)
	}
}

// Whatever the names are, the table has its columns, no markup is open and nobody is called.
func TestHostileNamesInMarkdown(t *testing.T) {
	fenced := false
	for line := range strings.Lines(evilSnapshot(t).Markdown()) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "````") {
			fenced = !fenced
			continue
		}
		if fenced {
			continue
		}
		bare := unescaped(line)
		if strings.HasPrefix(line, "|") && strings.Count(bare, "|") != 7 {
			t.Errorf("a row of %d columns: %s", strings.Count(bare, "|")-1, line)
		}
		for _, markup := range []string{"<img", "](", "@channel", "://"} {
			if strings.Contains(bare, markup) {
				t.Errorf("%s is in %s", markup, line)
			}
		}
		if strings.Count(bare, "`")%2 != 0 || strings.Count(bare, "**")%2 != 0 {
			t.Errorf("open markup: %s", line)
		}
	}
	if fenced {
		t.Error("an open fence")
	}
}

// unescaped leaves out each backslash with what it stands before.
func unescaped(line string) string {
	var b strings.Builder
	escaped := false
	for _, r := range line {
		switch {
		case escaped:
			escaped = false
		case r == '\\':
			escaped = true
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// A message has a length, whatever the server holds.
func TestMarkdownFitsAMessage(t *testing.T) {
	sample := evilSample()
	long := strings.Repeat("very long name, ", 40)
	for i := range 500 {
		sample.Failures = append(sample.Failures, probes.Failure{Probe: long, Reason: long})
		sample.Backends = append(sample.Backends, probes.Backend{PID: int32(1000 + i), Type: "client backend", State: "idle in transaction",
			Application: long[i%300:], User: long[i%200:], Database: long[i%100:], XactStart: sample.At.Add(-time.Hour)})
	}
	s, err := Take(t.Context(), tape{{Sample: sample}}, Options{Wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if n := len([]rune(s.Markdown())); n > ChatLimit {
		t.Errorf("%d characters", n)
	}
	if !strings.Contains(s.Markdown(), "FULL: 0 of 100 slots left for applications") {
		t.Errorf("the answer is lost:\n%s", s.Markdown())
	}
	for line := range strings.Lines(s.Text(80, false)) {
		if len([]rune(strings.TrimRight(line, "\n"))) > 80 {
			t.Errorf("a line of more than 80: %s", line)
		}
	}
}
