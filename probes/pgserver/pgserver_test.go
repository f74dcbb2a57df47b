package pgserver

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// asHelper, set in the environment, makes the test binary a parent that starts a server, prints its folder and waits to be killed.
const asHelper = "PGMEDIC_TEST_SERVER_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(asHelper) != "" {
		parentToBeKilled()
	}
	os.Exit(m.Run())
}

func parentToBeKilled() {
	s, err := Start(context.Background(), quick())
	if err != nil {
		println(err.Error())
		os.Exit(1)
	}
	println(s.Dir())
	time.Sleep(time.Minute)
	os.Exit(1)
}

// quick are options of a server whose data nobody needs after a crash.
func quick() Options {
	return Options{Settings: map[string]string{"fsync": "off"}}
}

func start(t *testing.T, opts Options) *Server {
	t.Helper()
	s, err := Start(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop() })
	return s
}

// ask returns the one text that a query gives.
func ask(t *testing.T, s *Server, query string) string {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var answer string
	if err := conn.QueryRow(ctx, query).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestStartAndStop(t *testing.T) {
	opts := quick()
	opts.Settings["pgmedic.quoted"] = "it's"
	opts.Settings["max_connections"] = "33"
	s := start(t, opts)
	for name, want := range map[string]string{
		"pgmedic.quoted": "it's", "max_connections": "33", "shared_preload_libraries": "pg_stat_statements", "listen_addresses": "127.0.0.1",
		"unix_socket_directories": "", "fsync": "off", "server_encoding": "UTF8",
	} {
		if got := ask(t, s, "SELECT current_setting('"+name+"')"); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if err := s.Stop(); err != nil {
		t.Errorf("stopping: %v", err)
	}
	if _, err := os.Stat(s.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
	if conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(s.port)); err == nil {
		conn.Close()
		t.Error("something still listens on the server's port")
	}
	if err := s.Stop(); err != nil {
		t.Errorf("stopping again: %v", err)
	}
}

func TestWrongPasswordIsRefused(t *testing.T) {
	s := start(t, quick())
	_, err := pgx.Connect(context.Background(), strings.Replace(s.DSN("postgres"), s.password, "guess", 1))
	if err == nil {
		t.Error("a wrong password gets in")
	}
}

func TestABrokenSettingIsSaid(t *testing.T) {
	temp := ownTemp(t)
	_, err := Start(context.Background(), Options{Settings: map[string]string{"work_mem": "plenty"}})
	if err == nil || !strings.Contains(err.Error(), "plenty") {
		t.Errorf("error %v does not show what the server's log says", err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestACancelledStartLeavesNothing(t *testing.T) {
	temp := ownTemp(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Start(ctx, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that it was cancelled", err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestAKilledParentTakesItsServerAlong(t *testing.T) {
	temp := ownTemp(t)
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), asHelper+"=1")
	stderr, err := parent.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(stderr).ReadString('\n')
	dir := strings.TrimSpace(line)
	sweepOurs(t, temp)
	if _, err := os.Stat(filepath.Join(dir, lockFile)); err != nil {
		t.Fatalf("the folder of a running server: %v", err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	waitForLock(t, dir)
	if _, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the server did not end in order: %v", err)
	}
	sweepOurs(t, temp)
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its folder is still there: %v", err)
	}
}

// waitForLock waits until the server of a folder and all its processes have let go of its lock.
func waitForLock(t *testing.T, dir string) {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR, 0)
	if err != nil {
		t.Fatalf("the helper did not start a server: %v", err)
	}
	defer file.Close()
	locked := make(chan error, 1)
	go func() { locked <- syscall.Flock(int(file.Fd()), syscall.LOCK_EX) }()
	select {
	case err := <-locked:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the server goes on after its parent was killed")
	}
}

func TestAKeptServerIsNotSweptAway(t *testing.T) {
	temp := ownTemp(t)
	opts := quick()
	opts.Keep = true
	s := start(t, opts)
	sweepOurs(t, temp)
	if got := ask(t, s, "SELECT 'still here'"); got != "still here" {
		t.Errorf("the kept server answers %q", got)
	}
}

// ownTemp gives the test a temp folder of its own, into which the server's account can go.
func ownTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgmedic-test-*")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv("TMPDIR", dir)
	return dir
}

func sweepOurs(t *testing.T, temp string) {
	t.Helper()
	account, err := serverAccount()
	if err != nil {
		t.Fatal(err)
	}
	sweep(temp, account)
}
