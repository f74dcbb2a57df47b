// Package sqlfile reads the queries that pgmedic sends: one file each, whose header says what it costs, which versions it is for and which
// privilege it needs.
package sqlfile

import (
	"io/fs"
	"strings"
)

// Text returns the SQL of sql/<name>.sql without its header, with its placeholders filled: pairs of {name} and SQL that pgmedic made.
func Text(files fs.FS, name string, placeholders ...string) string {
	file, err := fs.ReadFile(files, "sql/"+name+".sql")
	if err != nil {
		panic(err) // a name that was mistyped in this program; the packages' TestQueries send each of them
	}
	sql := strings.TrimSpace(string(file))
	for strings.HasPrefix(sql, "--") {
		_, sql, _ = strings.Cut(sql, "\n")
	}
	return strings.NewReplacer(placeholders...).Replace(sql)
}
