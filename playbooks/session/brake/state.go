package brake

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/live"
)

// state is what the catalogue says of a role and a database, and of what may be changed.
type state struct {
	role, database           object // their names as they are now; a name that is empty: there is none of this oid
	superuser                bool   // the role is one
	roleLimit, databaseLimit string // rolconnlimit, datconnlimit

	me         string // the role that asks
	meOID      uint32
	meSuper    bool
	meCreates  bool     // CREATEROLE
	meAdmin    bool     // has ADMIN OPTION on the role
	meOwner    bool     // of the database
	services   []string // roles of managed services that it has
	version    int
	at         time.Time // server clock
	ownEntries []entry
}

// entry is one setting that a role, a database or both have of their own (pg_db_role_setting).
type entry struct {
	role, database uint32 // 0: all
	databaseName   string
	name, value    string
}

// readState reads the state of a role and a database, of which one may be none.
func readState(ctx context.Context, ask *live.Asker, role, database uint32) (state, error) {
	var s state
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		s, err = stateIn(ctx, tx, role, database)
		return err
	})
	if err != nil {
		return state{}, fmt.Errorf("reading the limits of the role and the database: %w", err)
	}
	return s, nil
}

func stateIn(ctx context.Context, tx pgx.Tx, role, database uint32) (state, error) {
	s := state{role: object{oid: role}, database: object{oid: database}}
	var roleLimit, databaseLimit int
	err := tx.QueryRow(ctx, query("state"), role, database).Scan(&s.role.name, &s.superuser, &roleLimit, &s.database.name, &databaseLimit,
		&s.me, &s.meOID, &s.meSuper, &s.meCreates, &s.meAdmin, &s.meOwner, &s.services, &s.version, &s.at)
	if err != nil {
		return state{}, err
	}
	s.roleLimit, s.databaseLimit = strconv.Itoa(roleLimit), strconv.Itoa(databaseLimit)
	rows, err := tx.Query(ctx, query("settings"), role, []string{statementTimeout, idleTimeout})
	if err != nil {
		return state{}, err
	}
	var e entry
	_, err = pgx.ForEachRow(rows, []any{&e.role, &e.database, &e.databaseName, &e.name, &e.value}, func() error {
		s.ownEntries = append(s.ownEntries, e)
		return nil
	})
	return s, err
}

// own is the entry of exactly this role and database; empty: none.
func (s state) own(name string, role, database uint32) string {
	for _, e := range s.ownEntries {
		if e.name == name && e.role == role && e.database == database {
			return e.value
		}
	}
	return ""
}

// now is what stands in the catalogue of what a change changes.
func (s state) now(c change) string {
	switch {
	case c.limits != connectionLimit:
		return s.own(c.limits, c.role.oid, c.database.oid)
	case c.role.oid == 0:
		return s.databaseLimit
	}
	return s.roleLimit
}

// there says whether what a change changes still exists.
func (s state) there(c change) bool {
	return (c.role.oid == 0 || s.role.name != "") && (c.database.oid == 0 || s.database.name != "")
}

// inherited is what a new session of the role in the database gets of a setting, and from where, by the entries alone; empty: no entry says
// anything. The most specific one counts (PostgreSQL manual, "ALTER ROLE").
func (s state) inherited(name string, database uint32) (value, from string) {
	for _, level := range []struct {
		role, database uint32
		words          string
	}{
		{s.role.oid, database, "the role in this database"}, {s.role.oid, 0, "the role"}, {0, database, "the database"}, {0, 0, "all roles"},
	} {
		if value := s.own(name, level.role, level.database); value != "" {
			return value, level.words
		}
	}
	return "", ""
}

// open is how many sessions are open that keep what they have.
type open struct {
	n      int
	oldest time.Time // zero: hidden, or none
}

func readOpen(ctx context.Context, ask *live.Asker, role, database uint32) (open, error) {
	var o open
	var oldest *time.Time
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, query("sessions"), role, database).Scan(&o.n, &oldest)
	})
	if err != nil {
		return open{}, fmt.Errorf("counting the open sessions: %w", err)
	}
	if oldest != nil {
		o.oldest = *oldest
	}
	return o, nil
}
