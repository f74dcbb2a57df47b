package doctor

import (
	"fmt"
	"slices"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Grant is one statement of what a role needs, and why; without SQL it is advice.
type Grant struct {
	SQL string `json:"sql"`
	Why string `json:"why"`
}

// Grants are what a role needs on this server to look, and what it needs besides to act.
type Grants struct {
	Role     string
	Database string
	Version  string
	Kind     Kind
	Look     []Grant
	Act      []Grant
	Blind    []string // what could not be read, and so may be missing
}

// Grants works out the grants for a role of that name, which need not exist.
func (r *Report) Grants(role string) Grants {
	readings := r.Readings
	g := Grants{Role: role, Database: readings.Server.Database, Version: readings.Server.VersionText, Kind: readings.kind(), Look: readings.look(role), Act: readings.act(role)}
	g.Look, g.Act = harmlessGrants(g.Look), harmlessGrants(g.Act)
	for _, b := range readings.Blind {
		g.Blind = append(g.Blind, sqltext.CleanLine(b.What+": "+b.Reason))
	}
	return g
}

// look is for a role that may look only.
func (r *Readings) look(role string) []Grant {
	me, database := sqltext.Ident(role), sqltext.Ident(r.Server.Database)
	grants := append(r.onPrimary(), []Grant{
		{fmt.Sprintf("CREATE ROLE %s LOGIN CONNECTION LIMIT %d;", me, 2*ownSessions),
			fmt.Sprintf("a role of its own: three warm sessions and three for what takes one of its own (a build, EXPLAIN "+
				"ANALYZE, another database), for two people at once; give it a password with \\password %s", me)},
		{fmt.Sprintf("GRANT CONNECT ON DATABASE %s TO %s;", database, me), "every role may by default; needed where PUBLIC lost it, in each " +
			"database that is looked at"},
		{fmt.Sprintf("GRANT pg_monitor TO %s;", me), "other roles' sessions and statements, hidden settings, replication: without it most " +
			"panes are empty"},
	}...)
	if r.major() >= 14 {
		grants = append(grants, Grant{fmt.Sprintf("GRANT pg_read_all_data TO %s;", me),
			"EXPLAIN of the application's SELECTs, and pg_stats for heavy hitters and index drafts; it lets the role read all rows: where " +
				"that is too much, GRANT SELECT on the tables. " + explainOfWrites})
	} else {
		grants = append(grants, r.selectGrants(role)...)
	}
	if e := r.Extensions[statementsName]; e.Created != "" && e.Schema != "public" {
		grants = append(grants, Grant{fmt.Sprintf("GRANT USAGE ON SCHEMA %s TO %s;", sqltext.Ident(e.Schema), me), "pg_stat_statements is there; in each database, with the schema that it is in " +
			"there"})
	}
	switch {
	case r.major() >= 16:
		grants = append(grants, Grant{fmt.Sprintf("GRANT pg_use_reserved_connections TO %s;", me),
			"gets in when the server is full; it takes reserved_connections above 0" + r.reservedNow()})
	default:
		grants = append(grants, Grant{"", "gets in when the server is full: before version 16 only superusers have reserved slots; keep such " +
			"a login at hand"})
	}
	grants = append(grants,
		Grant{fmt.Sprintf("ALTER ROLE %s SET default_transaction_read_only = on;", me), "for everything but pgmedic: pgmedic's looking " +
			"sessions are read-only anyway. Leave it out for a role that may also act"},
	)
	if r.kind() == Plain {
		grants = append(grants,
			Grant{fmt.Sprintf("GRANT SELECT ON pg_catalog.pg_file_settings TO %s;", me), "errors in the configuration files; only the doctor " +
				"reads it, leave it out if you like; in each database"},
			Grant{fmt.Sprintf("GRANT EXECUTE ON FUNCTION pg_catalog.pg_show_all_file_settings() TO %s;", me), "the function behind it; in " +
				"each database"})
	}
	return append(grants, r.kindAdvice()...)
}

// onPrimary is what to know before roles are made.
func (r *Readings) onPrimary() []Grant {
	if !r.Server.InRecovery {
		return nil
	}
	return []Grant{{"", "this is a standby, where nothing can be changed: send this on the primary, from where it comes here"}}
}

func (r *Readings) reservedNow() string {
	if s, known := r.setting("reserved_connections"); known {
		return ", now " + s.Shown
	}
	return ""
}

// kindAdvice is what to know on a managed service.
func (r *Readings) kindAdvice() []Grant {
	switch r.kind() {
	case RDS, Aurora:
		return []Grant{{"", "run this as the master user (rds_superuser). Reader endpoints are standbys: they show their own sessions, and " +
			"nothing can be changed there"}}
	case CloudSQL:
		return []Grant{{"", "run this as postgres (cloudsqlsuperuser). A role made in the console is a member of cloudsqlsuperuser: make this " +
			"one with CREATE ROLE instead. " +
			"Where the service refuses a predefined role, GRANT SELECT on the tables to it"}}
	case Azure:
		return []Grant{{"", "run this as the administrator (azure_pg_admin). Where the service refuses a predefined role, GRANT SELECT on the " +
			"tables to it"}}
	}
	return nil
}

// selectGrants stand in for pg_read_all_data before version 14: for each schema that holds tables, now and later.
func (r *Readings) selectGrants(role string) []Grant {
	me := sqltext.Ident(role)
	var grants []Grant
	for _, schema := range r.schemas() {
		name := sqltext.Ident(schema)
		grants = append(grants,
			Grant{fmt.Sprintf("GRANT USAGE ON SCHEMA %s TO %s;", name, me), "version 13 has no pg_read_all_data: names in this schema are found; in " +
				"each database, with its schemas"},
			Grant{fmt.Sprintf("GRANT SELECT ON ALL TABLES IN SCHEMA %s TO %s;", name, me),
				"EXPLAIN of the application's SELECTs, pg_stats; in each database. " + explainOfWrites})
	}
	for _, o := range r.Owners {
		for _, schema := range o.Schemas {
			grants = append(grants, Grant{
				fmt.Sprintf("ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA %s GRANT SELECT ON TABLES TO %s;", sqltext.Ident(o.Owner), sqltext.Ident(schema), me),
				"tables that are made later; in each database"})
		}
	}
	if len(grants) == 0 {
		grants = append(grants, Grant{"", "version 13 has no pg_read_all_data: GRANT USAGE on the schemas and SELECT on their tables"})
	}
	return grants
}

// schemas are those that hold tables.
func (r *Readings) schemas() []string {
	var schemas []string
	for _, o := range r.Owners {
		schemas = append(schemas, o.Schemas...)
	}
	slices.Sort(schemas)
	return slices.Compact(schemas)
}

// act is what a role needs besides to cancel, terminate and build.
func (r *Readings) act(role string) []Grant {
	me := sqltext.Ident(role)
	grants := append(r.onPrimary(), Grant{fmt.Sprintf("GRANT pg_signal_backend TO %s;", me), "cancel and terminate other roles' sessions; superusers' sessions " +
		"stay out of reach"})
	for _, o := range r.Owners {
		if o.Owner == role {
			continue
		}
		why := fmt.Sprintf("owns %s here; an index is built, and dropped, by its table's owner or a member of that role",
			probes.Counted(int(o.Tables), "table", "tables"))
		if r.major() >= 17 {
			why += "; pg_maintain is not enough for CREATE INDEX CONCURRENTLY"
		}
		if r.ownsTooMuch(o) {
			grants = append(grants, Grant{"", fmt.Sprintf("%s %s: give its tables to a role of the application's (ALTER TABLE ... OWNER TO), "+
				"then grant that one", o.Owner, why)})
			continue
		}
		grants = append(grants, Grant{fmt.Sprintf("GRANT %s TO %s;", sqltext.Ident(o.Owner), me), why})
	}
	if n := len(r.Owners); n > 0 && r.Owners[0].Owners > int64(n) {
		grants = append(grants, Grant{"", fmt.Sprintf("%d more roles own tables here: grant those that matter", r.Owners[0].Owners-int64(n))})
	}
	if len(r.Owners) == 0 {
		grants = append(grants, Grant{"", "GRANT the role that owns the tables: an index is built by its table's owner or a member of that role"})
	}
	if r.major() >= 16 {
		grants = append(grants, Grant{"", "16 and later: the grants above must be WITH INHERIT TRUE, which is the default unless the role is " +
			"NOINHERIT"})
	}
	return append(grants, Grant{fmt.Sprintf("ALTER ROLE %s RESET default_transaction_read_only;", me), "takes the read-only default of the " +
		"looking role back"})
}

// ownsTooMuch says whether membership in the owner would give much more than its tables.
func (r *Readings) ownsTooMuch(o Owner) bool {
	return o.Superuser || r.Session != nil && slices.Contains(r.Session.ServiceRoles, o.Owner)
}

// harmlessGrants makes the grants fit for a terminal.
func harmlessGrants(grants []Grant) []Grant {
	for i, g := range grants {
		grants[i].Why = sqltext.CleanLine(g.Why)
		if !showable(g.SQL) {
			grants[i] = Grant{Why: unshowable}
		}
	}
	return grants
}
