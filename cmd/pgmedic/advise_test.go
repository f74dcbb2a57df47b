package main

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// adviseSays runs pgmedic advise with this on its standard input, and returns what it wrote and its exit code.
func adviseSays(t *testing.T, input string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, append([]string{"advise"}, args...)...)
	var out, complaint strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &complaint
	err := cmd.Run()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		t.Fatal(err)
	}
	return out.String(), complaint.String(), cmd.ProcessState.ExitCode()
}

func TestAdvise(t *testing.T) {
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
	conn := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, conn, "CREATE TABLE orders (id bigint PRIMARY KEY, customer int NOT NULL, note text)",
		"INSERT INTO orders SELECT n, n % 2000, repeat('n', 60) FROM generate_series(1, 40000) AS n", "VACUUM ANALYZE orders", "CREATE EXTENSION pg_stat_statements",
		"SELECT count(note) FROM orders WHERE customer = 4711", "SELECT note FROM orders WHERE id = 4712")
	file := filepath.Join(t.TempDir(), "statement.sql")
	const helped, served, hopeless, wrong = "SELECT note FROM orders WHERE customer = 4711;\n", "SELECT note FROM orders WHERE id = 4711", "SELECT note FROM orders", "SELEC 1 FROM orders"
	if err := os.WriteFile(file, []byte(helped), 0o600); err != nil {
		t.Fatal(err)
	}
	uri, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := uri.User.Password()
	for _, test := range []struct {
		input string
		args  []string
		code  int
		words string
	}{
		{"", []string{dsn, helped}, exitOK, "ON public.orders ("},
		{"", []string{dsn, "-f", file}, exitOK, "ON public.orders ("},
		{helped, []string{dsn, "-f", "-"}, exitOK, "ON public.orders ("},
		{"", []string{"-d", dsn, helped}, exitOK, "ON public.orders ("},
		{"", []string{dsn, "SELECT note FROM orders WHERE customer = $1"}, exitOK, "values that hurt ($1)"},
		{"", []string{dsn, "SELECT note FROM orders WHERE customer = $1", "--param", "1=4711"}, exitOK, "given values ($1)"},
		{"", []string{dsn, served}, 3, "orders_pkey"},
		{"", []string{dsn, hopeless}, 3, "No index:"},
		{"", []string{dsn, wrong}, exitError, "Not judged:"},
		{"", []string{dsn, "--top", "5"}, exitOK, "1 of "},
		{"", []string{dsn}, exitOK, "1 of "},
	} {
		out, complaint, code := adviseSays(t, test.input, append(test.args, "--width", "100")...)
		if code != test.code || !strings.Contains(out, test.words) || complaint != "" || strings.Contains(out, password) || strings.Contains(out, "4711") {
			t.Errorf("%q: exit code %d, %s, %q; want %d with %q", test.args[1:], code, out, complaint, test.code, test.words)
		}
		out, complaint, code = adviseSays(t, test.input, append(test.args, "--json")...)
		decoder, objects := json.NewDecoder(strings.NewReader(out)), 0
		for decoder.More() {
			var object map[string]any
			if err := decoder.Decode(&object); err != nil {
				t.Fatalf("%q: %v\n%s", test.args[1:], err, out)
			}
			if len(object) != 12 || object["verdict"] == "" || object["reason"] == "" {
				t.Errorf("%q: %v", test.args[1:], object)
			}
			objects++
		}
		if code != test.code || objects == 0 || complaint != "" || strings.Contains(out, "4711") {
			t.Errorf("%q --json: exit code %d, %s, %q; want %d", test.args[1:], code, out, complaint, test.code)
		}
		if lines := strings.Count(out, "\n"); strings.Contains(test.words, "1 of") && lines != objects {
			t.Errorf("%q --json: %d objects on %d lines", test.args[1:], objects, lines)
		}
	}
}

func TestAdviseUsage(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.sql")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args  []string
		code  int
		words string
	}{
		{[]string{"a", "SELECT 1", "b"}, exitUsage, "accepts at most 2"},
		{[]string{"dbname=x", "SELECT 1", "-f", empty}, exitUsage, "give one of"},
		{[]string{"dbname=x", "SELECT 1", "--top", "3"}, exitUsage, "give one of"},
		{[]string{"dbname=x", " "}, exitUsage, "the SQL is empty"},
		{[]string{"dbname=x", "--top", "0"}, exitUsage, "--top is 1 to"},
		{[]string{"dbname=x", "--width", "20"}, exitUsage, "--width is 40 or more"},
		{[]string{"dbname=x", "SELECT 1", "--param", "one=1"}, exitUsage, "--param is N=VALUE"},
		{[]string{"dbname=x", "--param", "1=1"}, exitUsage, "--param is for one statement"},
		{[]string{"dbname=x", "-f", empty}, exitUsage, "holds no statement"},
		{[]string{"dbname=x", "-f", empty + "x"}, exitError, "no such file"},
		{[]string{"postgres://nobody:hush@127.0.0.1:1/nothing", "SELECT 1"}, exitError, "nothing listens there"},
		{[]string{"postgres://nobody:hush@127.0.0.1:x/nothing", "SELECT 1"}, exitUsage, "connection string"},
	} {
		out, complaint, code := adviseSays(t, "", test.args...)
		if code != test.code || !strings.Contains(complaint, test.words) || strings.Contains(complaint, "hush") || out != "" {
			t.Errorf("%v: exit code %d, %q, %q; want %d and %q", test.args, code, out, complaint, test.code, test.words)
		}
	}
}
