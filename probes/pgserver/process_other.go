//go:build !linux

package pgserver

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// startBound starts a process that is ended when its parent is gone. Where the kernel cannot do it, a shell watches: it reads from a pipe of which
// only the parent holds the other end, and sends SIGINT ("fast") when that end closes. release ends the watcher, after the process's own end.
func startBound(cmd *exec.Cmd) (release func(), err error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	theirs, ours, err := os.Pipe()
	if err == nil {
		watcher := exec.Command("/bin/sh", "-c", `cat >/dev/null; kill -INT "$0"`, strconv.Itoa(cmd.Process.Pid))
		watcher.Stdin = theirs
		watcher.SysProcAttr = &syscall.SysProcAttr{Credential: cmd.SysProcAttr.Credential, Setsid: true}
		err = watcher.Start()
		_ = theirs.Close()
		release = func() {
			_ = watcher.Process.Kill() // before the pipe closes, or it would signal whoever has the server's number by then
			_ = watcher.Wait()
			_ = ours.Close()
		}
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	return release, err
}
