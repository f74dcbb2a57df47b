package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A csvlog is shown first and added only when that is wanted; the report counts what it brought; it is taken back whole.
func TestImport(t *testing.T) {
	state := t.TempDir()
	path, log := recorded(t, state), filepath.Join(state, "postgresql.csv")
	line := `2026-11-23 16:15:20.100 UTC,"app","orders",42,"10.0.0.7:5000",s1.1,1,"",2026-11-23 16:15:00 UTC,,0,FATAL,53300,"sorry, too many clients already",,,,,,,,,"","client backend",,0` + "\n"
	if err := os.WriteFile(log, []byte(line+line+line), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := pgmedic(t, state, "import", path, log); code != exitUsage || !strings.Contains(out, "SQLSTATE 53300: 3 lines") || !strings.Contains(out, "--yes") || len(events(t, path)) != 0 {
		t.Errorf("exit %d\n%s", code, out)
	}
	out, code := pgmedic(t, state, "import", path, log, "--yes")
	batch := regexp.MustCompile(`--undo (\w{26})`).FindStringSubmatch(out)
	if code != exitOK || batch == nil || len(events(t, path)) != 2 {
		t.Fatalf("exit %d\n%s", code, out)
	}
	if out, code := pgmedic(t, state, "import", path, log, "--yes"); code != exitOK || !strings.Contains(out, "nothing to add") {
		t.Errorf("exit %d\n%s", code, out)
	}
	folder := filepath.Join(state, "report")
	if out, code := pgmedic(t, state, "report", path, "-o", folder); code != exitOK {
		t.Errorf("exit %d\n%s", code, out)
	}
	if text, err := os.ReadFile(filepath.Join(folder, "report.md")); err != nil || !strings.Contains(string(text), "Refused connections (53300, too many connections) | 3 errors (imported)") {
		t.Errorf("the report does not count them, %v", err)
	}
	if out, code := pgmedic(t, state, "import", path, "--undo", batch[1]); code != exitOK || len(events(t, path)) != 0 {
		t.Errorf("exit %d\n%s", code, out)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{filepath.Join(state, "missing")}, exitError, "missing"}, {[]string{log, "--format", "pdf"}, exitUsage, "--format is"}, {[]string{log, "--zone", "CET"}, exitUsage, "--zone"},
		{nil, exitUsage, "name a file"}, {[]string{log, "--undo", "x"}, exitUsage, "name a file"}, {[]string{"--undo", "x"}, exitError, "nothing of an import"},
	} {
		if out, code := pgmedic(t, state, append([]string{"import", path}, c.args...)...); code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("import %v: exit %d\n%s\nwant %d and %q", c.args, code, out, c.code, c.says)
		}
	}
}
