package main

import (
	"encoding/json"
	"errors"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver"
)

// doctorSays runs pgmedic doctor and returns what it wrote and its exit code.
func doctorSays(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, append([]string{"doctor"}, args...)...)
	var out, complaint strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &complaint
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), complaint.String(), cmd.ProcessState.ExitCode()
}

func TestDoctor(t *testing.T) {
	server, err := pgserver.Start(t.Context(), pgserver.Options{Settings: map[string]string{"fsync": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	dsn := server.DSN("postgres")
	uri, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := uri.User.Password()
	tests := []struct {
		args  []string
		code  int
		first string // the output's beginning
	}{
		{[]string{dsn}, 4, "Not ready for an incident: 1 critical"},
		{[]string{"--width", "60", dsn}, 4, "Not ready for an incident: 1 critical"},
		{[]string{"--format", "markdown", dsn}, 4, "## Not ready for an incident"},
		{[]string{"--format", "json", dsn}, 4, "{\n"},
		{[]string{"--grants", dsn}, exitOK, "-- Grants for pgmedic"},
		{[]string{"--grants", "--role", "on call", "--format", "json", dsn}, exitOK, "{\n"},
	}
	for _, test := range tests {
		out, complaint, code := doctorSays(t, test.args...)
		if code != test.code || !strings.HasPrefix(out, test.first) || complaint != "" {
			t.Errorf("%v: exit code %d, %.80q, %q; want %d, %q", test.args[:len(test.args)-1], code, out, complaint, test.code, test.first)
		}
		if strings.Contains(out, password) {
			t.Errorf("%v: the password is in the output", test.args[:len(test.args)-1])
		}
		if test.first == "{\n" && !json.Valid([]byte(out)) {
			t.Errorf("%v: not JSON", test.args[:len(test.args)-1])
		}
	}
}

func TestDoctorUsage(t *testing.T) {
	tests := []struct {
		args  []string
		code  int
		words string
	}{
		{[]string{"--format", "html", "dbname=nowhere"}, exitUsage, "text, markdown or json"},
		{[]string{"--role", "on call", "dbname=nowhere"}, exitUsage, "--role is for --grants"},
		{[]string{"--width", "20", "dbname=nowhere"}, exitUsage, "--width is 40 or more"},
		{[]string{"a", "b"}, exitUsage, "accepts at most 1"},
		{[]string{"postgres://nobody:hush@127.0.0.1:1/nothing"}, exitError, "nothing listens there"},
		{[]string{"postgres://nobody:hush@127.0.0.1:x/nothing"}, exitUsage, "connection string"},
	}
	for _, test := range tests {
		out, complaint, code := doctorSays(t, test.args...)
		if code != test.code || !strings.Contains(complaint, test.words) || strings.Contains(complaint, "hush") || out != "" {
			t.Errorf("%v: exit code %d, %q, %q; want %d and %q", test.args, code, out, complaint, test.code, test.words)
		}
	}
}
