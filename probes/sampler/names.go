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
	superuser oidSet            // roles
	relations map[uint32]string // of the database looked at, schema-qualified
	pending   []pendingName     // of the sample being taken
	asked     bool              // the server was asked in this run
}

// pendingName is a name that belongs into the sample once it is known.
type pendingName struct {
	kind     nameKind
	database uint32 // of a relation; 0 for one that all databases share
	oid      uint32
	into     *string
}

type nameKind int

const (
	databaseName nameKind = iota
	roleName
	relationName
)

// database notes where a database's name belongs; role and relation likewise.
func (n *names) database(oid uint32, into *string) {
	n.pending = append(n.pending, pendingName{databaseName, 0, oid, into})
}

func (n *names) role(oid uint32, into *string) {
	n.pending = append(n.pending, pendingName{roleName, 0, oid, into})
}

func (n *names) relation(database, oid uint32, into *string) {
	n.pending = append(n.pending, pendingName{relationName, database, oid, into})
}

func newNames(conn *pgx.Conn) *names {
	return &names{conn: conn, databases: map[uint32]string{}, roles: map[uint32]string{}, superuser: oidSet{}, relations: map[uint32]string{}}
}

// read looks up what the sample mentions and is not known yet; as a rule that is nothing.
func (n *names) read(ctx context.Context, sample *probes.Sample) error {
	n.asked = false
	databases, roles := oidSet{}, oidSet{}
	for _, b := range sample.Backends {
		databases.addMissing(b.DatabaseOID, n.databases)
		roles.addMissing(b.UserOID, n.roles)
	}
	for _, d := range sample.Statements.Deltas {
		databases.addMissing(d.DatabaseOID, n.databases)
		roles.addMissing(d.UserOID, n.roles)
	}
	n.addPending(databases, roles)
	if err := n.lookUp(ctx, n.databases, databases, "names_databases"); err != nil {
		return err
	}
	if err := n.lookUpRoles(ctx, roles); err != nil {
		return err
	}
	databases.fillMisses(n.databases)
	roles.fillMisses(n.roles)
	err := n.lookUp(ctx, n.relations, n.unknownRelations(sample.Server.Database), "names_relations")
	if err == nil && !n.asked {
		return errIdle
	}
	return err
}

// addPending adds what the probes noted and is not known yet, but for relations: to look those up takes their databases' names.
func (n *names) addPending(databases, roles oidSet) {
	for _, p := range n.pending {
		switch p.kind {
		case databaseName:
			databases.addMissing(p.oid, n.databases)
		case roleName:
			roles.addMissing(p.oid, n.roles)
		case relationName:
			databases.addMissing(p.database, n.databases)
		}
	}
}

// unknownRelations returns what has no name yet. One that is being made has none before its catalogue entry is visible, so it is asked for again.
func (n *names) unknownRelations(database string) oidSet {
	relations := oidSet{}
	for _, p := range n.pending {
		if p.kind == relationName && n.isHere(p.database, database) {
			relations.addMissing(p.oid, n.relations)
		}
	}
	return relations
}

// isHere says whether a relation can be looked up: another database's oids mean something else here.
func (n *names) isHere(of uint32, database string) bool {
	return of == 0 || n.databases[of] == database
}

// lookUp reads the names of the oids with a query that returns oid, qualifier (or empty) and name.
func (n *names) lookUp(ctx context.Context, found map[uint32]string, oids oidSet, queryName string) error {
	if len(oids) == 0 {
		return nil
	}
	n.asked = true
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

// lookUpRoles reads the names of roles, and which of them are superusers.
func (n *names) lookUpRoles(ctx context.Context, oids oidSet) error {
	if len(oids) == 0 {
		return nil
	}
	n.asked = true
	rows, err := n.conn.Query(ctx, query("names_roles"), oids.list())
	if err != nil {
		return err
	}
	var oid uint32
	var name string
	var superuser bool
	_, err = pgx.ForEachRow(rows, []any{&oid, &name, &superuser}, func() error {
		n.roles[oid] = sqltext.CleanLine(name)
		if superuser {
			n.superuser[oid] = true
		}
		return nil
	})
	return err
}

// fill puts the names into a sample.
func (n *names) fill(sample *probes.Sample) {
	for i := range sample.Backends {
		b := &sample.Backends[i]
		b.Database, b.User, b.Superuser = n.databases[b.DatabaseOID], n.roles[b.UserOID], n.superuser[b.UserOID]
	}
	for i := range sample.Statements.Deltas {
		d := &sample.Statements.Deltas[i]
		d.Database, d.User = n.databases[d.DatabaseOID], n.roles[d.UserOID]
	}
	n.fillPending(sample.Server.Database)
}

// fillPending puts the names where the probes noted that they belong.
func (n *names) fillPending(here string) {
	for _, p := range n.pending {
		switch {
		case p.kind == databaseName:
			*p.into = n.databases[p.oid]
		case p.kind == roleName:
			*p.into = n.roles[p.oid]
		case n.isHere(p.database, here):
			*p.into = n.relations[p.oid]
		}
	}
	n.pending = n.pending[:0]
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
