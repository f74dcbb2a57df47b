package table

import (
	"embed"

	"github.com/pgmedic/pgmedic/probes/sqlfile"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

func query(name string, placeholders ...string) string {
	return sqlfile.Text(sqlFiles, name, placeholders...)
}

// forVersion fills what differs between versions: 15 brought other providers of a database's collation, and unique indexes that take NULLs as equal.
func forVersion(version int) []string {
	if version < 150000 {
		return []string{"{provider}", "'c'", "{nulls_not_distinct}", "false"}
	}
	return []string{"{provider}", "d.datlocprovider", "{nulls_not_distinct}", "i.indnullsnotdistinct"}
}
