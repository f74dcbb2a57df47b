package doctor

import (
	"embed"

	"github.com/pgmedic/pgmedic/probes/sqlfile"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

func query(name string, placeholders ...string) string {
	return sqlfile.Text(sqlFiles, name, placeholders...)
}
