package record

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 23, 16, 15, 8, 123456789, time.UTC)

// create makes an incident file for this test; it is closed with the test.
func create(t *testing.T) *File {
	t.Helper()
	f, err := Create(filepath.Join(t.TempDir(), "state", "incidents"), "orders", start)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() }) // a test that closes it looks at the error itself
	return f
}

// reopen opens the file to read, beside its writer.
func reopen(t *testing.T, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func TestCreateIsPrivate(t *testing.T) {
	f := create(t)
	if got, want := filepath.Base(f.Path()), "2026-11-23T161508Z-orders.pgmedic"; got != want {
		t.Errorf("name %q, want %q", got, want)
	}
	for path, want := range map[string]os.FileMode{f.Path(): 0o600, f.Path() + "-wal": 0o600, filepath.Dir(f.Path()): 0o700} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", path, info.Mode().Perm(), want)
		}
	}
}

func TestFileNameIsInUTC(t *testing.T) {
	vienna := time.FixedZone("CET", 3600)
	if got, want := fileName("orders", start.In(vienna)), "2026-11-23T161508Z-orders.pgmedic"; got != want {
		t.Errorf("name %q, want %q", got, want)
	}
}

func TestSlug(t *testing.T) {
	for database, want := range map[string]string{
		"orders":                 "orders",
		"Order Book":             "order-book",
		"../../etc/passwd":       "etc-passwd",
		"a_b-c":                  "a_b-c",
		"größe":                  "gr-e",
		"":                       "database",
		"…":                      "database",
		strings.Repeat("x", 100): strings.Repeat("x", slugLength),
	} {
		if got := slug(database); got != want {
			t.Errorf("slug(%q) = %q, want %q", database, got, want)
		}
	}
}

func TestSecondWriterIsRefused(t *testing.T) {
	f := create(t)
	_, err := Create(filepath.Dir(f.Path()), "orders", start)
	if err == nil || !strings.Contains(err.Error(), f.Path()) {
		t.Fatalf("a second writer got %v, want an error that names %s", err, f.Path())
	}
	if _, err := f.AddEvent(Event{Title: "still there"}); err != nil {
		t.Errorf("the first writer is harmed: %v", err)
	}
}

func TestCloseLeavesOneFile(t *testing.T) {
	f := create(t)
	must[Event](t)(f.AddEvent(Event{Title: "one"}))
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	entries := must[[]os.DirEntry](t)(os.ReadDir(filepath.Dir(f.Path())))
	if len(entries) != 1 {
		t.Errorf("the folder holds %v, want the incident file alone", entries)
	}
	if _, err := f.AddEvent(Event{Title: "late"}); err == nil {
		t.Error("a closed file took an event")
	}
	if events := must[[]Event](t)(reopen(t, f.Path()).Events()); len(events) != 1 {
		t.Errorf("%d events, want 1", len(events))
	}
}

func TestCloseBesideAReader(t *testing.T) {
	f := create(t)
	must[Event](t)(f.AddEvent(Event{Title: "one"}))
	reader := reopen(t, f.Path())
	must[[]Event](t)(reader.Events())
	if err := f.Close(); err == nil || !strings.Contains(err.Error(), "-wal") {
		t.Errorf("closing beside a reader: %v, want to be told of the -wal file", err)
	}
	if events := must[[]Event](t)(reader.Events()); len(events) != 1 {
		t.Errorf("the reader sees %d events, want 1", len(events))
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
	if events := must[[]Event](t)(reopen(t, f.Path()).Events()); len(events) != 1 {
		t.Errorf("%d events after both left, want 1", len(events))
	}
}

func TestOpenBesideTheWriter(t *testing.T) {
	f := create(t)
	reader := reopen(t, f.Path())
	must[Event](t)(f.AddEvent(Event{Title: "one"}))
	if events := must[[]Event](t)(reader.Events()); len(events) != 1 {
		t.Errorf("the reader sees %d events, want 1", len(events))
	}
	if _, err := reader.AddEvent(Event{Title: "two"}); err == nil {
		t.Error("a file that is open to read took an event")
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Errorf("closing after the reader went: %v", err)
	}
}

// A file whose log was lost opens with what it holds itself.
func TestOpenWithoutItsLog(t *testing.T) {
	f := create(t)
	must[Event](t)(f.AddEvent(Event{Title: "one"}))
	reader := reopen(t, f.Path())
	must[[]Event](t)(reader.Events())
	_ = f.Close() // writes all out, the reader keeps it from removing the log
	copied := filepath.Join(t.TempDir(), "copy"+Extension)
	data := must[[]byte](t)(os.ReadFile(f.Path()))
	if err := os.WriteFile(copied, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if events := must[[]Event](t)(reopen(t, copied).Events()); len(events) != 1 {
		t.Errorf("%d events, want 1", len(events))
	}
}

func TestOpenStrangePath(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "50% of a? #1 ü")
	f, err := Create(folder, "orders", start)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	reopen(t, f.Path())
}

func TestOpenRefuses(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct {
		name string
		make func(path string) error
		says string
	}{
		{"missing", func(string) error { return nil }, "no such file"},
		{"text", func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("no database\n", 100)), 0o600)
		}, "not an incident file"},
		{"empty", func(path string) error { return os.WriteFile(path, nil, 0o600) }, "not an incident file"},
		{"foreign", sqliteFile(`CREATE TABLE t (a)`), "not an incident file"},
		{"newer", sqliteFile(`CREATE TABLE t (a); PRAGMA application_id = 1885826404; PRAGMA user_version = 3`), "newer pgmedic"},
		{"older", sqliteFile(`CREATE TABLE t (a); PRAGMA application_id = 1885826404; PRAGMA user_version = 1`), "before its first release"},
		{"cut off", cutOff, "damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(folder, c.name)
			if err := c.make(path); err != nil {
				t.Fatal(err)
			}
			f, err := Open(path)
			if err == nil {
				_ = f.Close()
				t.Fatal("it was opened")
			}
			if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("the error %q does not say %q and the path", err, c.says)
			}
		})
	}
}

func sqliteFile(statements string) func(path string) error {
	return func(path string) error {
		db, err := sql.Open("sqlite", path)
		if err != nil {
			return err
		}
		defer db.Close()
		_, err = db.Exec(statements)
		return err
	}
}

// cutOff makes an incident file whose end was lost.
func cutOff(path string) error {
	f, err := Create(filepath.Dir(path), "cut", start)
	if err != nil {
		return err
	}
	for range 50 {
		if _, err := f.AddEvent(Event{Title: strings.Repeat("x", 1000)}); err != nil {
			return err
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	data, err := os.ReadFile(f.Path())
	if err != nil {
		return err
	}
	return os.WriteFile(path, data[:len(data)/2], 0o600)
}

func TestFolderIsInTheStateFolder(t *testing.T) {
	if folder := Folder(); !filepath.IsAbs(folder) || !strings.HasSuffix(folder, filepath.Join("pgmedic", "incidents")) {
		t.Errorf("folder %q", folder)
	}
}

// A kill cannot show whether a commit waited for the disk: SQLite is asked.
func TestEventsWaitForTheDisk(t *testing.T) {
	const full, normal = 2, 1 // PRAGMA synchronous
	f := create(t)
	for _, c := range []struct {
		add  func() error
		want int
	}{
		{func() error { return f.AddSample(sampleAt(0), assessment()) }, normal},
		{func() error { _, err := f.AddEvent(Event{Title: "one"}); return err }, full},
		{func() error { return f.AddSample(sampleAt(1), assessment()) }, normal},
		{func() error { _, err := f.AddPlan(secretPlan()); return err }, full},
	} {
		if err := c.add(); err != nil {
			t.Fatal(err)
		}
		var level int
		if err := f.db.QueryRow(`PRAGMA synchronous`).Scan(&level); err != nil || level != c.want {
			t.Errorf("synchronous is %d (%v), want %d", level, err, c.want)
		}
	}
}
