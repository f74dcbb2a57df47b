package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// process is the running postmaster. Its goroutine ends with it.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// startProcess starts postgres itself in a session of its own, so that a terminal's ctrl-c does not reach it before its parent has said goodbye.
//
// The kernel ends it with the thread that started it, so that thread is locked to a goroutine that lives as long as the server.
func startProcess(s *Server) (*process, error) {
	account := s.account
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the throw-away server's log: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), "-D", s.data())
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = s.dir, environment(), log, log
	cmd.SysProcAttr = account.attributes()
	cmd.SysProcAttr.Setsid = true
	if s.lock != nil {
		cmd.ExtraFiles = []*os.File{s.lock}
	}
	start := startBound
	if s.keep {
		start = startFree
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		defer close(p.done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		release, err := start(cmd)
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
			release()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s%s: %w", cmd.Path, account.note(), err)
	}
	return p, nil
}

// startFree starts a process that lives on without its parent.
func startFree(cmd *exec.Cmd) (release func(), err error) {
	return func() {}, cmd.Start()
}

// end asks the server to end at once (SIGINT, "fast"), then more and more firmly, and waits for it.
func (p *process) end() error {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("ending the throw-away server (process %d): %w", p.cmd.Process.Pid, err)
		}
		select {
		case <-p.done:
			return nil
		case <-time.After(stopLimit):
		}
	}
	return fmt.Errorf("the throw-away server (process %d) does not end", p.cmd.Process.Pid)
}

// Crash kills the server's process with SIGKILL, as a machine that loses power would, and waits until it is gone. Start it again with Revive.
func (s *Server) Crash() error {
	if err := s.process.cmd.Process.Kill(); err != nil {
		return fmt.Errorf("killing the throw-away server: %w", err)
	}
	<-s.process.done
	return nil
}

// Revive starts a server again that has crashed, on the same port, and waits until it takes connections. The backends of the one that crashed end by
// themselves; until they have, the new one refuses to start.
func (s *Server) Revive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		var err error
		if s.process, err = startProcess(s); err != nil {
			return err
		}
		if err = s.waitReady(ctx); !errors.Is(err, errEnded) || ctx.Err() != nil {
			return err
		}
	}
}

// environment is this process's without what would change a server's or initdb's ways.
func environment() []string {
	var env []string
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "PG") || strings.HasPrefix(name, "LC_") || name == "LANG" || name == "TZ" {
			continue
		}
		env = append(env, pair)
	}
	return append(env, "LC_ALL=C")
}
