package main

import (
	"errors"
	"strings"

	"github.com/spf13/pflag"
)

// connection holds the flags that say which server, named as in psql.
type connection struct {
	host, port, user, database string
}

func (c *connection) addFlags(flags *pflag.FlagSet) {
	flags.StringVarP(&c.host, "host", "h", "", "server host or socket folder (PGHOST)")
	flags.StringVarP(&c.port, "port", "p", "", "server port (PGPORT)")
	flags.StringVarP(&c.user, "username", "U", "", "role to connect as (PGUSER)")
	flags.StringVarP(&c.database, "dbname", "d", "", "database, URI or key=value connection string (PGDATABASE)")
}

// dsn returns the connection string of the flags and the one argument that may stand for all of them. An argument that is neither a URI nor key=value
// names a database, as in psql. An empty result leaves everything to the PG* variables, PGSERVICE and ~/.pgpass.
func (c *connection) dsn(args []string) (string, error) {
	database := c.database
	if len(args) == 1 {
		if database != "" {
			return "", usageError{errors.New("the database is named twice, as an argument and with -d: give one of them")}
		}
		database = args[0]
	}
	if isConnectionString(database) {
		if c.host+c.port+c.user != "" {
			return "", usageError{errors.New("give either a connection string or -h, -p and -U, not both")}
		}
		return database, nil
	}
	var words []string
	for _, w := range []struct{ key, value string }{{"host", c.host}, {"port", c.port}, {"user", c.user}, {"dbname", database}} {
		if w.value != "" {
			words = append(words, w.key+"="+quoteWord(w.value))
		}
	}
	return strings.Join(words, " "), nil
}

func isConnectionString(text string) bool {
	return strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://") || strings.Contains(text, "=")
}

// quoteWord quotes a value of a key=value connection string (PostgreSQL manual, 34.1.1.1).
func quoteWord(value string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
}
