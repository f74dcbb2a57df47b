package pgserver

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// nowhere are places without any binaries, and a repository that has none either.
func nowhere(t *testing.T) places {
	t.Helper()
	t.Setenv("PATH", t.TempDir())
	empty := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(empty.Close)
	return places{installed: filepath.Join(t.TempDir(), "*/bin"), repository: empty.URL, cache: t.TempDir()}
}

func TestTheErrorNamesAllPlaces(t *testing.T) {
	p := nowhere(t)
	_, err := p.find(context.Background())
	if err == nil {
		t.Fatal("found something in no place")
	}
	for _, want := range []string{"PGMEDIC_PG_BIN", "PATH", "pg_config --bindir", p.installed, "download", "install PostgreSQL"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not name %q: %v", want, err)
		}
	}
}

// A folder that somebody chose is not passed over in silence.
func TestAChosenFolderThatDoesNotServe(t *testing.T) {
	p := nowhere(t)
	p.chosen = t.TempDir()
	_, err := p.find(context.Background())
	if err == nil || !strings.Contains(err.Error(), p.chosen) || !strings.Contains(err.Error(), "PGMEDIC_PG_BIN") {
		t.Errorf("error %v does not name the folder and the variable", err)
	}
}

// binaries makes a folder with files of the names that serve.
func binaries(t *testing.T, bin string) string {
	t.Helper()
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"postgres", "initdb"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return bin
}

func TestPlacesInTheirOrder(t *testing.T) {
	p := nowhere(t)
	versions := t.TempDir()
	p.installed = filepath.Join(versions, "*/bin")
	expect := func(want string) {
		t.Helper()
		if got, err := p.find(context.Background()); got != want || err != nil {
			t.Errorf("found %s, %v; want %s", got, err, want)
		}
	}
	binaries(t, filepath.Join(versions, "9.6/bin"))
	expect(binaries(t, filepath.Join(versions, "15/bin")))
	expect(binaries(t, filepath.Join(versions, "18/bin")))

	told := binaries(t, t.TempDir())
	tools := t.TempDir()
	if err := os.WriteFile(filepath.Join(tools, "pg_config"), []byte("#!/bin/sh\necho "+told+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", tools)
	expect(told)

	inPath := binaries(t, t.TempDir())
	t.Setenv("PATH", inPath+":"+tools)
	expect(inPath)

	p.chosen = binaries(t, t.TempDir())
	expect(p.chosen)
}

// The archive that this repository serves holds links to the binaries found, so the downloaded server really runs.
func TestDownload(t *testing.T) {
	bin, err := Find(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	jar := jarOf(t, bin)
	downloads := 0
	repository := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, ".jar") {
			http.NotFound(w, r)
			return
		}
		downloads++
		w.Write(jar)
	}))
	defer repository.Close()

	p := nowhere(t)
	p.repository = repository.URL
	p.cache = ownTemp(t)
	for range 2 {
		found, err := p.find(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(found, p.cache) {
			t.Errorf("found %s, want a folder in %s", found, p.cache)
		}
		opts := quick()
		opts.Bin = found
		if got := ask(t, start(t, opts), "SELECT 'runs'"); got != "runs" {
			t.Errorf("the downloaded server answers %q", got)
		}
	}
	if downloads != 1 {
		t.Errorf("downloaded %d times, want once", downloads)
	}
}

// jarOf packs links to a server's binaries as the repository packs servers: a zip that holds a tar.xz.
func jarOf(t *testing.T, bin string) []byte {
	t.Helper()
	var plain bytes.Buffer
	tarball := tar.NewWriter(&plain)
	for _, name := range []string{"postgres", "initdb", "pg_ctl"} {
		header := &tar.Header{Typeflag: tar.TypeSymlink, Name: "bin/" + name, Linkname: filepath.Join(bin, name)}
		if err := tarball.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
	}
	if err := tarball.Close(); err != nil {
		t.Fatal(err)
	}
	var jar bytes.Buffer
	archive := zip.NewWriter(&jar)
	file, err := archive.Create("postgres.txz")
	if err == nil {
		_, err = file.Write(storedXZ(plain.Bytes()))
	}
	if err == nil {
		err = archive.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return jar.Bytes()
}
