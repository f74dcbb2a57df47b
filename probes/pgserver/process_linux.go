package pgserver

import (
	"os/exec"
	"syscall"
)

// startBound starts a process that the kernel ends (SIGINT, "fast") when the thread that started it is gone, even after kill -9. release is for
// after its end.
func startBound(cmd *exec.Cmd) (release func(), err error) {
	cmd.SysProcAttr.Pdeathsig = syscall.SIGINT
	return func() {}, cmd.Start()
}
