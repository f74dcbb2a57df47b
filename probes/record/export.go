package record

import (
	"errors"
	"fmt"
	"os"
)

const copyInto = `VACUUM INTO ?`

// Export writes a copy of an incident file to a path where nothing is yet: one file, mode 0600, whole also while the file is being written.
func Export(path, to string) (err error) {
	f, err := Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := claim(to); err != nil {
		return err
	}
	if _, err := f.db.Exec(copyInto, to); err != nil {
		return errors.Join(fmt.Errorf("copying %s to %s: %w", path, to, err), os.Remove(to))
	}
	return nil
}
