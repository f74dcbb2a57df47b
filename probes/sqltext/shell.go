package sqltext

import "strings"

// ShellDatabase writes a database's name as the word that follows -d of psql or pgmedic in a POSIX shell. A name that would be read as a connection string is
// written as one, so that it cannot lead to another server.
func ShellDatabase(name string) string {
	if strings.Contains(name, "=") || strings.Contains(name, "://") {
		name = "dbname='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(name) + "'"
	}
	plain := func(r rune) bool {
		return r == '_' || r == '.' || r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	if name != "" && strings.TrimLeftFunc(name, plain) == "" && name[0] != '-' {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}
