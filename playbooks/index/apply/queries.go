package apply

import (
	"embed"

	"github.com/pgmedic/pgmedic/probes/sqlfile"
)

//go:embed sql/*.sql
var files embed.FS

// query returns the SQL of a file, without its header.
func query(name string, placeholders ...string) string {
	return sqlfile.Text(files, name, placeholders...)
}
