package pgserver

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// A server's folder holds a file that its parent and the server itself keep locked. The kernel lets go of the lock with the last of them, however
// they end, so a folder whose lock can be had belongs to nobody any more. The folder of a server that is to be kept has no such file.
const (
	folderPattern = "pgmedic-server-*"
	lockFile      = "lock"
)

// makeFolder makes the temp folder of the server, owned by the account, and locks it unless the server is to be kept.
func (s *Server) makeFolder(account *account) error {
	var err error
	if s.dir, err = os.MkdirTemp("", folderPattern); err == nil {
		err = giveTo(account, s.dir)
	}
	if err == nil && !s.keep {
		s.lock, err = newLock(s.dir)
	}
	if err != nil {
		return fmt.Errorf("making a folder for the throw-away server: %w", err)
	}
	return nil
}

// newLock makes the folder's lock file; it gets its name only when it is locked.
func newLock(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockFile)
	file, err := os.OpenFile(path+".new", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, os.Rename(path+".new", path)
}

// sweep removes the folders in parent that killed runs have left. What it cannot remove, the next start tries again.
func sweep(parent string, account *account) {
	folders, err := filepath.Glob(filepath.Join(parent, folderPattern))
	if err != nil {
		return
	}
	for _, dir := range folders {
		if ownedBy(account, dir) && abandoned(dir) {
			_ = os.RemoveAll(dir)
		}
	}
}

// abandoned says whether the folder has a lock that nobody holds.
func abandoned(dir string) bool {
	file, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer file.Close()
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// ownedBy says whether dir is a real folder that belongs to the account the servers run as.
func ownedBy(a *account, dir string) bool {
	info, err := os.Lstat(dir)
	if err != nil || !info.IsDir() {
		return false
	}
	owner := os.Getuid()
	if a != nil {
		owner = a.uid
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == owner
}
