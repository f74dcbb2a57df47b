package sqltext

import (
	"os/exec"
	"testing"

	"github.com/jackc/pgx/v5"
)

// What the shell makes of the word is a connection to that database, and to no other server.
func TestShellDatabase(t *testing.T) {
	for _, name := range []string{"orders", "tenant-7", "my db", "it's", `a"b`, "$(touch x)", "`id`", "a;b", "-x", `back\slash`, "sales host=evil", `x' host='evil`, "postgres://evil/x", `a=\'`} {
		word := ShellDatabase(name)
		out, err := exec.Command("sh", "-c", "printf %s "+word).Output()
		if err != nil {
			t.Fatalf("%s: %v", word, err)
		}
		read := string(out)
		if read != name {
			config, err := pgx.ParseConfig(read)
			if err != nil {
				t.Fatalf("%s: %v", read, err)
			}
			if config.Database != name || config.Host == "evil" {
				t.Errorf("%q: %s reads as database %q on %q", name, word, config.Database, config.Host)
			}
		}
	}
	if got := ShellDatabase("tenant-7"); got != "tenant-7" {
		t.Errorf("a plain name became %s", got)
	}
}
