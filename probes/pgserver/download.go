package pgserver

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// downloadVersion is the server that is downloaded where none is installed.
const downloadVersion = embeddedpostgres.V18

// cacheFolder is where downloaded binaries stay. Root's own cache would be closed to the user that the server then runs as.
func cacheFolder() string {
	if os.Geteuid() == 0 {
		return "/var/cache/pgmedic"
	}
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	return filepath.Join(base, "pgmedic")
}

// download returns the binaries in the cache, and fetches them first where they are not there yet.
func (p places) download(ctx context.Context) (string, error) {
	final := filepath.Join(p.cache, "postgresql-"+string(downloadVersion))
	bin := filepath.Join(final, "bin")
	if serves(bin) {
		return bin, nil
	}
	if err := os.MkdirAll(p.cache, 0o755); err != nil {
		return "", fmt.Errorf("making the folder for the download: %w", err)
	}
	scratch, err := os.MkdirTemp(p.cache, "download-*")
	if err != nil {
		return "", fmt.Errorf("making a scratch folder for the download: %w", err)
	}
	defer os.RemoveAll(scratch)
	// The library cannot be interrupted. On a cancelled context its goroutine is left behind, to end with the program.
	fetched := make(chan error, 1)
	go func() { fetched <- p.fetch(scratch) }()
	select {
	case err := <-fetched:
		if err != nil {
			return "", err
		}
	case <-ctx.Done():
		return "", fmt.Errorf("downloading PostgreSQL %s: %w", downloadVersion, ctx.Err())
	}
	err = os.Rename(filepath.Join(scratch, "server"), final)
	if err != nil && !serves(bin) { // somebody else may have been first
		return "", fmt.Errorf("moving the download to its place: %w", err)
	}
	return bin, nil
}

// fetch downloads and unpacks a server into scratch/server. The library also initialises a cluster and starts it, which fails as root; only its
// binaries are wanted, so they decide whether it worked.
func (p places) fetch(scratch string) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	server := filepath.Join(scratch, "server")
	config := embeddedpostgres.DefaultConfig().Version(downloadVersion).Port(uint32(port)).Logger(io.Discard).
		BinariesPath(server).RuntimePath(filepath.Join(scratch, "run")).CachePath(filepath.Join(scratch, "archive"))
	if p.repository != "" {
		config = config.BinaryRepositoryURL(p.repository)
	}
	library := embeddedpostgres.NewDatabase(config)
	startErr := library.Start()
	if startErr == nil {
		if err := library.Stop(); err != nil {
			return fmt.Errorf("ending the downloaded server after its trial: %w", err)
		}
	}
	if !serves(filepath.Join(server, "bin")) {
		return fmt.Errorf("downloading PostgreSQL %s: %w", downloadVersion, startErr)
	}
	return os.Chmod(server, 0o755)
}
