package live

import (
	"embed"
	"strings"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// query returns the SQL of a file in sql/, without its header, and with its placeholders filled: pairs of {name} and SQL that this package made.
func query(name string, placeholders ...string) string {
	file, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		panic(err) // a name that was mistyped in this package; TestQueries sends each of them
	}
	sql := strings.TrimSpace(string(file))
	for strings.HasPrefix(sql, "--") {
		_, sql, _ = strings.Cut(sql, "\n")
	}
	return strings.NewReplacer(placeholders...).Replace(sql)
}
