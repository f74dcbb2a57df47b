package apply

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// A server that loses power in the middle of a build and comes back has an INVALID index, which is read back and cleaned up.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, map[string]string{"fsync": "on"})
	b := newBench(t, server.DSN("postgres"), gated()...)
	b.close(t, beforeBuild)
	d := b.draft(t, b.gateIndex(t))
	run := b.start(t, d)
	await(t, run, inPhase(scanning))
	if err := server.Crash(); err != nil {
		t.Fatal(err)
	}
	if err := server.Revive(t.Context()); err != nil {
		t.Fatal(err)
	}
	outcome := finish(run)
	if outcome.State != playbooks.Failed || !strings.Contains(outcome.Next, "DROP INDEX CONCURRENTLY") || b.invalid(t) != d.Word {
		t.Fatalf("outcome %+v; INVALID: %s", outcome, b.invalid(t))
	}
	b = newBench(t, b.dsn)
	if outcome := b.apply(t, outcome.Verification.Undo); outcome.State != playbooks.Applied || b.invalid(t) != "" {
		t.Errorf("clean-up: %+v", outcome)
	}
}

// A full disk ends the build; what it had written is given back when the INVALID index is dropped.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	server := pgtest.Server(t, nil)
	small, ok := smallDisk(t, server.Dir())
	if !ok {
		return
	}
	b := newBench(t, server.DSN("postgres"), append(events("100000"), "CREATE TABLESPACE small LOCATION '"+small+"'", "ALTER DATABASE postgres SET default_tablespace = 'small'")...)
	b = newBench(t, b.dsn)
	x := b.index(t, "events", key("kind"), key("at"), key("account"))
	d := b.draft(t, x)
	if c := check(t, b.prepare(t, d).Checks, "disk"); !strings.Contains(c.Saw, "in tablespace small") {
		t.Errorf("%+v", c)
	}
	outcome := b.apply(t, d)
	if outcome.State != playbooks.Failed || pgerr.State(outcome.Err) != "53100" || b.invalid(t) != d.Word {
		t.Fatalf("outcome %+v; INVALID: %s", outcome, b.invalid(t))
	}
	if outcome := b.apply(t, outcome.Verification.Undo); outcome.State != playbooks.Applied || b.invalid(t) != "" {
		t.Errorf("clean-up: %+v", outcome)
	}
}

// smallDisk mounts 1 MB of memory as a folder for the server, and unmounts it with the test; that takes root. The full disk of one who is not root is the role's
// limit of temporary files in TestTempFileLimit.
func smallDisk(t *testing.T, serverDir string) (folder string, ok bool) {
	t.Helper()
	folder = filepath.Join(serverDir, "small")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "pgmedic-test", folder).CombinedOutput()
	var failed *exec.ExitError
	if errors.As(err, &failed) || errors.Is(err, exec.ErrNotFound) {
		t.Logf("a full disk was not tried: only root can mount a small one (%s)", out)
		return "", false
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", folder).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	info, err := os.Stat(serverDir)
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	if err := os.Chown(folder, int(owner.Uid), int(owner.Gid)); err != nil {
		t.Fatal(err)
	}
	return folder, true
}
