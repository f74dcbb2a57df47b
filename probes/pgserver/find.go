package pgserver

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// binVariable names a folder of binaries that goes before all others.
const binVariable = "PGMEDIC_PG_BIN"

// places are where binaries are looked for, apart from PATH.
type places struct {
	chosen     string // PGMEDIC_PG_BIN; empty: not set
	installed  string // pattern of the folders where packages put them
	repository string // base URL of the download; empty: the library's own
	cache      string // folder that keeps what was downloaded
}

// Find returns the folder of a server's binaries: PGMEDIC_PG_BIN, PATH, pg_config --bindir, /usr/lib/postgresql/*/bin (newest first), else a
// download. The error names all of these.
func Find(ctx context.Context) (string, error) {
	return places{
		chosen:    os.Getenv(binVariable),
		installed: "/usr/lib/postgresql/*/bin",
		cache:     cacheFolder(),
	}.find(ctx)
}

func (p places) find(ctx context.Context) (string, error) {
	if p.chosen != "" {
		if serves(p.chosen) {
			return p.chosen, nil
		}
		return "", fmt.Errorf("looking for PostgreSQL's server binaries: %s is %s, and that folder has no postgres and initdb: correct it, or unset it "+
			"to have them looked for in PATH, by pg_config --bindir, in %s, and else downloaded", binVariable, p.chosen, p.installed)
	}
	candidates := []string{onPath(), fromPgConfig(ctx)}
	candidates = append(candidates, newestFirst(p.installed)...)
	for _, bin := range candidates {
		if bin != "" && serves(bin) {
			return bin, nil
		}
	}
	bin, err := p.download(ctx)
	if err != nil {
		return "", fmt.Errorf("looking for PostgreSQL's server binaries (postgres and initdb): %s is not set, none in PATH, none by pg_config --bindir, "+
			"none in %s, and the download failed (%w): install PostgreSQL 13 or newer, or set %s to the folder of its binaries",
			binVariable, p.installed, err, binVariable)
	}
	return bin, nil
}

// serves says whether a folder has what a server needs.
func serves(bin string) bool {
	for _, name := range []string{"postgres", "initdb"} {
		if _, err := exec.LookPath(filepath.Join(bin, name)); err != nil {
			return false
		}
	}
	return true
}

// onPath returns the folder of the postgres in PATH, links resolved, because initdb stands beside the real one.
func onPath() string {
	path, err := exec.LookPath("postgres")
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return filepath.Dir(path)
}

// fromPgConfig returns what pg_config --bindir says, or nothing.
func fromPgConfig(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// newestFirst returns the folders of a pattern …/VERSION/bin, the highest version first.
func newestFirst(pattern string) []string {
	folders, err := filepath.Glob(pattern)
	if err != nil {
		return nil
	}
	slices.SortFunc(folders, func(a, b string) int { return cmp.Compare(versionOf(b), versionOf(a)) })
	return folders
}

// versionOf reads the version of a folder …/VERSION/bin; 0 where there is none.
func versionOf(bin string) float64 {
	version, err := strconv.ParseFloat(filepath.Base(filepath.Dir(bin)), 64)
	if err != nil {
		return 0
	}
	return version
}
