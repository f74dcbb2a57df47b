package sampler

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// names keeps the names of databases, roles and relations by oid, so that samples need no catalogue in a lock storm. They are read once a connection:
// what is renamed keeps its old name.
type names struct {
	conn      *pgx.Conn
	databases map[uint32]string // empty: not found
	roles     map[uint32]string // empty: not found
	relations map[uint32]string // of the database looked at, schema-qualified
	builds    []buildOIDs       // of the sample being taken, in the order of its Builds
}

func newNames(conn *pgx.Conn) *names {
	return &names{conn: conn, databases: map[uint32]string{}, roles: map[uint32]string{}, relations: map[uint32]string{}}
}

// read looks up what the sample mentions and is not known yet; as a rule that is nothing.
func (n *names) read(ctx context.Context, sample *probes.Sample) error {
	databases, roles := oidSet{}, oidSet{}
	for _, b := range sample.Backends {
		databases.addMissing(b.DatabaseOID, n.databases)
		roles.addMissing(b.UserOID, n.roles)
	}
	for _, d := range sample.Statements.Deltas {
		databases.addMissing(d.DatabaseOID, n.databases)
		roles.addMissing(d.UserOID, n.roles)
	}
	for _, of := range n.builds {
		databases.addMissing(of.database, n.databases)
	}
	if err := n.lookUp(ctx, n.databases, databases, "names_databases"); err != nil {
		return err
	}
	if err := n.lookUp(ctx, n.roles, roles, "names_roles"); err != nil {
		return err
	}
	databases.fillMisses(n.databases)
	roles.fillMisses(n.roles)
	return n.lookUp(ctx, n.relations, n.unknownRelations(sample.Server.Database), "names_relations")
}

// unknownRelations returns what is built without a name yet. An index has none before its catalogue entry is visible, so it is asked for again.
// Another database's relations cannot be looked up: their oids mean something else here.
func (n *names) unknownRelations(database string) oidSet {
	relations := oidSet{}
	for _, of := range n.builds {
		if n.databases[of.database] == database {
			relations.addMissing(of.relation, n.relations)
			relations.addMissing(of.index, n.relations)
		}
	}
	return relations
}

// lookUp reads the names of the oids with a query that returns oid, qualifier (or empty) and name.
func (n *names) lookUp(ctx context.Context, found map[uint32]string, oids oidSet, queryName string) error {
	if len(oids) == 0 {
		return nil
	}
	rows, err := n.conn.Query(ctx, query(queryName), oids.list())
	if err != nil {
		return err
	}
	var oid uint32
	var qualifier, name string
	_, err = pgx.ForEachRow(rows, []any{&oid, &qualifier, &name}, func() error {
		if qualifier != "" {
			name = sqltext.Ident(qualifier, name)
		}
		found[oid] = sqltext.CleanLine(name)
		return nil
	})
	return err
}

// fill puts the names into a sample.
func (n *names) fill(sample *probes.Sample) {
	for i := range sample.Backends {
		b := &sample.Backends[i]
		b.Database, b.User = n.databases[b.DatabaseOID], n.roles[b.UserOID]
	}
	for i := range sample.Statements.Deltas {
		d := &sample.Statements.Deltas[i]
		d.Database, d.User = n.databases[d.DatabaseOID], n.roles[d.UserOID]
	}
	for i := range sample.Builds {
		b, of := &sample.Builds[i], n.builds[i]
		b.Database = n.databases[of.database]
		if b.Database == sample.Server.Database {
			b.Relation, b.Index = n.relations[of.relation], n.relations[of.index]
		}
	}
}

type oidSet map[uint32]bool

func (s oidSet) addMissing(oid uint32, names map[uint32]string) {
	if _, ok := names[oid]; oid != 0 && !ok {
		s[oid] = true
	}
}

// fillMisses notes what was asked for and is not there, so that it is not asked for again.
func (s oidSet) fillMisses(names map[uint32]string) {
	for oid := range s {
		names[oid] += ""
	}
}

func (s oidSet) list() []uint32 {
	oids := make([]uint32, 0, len(s))
	for oid := range s {
		oids = append(oids, oid)
	}
	return oids
}
