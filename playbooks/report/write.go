package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
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

// sealStart begins the report's last line, which holds the hash of all that stands above it. It tells a report as it was written from one that
// a person has edited since.
const sealStart = "<!-- pgmedic: as written, sha256 "

func seal(text string) string { return text + sealStart + hash(text) + " -->\n" }

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// edited says whether the report at path holds a person's work.
func edited(path string) (bool, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading the report that is there: %w", err)
	}
	text := string(data)
	at := strings.LastIndex(text, sealStart)
	return at < 0 || seal(text[:at]) != text, nil
}
