package brake

import (
	"fmt"
	"strconv"

	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// What a brake limits: a setting by its name, or how many connections there may be.
const (
	statementTimeout = "statement_timeout"
	idleTimeout      = "idle_in_transaction_session_timeout"
	connectionLimit  = "CONNECTION LIMIT"
)

// noLimit is how the catalogue says that there is no connection limit.
const noLimit = "-1"

// tag ends the statements that change something, so that pgmedic does not show them as the application's.
const tag = " /* pgmedic:brake */"

// object is a role or a database. Its OID 0: none.
type object struct {
	oid  uint32
	name string
}

func (o object) quoted() string { return sqltext.Ident(o.name) }

// change is one statement that sets what a role or a database has of its own, or takes it away.
type change struct {
	limits   string // what it limits
	role     object // none: a database's connection limit
	database object // none: in all databases
	from, to string // as the catalogue has it; empty: no setting of its own, noLimit: no connection limit
	back     bool   // it takes a brake back
}

// inverse takes a change back to exactly what was there before.
func (c change) inverse() change {
	c.from, c.to, c.back = c.to, c.from, !c.back
	return c
}

// statement is what is sent. ALTER ROLE … SET and CONNECTION LIMIT take row locks of the catalogue for under 1 ms. Versions 13 and later. For a
// role that is no superuser it takes a superuser, CREATEROLE (from 16 on with ADMIN OPTION on the role), or for a setting the role itself; for a
// database its owner.
func (c change) statement() string {
	switch {
	case c.limits == connectionLimit && c.role.oid == 0:
		return "ALTER DATABASE " + c.database.quoted() + " CONNECTION LIMIT " + c.to + tag
	case c.limits == connectionLimit:
		return "ALTER ROLE " + c.role.quoted() + " CONNECTION LIMIT " + c.to + tag
	}
	sql := "ALTER ROLE " + c.role.quoted()
	if c.database.oid != 0 {
		sql += " IN DATABASE " + c.database.quoted()
	}
	if c.to == "" {
		return sql + " RESET " + c.limits + tag
	}
	return sql + " SET " + c.limits + " = " + sqltext.Literal(c.to) + tag
}

// whose names the role and the database, harmless.
func (c change) whose() string {
	words := ""
	switch {
	case c.role.oid == 0:
		words = "database " + c.database.quoted()
	case c.database.oid == 0:
		words = "role " + c.role.quoted()
	default:
		words = "role " + c.role.quoted() + " in database " + c.database.quoted()
	}
	return sqltext.CleanLine(words)
}

// value is a value of it for a person.
func (c change) value(v string) string {
	switch d, isTime := parsed(v); {
	case v == "" || c.limits == connectionLimit && v == noLimit:
		return "none of its own"
	case c.limits != connectionLimit && isTime && d > 0:
		return shown(d)
	}
	return sqltext.CleanLine(v)
}

// price is a value as a figure.
func (c change) price(v string) string {
	if v == "" || v == noLimit {
		return "none"
	}
	return c.value(v)
}

// title says what it does, on one line.
func (c change) title() string {
	if c.back {
		return "take back: " + c.words(c.to)
	}
	return c.words(c.to)
}

// words say that it has a value, on one line.
func (c change) words(value string) string {
	if value == "" || value == noLimit {
		return fmt.Sprintf("no %s of its own for %s", c.limits, c.whose())
	}
	return fmt.Sprintf("%s = %s for %s", c.limits, c.value(value), c.whose())
}

// word is what confirms it: what is limited, and of whom.
func (c change) word() string {
	name := c.role.name
	if c.role.oid == 0 {
		name = c.database.name
	}
	return sqltext.CleanLine(fmt.Sprintf("%s %s", c.limits, name))
}

// The names in an event's Data that say what a brake is.
const (
	dataLimits      = "limits"
	dataRole        = "limited_role"
	dataRoleOID     = "limited_role_oid"
	dataDatabase    = "limited_database"
	dataDatabaseOID = "limited_database_oid"
	dataFrom        = "value_before"
	dataTo          = "value_after"
	dataBrake       = "brake" // brakeSet or brakeBack

	brakeSet  = "set"
	brakeBack = "taken back"
)

// target is what the record keeps of it: values as the server has them, and harmless names, as the oids tell which they are.
func (c change) target() map[string]string {
	brake := brakeSet
	if c.back {
		brake = brakeBack
	}
	return map[string]string{
		dataLimits: c.limits, dataBrake: brake, dataFrom: c.from, dataTo: c.to,
		dataRole: sqltext.CleanLine(c.role.name), dataRoleOID: oid(c.role), dataDatabase: sqltext.CleanLine(c.database.name),
		dataDatabaseOID: oid(c.database), record.DataScope: record.ScopeCluster,
	}
}

func oid(o object) string { return strconv.FormatUint(uint64(o.oid), 10) }

// recorded is the change that an event's Data tells of; false: it tells of none.
func recorded(data map[string]string) (change, bool) {
	c := change{
		limits: data[dataLimits], back: data[dataBrake] == brakeBack, from: data[dataFrom], to: data[dataTo],
		role: recordedObject(data[dataRole], data[dataRoleOID]), database: recordedObject(data[dataDatabase], data[dataDatabaseOID]),
	}
	if c.limits == connectionLimit {
		_, from := strconv.Atoi(c.from)
		_, to := strconv.Atoi(c.to)
		return c, from == nil && to == nil && (c.role.oid == 0) != (c.database.oid == 0)
	}
	return c, (c.limits == statementTimeout || c.limits == idleTimeout) && c.role.oid != 0
}

func recordedObject(name, oid string) object {
	n, err := strconv.ParseUint(oid, 10, 32)
	if err != nil {
		return object{}
	}
	return object{uint32(n), name}
}

// same says whether both change the same thing.
func (c change) same(other change) bool {
	return c.limits == other.limits && c.role.oid == other.role.oid && c.database.oid == other.database.oid
}
