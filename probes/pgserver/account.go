package pgserver

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// account is whom the server runs as; nil means as ourselves.
type account struct {
	name     string
	uid, gid int
}

// serverAccount returns nil for an ordinary user, and for root, as whom the server refuses to run, postgres or else nobody.
func serverAccount() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(found.Uid)
		gid, gidErr := strconv.Atoi(found.Gid)
		if uidErr == nil && gidErr == nil {
			return &account{name: name, uid: uid, gid: gid}, nil
		}
	}
	return nil, errors.New("starting a throw-away server as root: PostgreSQL refuses to run as root, and this machine has neither a user postgres " +
		"nor nobody: run pgmedic as an ordinary user")
}

// attributes lets a process run as the account.
func (a *account) attributes() *syscall.SysProcAttr {
	if a == nil {
		return &syscall.SysProcAttr{}
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}}
}

// note says in an error as whom something ran, where it was not as ourselves.
func (a *account) note() string {
	if a == nil {
		return ""
	}
	return fmt.Sprintf(" as user %s (which must be able to read it)", a.name)
}

// writeFor writes a file that only the account may read.
func writeFor(a *account, path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	return giveTo(a, path)
}

// giveTo makes the account the owner of a file or folder.
func giveTo(a *account, path string) error {
	if a == nil {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}
