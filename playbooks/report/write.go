package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// output is one file of the report.
type output struct {
	Name string // relative to the report's folder
	Data []byte
}

// writeAll puts every file beside its place first, synced, and renames them only when all of them are whole.
func writeAll(folder string, files []output) (err error) {
	var staged []string
	defer func() {
		for _, name := range staged {
			_ = os.Remove(name) // what was renamed is gone already
		}
	}()
	for _, f := range files {
		path := filepath.Join(folder, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("making the report's folder: %w", err)
		}
		name, err := stage(path, f.Data)
		if name != "" {
			staged = append(staged, name)
		}
		if err != nil {
			return fmt.Errorf("writing %s: %w", path, err)
		}
	}
	for i, f := range files {
		if err := os.Rename(staged[i], filepath.Join(folder, f.Name)); err != nil {
			return fmt.Errorf("putting the report's files in place: %w", err)
		}
	}
	return nil
}

// stage writes a file beside its place and returns its name, also when it could not be finished.
func stage(path string, data []byte) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return f.Name(), errors.Join(err, f.Close())
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// readReport reads the report that is there; empty: there is none.
func readReport(folder string) (string, error) {
	data, err := os.ReadFile(filepath.Join(folder, reportName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading the report that is there: %w", err)
	}
	return string(data), nil
}

// removeNew removes what an earlier report put beside: it says nothing any more.
func removeNew(folder string) error {
	err := os.Remove(filepath.Join(folder, newName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing what is no longer new: %w", err)
	}
	return nil
}
