package drill

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAuto plays the whole story at a small size: every step must happen and show its figure, and the report must be there.
func TestAuto(t *testing.T) {
	var out strings.Builder
	if err := Auto(t.Context(), Options{Rows: 60_000, Folder: t.TempDir()}, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) < 2 {
		t.Fatalf("the drill said only:\n%s", out.String())
	}
	incident, ok := strings.CutPrefix(lines[len(lines)-2], "incident: ")
	report, okReport := strings.CutPrefix(lines[len(lines)-1], "report: ")
	if !ok || !okReport {
		t.Fatalf("the drill does not end with the incident and the report:\n%s", out.String())
	}
	for _, path := range []string{incident, report, filepath.Join(filepath.Dir(report), "facts.json")} {
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v; want a file with something in it", path, err)
		}
	}
	t.Log("\n" + out.String())
}
