package shape

import "github.com/pgmedic/pgmedic/probes/sqltext"

// Create is the statement that builds the index CONCURRENTLY. It reads the table twice, needs the table's owner and CREATE on its schema; all versions from 13.
// Never IF NOT EXISTS: that reports success over an INVALID leftover.
func (x Index) Create(name string) string {
	return "CREATE " + x.unique() + "INDEX CONCURRENTLY " + sqltext.Ident(name) + " " + x.Definition()
}

// CreateOnOnly is the statement that makes the index of a partitioned table without those of its partitions: it is INVALID until each of them is attached. It reads
// nothing, and takes a ShareLock on the parent for a moment; all versions from 13.
func (x Index) CreateOnOnly(name string) string {
	return "CREATE " + x.unique() + "INDEX " + sqltext.Ident(name) + " ON ONLY " + x.on() + x.body()
}

func (x Index) unique() string {
	if x.Unique {
		return "UNIQUE "
	}
	return ""
}

// CreatePlain is the statement that would build the index in one go, as pg_get_indexdef words it. It is for showing and comparing, never sent to a table in use.
func (x Index) CreatePlain(name string) string {
	return "CREATE " + x.unique() + "INDEX " + sqltext.Ident(name) + " " + x.Definition()
}
