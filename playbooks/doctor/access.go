package doctor

import (
	"fmt"
	"slices"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// hiddenSettings says which settings the server has and does not show to this role.
func hiddenSettings(r *Readings) []Finding {
	if r.Settings == nil {
		return nil
	}
	var hidden []string
	for name, since := range settingSince {
		if _, known := r.Settings[name]; !known && r.major() >= since {
			hidden = append(hidden, name)
		}
	}
	if len(hidden) == 0 {
		return fine("access.settings", "All settings that matter can be read")
	}
	slices.Sort(hidden)
	f := Finding{
		Check: "access.settings", Severity: Note, Blind: true,
		Title: fmt.Sprintf("%s hidden from this role", probes.Counted(len(hidden), "setting is", "settings are")),
		Read:  hidden, Means: "What they are set to is not known; the checks that need them are left out.",
		Mend: r.grant("pg_read_all_settings"), Verify: "SHOW " + hidden[0] + ";",
	}
	if yes, _ := r.has("pg_read_all_settings"); yes {
		f.Mend = []Step{{Do: "this role has pg_read_all_settings: the service hides them from everybody"}}
	}
	return []Finding{f}
}

// seesSessions says whether other roles' sessions are visible.
func seesSessions(r *Readings) []Finding {
	yes, known := r.has("pg_read_all_stats")
	switch {
	case !known:
		return nil
	case yes:
		return fine("access.sessions", "All roles' sessions and statements are visible", r.asRole("pg_read_all_stats"))
	}
	return []Finding{{
		Check: "access.sessions", Severity: Critical, Blind: true, Title: "Other roles' sessions and statements are hidden from this role",
		Read:  []string{r.me() + " has not pg_read_all_stats"},
		Means: "In an incident nearly all connections show no state, no statement and no client: the question who holds them cannot be answered.",
		Mend:  r.grant("pg_monitor"), Verify: "SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE');",
	}}
}

// asRole says by which right the role may.
func (r *Readings) asRole(predefined string) string {
	if r.Role.Superuser {
		return r.me() + " is a superuser"
	}
	return r.me() + " has " + predefined
}

// examinesAsSuperuser says that a superuser lends its rights to whoever wrote a statement's functions, and sees more than the role that will be on call.
func examinesAsSuperuser(r *Readings) []Finding {
	if r.Role == nil || !r.Role.Superuser {
		return nil
	}
	return []Finding{{
		Check: "access.superuser", Severity: Warning, Title: "Examined as a superuser: to look with that role in an incident is dangerous",
		Read: []string{"pg_roles.rolsuper of " + r.me() + " = true"},
		Means: "EXPLAIN of a statement that others run also runs functions that others wrote, while planning, with a superuser's rights. And " +
			"what another role cannot see or do is not told here. Looking needs no superuser.",
		Mend:   []Step{{Do: "make a role for it: pgmedic doctor --grants; then examine again as that role"}},
		Verify: "SELECT rolsuper FROM pg_roles WHERE rolname = current_user;",
	}}
}

// explainOfWrites says what reading is not enough for. pg_write_all_data would be too much.
const explainOfWrites = "EXPLAIN of an INSERT, UPDATE or DELETE, though nothing is written, needs that privilege on its table too: GRANT it " +
	"on single tables, or look without such plans"

// readsTables says whether EXPLAIN and pg_stats work on the application's tables.
func readsTables(r *Readings) []Finding {
	if r.Owners == nil {
		return nil
	}
	if len(r.Owners) == 0 {
		return []Finding{{
			Check: "access.explain", Severity: Note, Title: "This database holds no tables",
			Read: []string{"database " + sqltext.Ident(r.Server.Database)},
			Means: "Tables, indexes and the statements' extension are looked at in the database that pgmedic connects to; connections and " +
				"settings are the server's.",
			Mend:   []Step{{Do: "connect to the application's database: pgmedic doctor -d DATABASE"}},
			Verify: "SELECT datname, pg_stat_get_db_numbackends(oid) FROM pg_database ORDER BY 2 DESC;",
		}}
	}
	all, readable := r.Owners[0].AllTables, r.Owners[0].AllReadable
	saw := fmt.Sprintf("%d of %s in %s can be read by %s", readable,
		probes.Counted(int(all), "table", "tables"), sqltext.Ident(r.Server.Database), r.me())
	if all == readable {
		if r.Role != nil && r.Role.Superuser {
			return fine("access.explain", "EXPLAIN and pg_stats work on every table of this database", saw)
		}
		return fine("access.explain", "EXPLAIN of SELECT and pg_stats work on every table of this database", saw, explainOfWrites)
	}
	f := Finding{
		Check: "access.explain", Severity: Warning, Blind: true,
		Title: fmt.Sprintf("%s cannot be read by this role", probes.Counted(int(all-readable), "table", "tables")),
		Read:  []string{saw},
		Means: "EXPLAIN of a statement on them fails with 42501, and pg_stats shows nothing of them: no plan, no heavy hitters, no index draft. " +
			explainOfWrites + ".",
		Verify: "SELECT has_table_privilege('SCHEMA.TABLE', 'SELECT');",
	}
	if r.major() >= 14 {
		f.Mend = r.grant("pg_read_all_data")
		return []Finding{f}
	}
	for _, sql := range r.selectGrants(r.me()) {
		f.Mend = append(f.Mend, Step{SQL: sql.SQL, Takes: AtOnce})
	}
	return []Finding{f}
}

// actsOnTables says whether this role may build an index on the application's tables: that is their owner's right alone.
func actsOnTables(r *Readings) []Finding {
	if len(r.Owners) == 0 || r.Server.InRecovery {
		return nil
	}
	tables := r.Owners[0].AllOthers
	if tables == 0 {
		return fine("access.build", "This role may build indexes on every table of this database")
	}
	var not []string
	var mend []Step
	for _, o := range r.Owners {
		if o.MayAct {
			continue
		}
		not = append(not, fmt.Sprintf("%s owns %s, the largest is %s", o.Owner, probes.Counted(int(o.Tables), "table", "tables"), o.Largest))
		if r.ownsTooMuch(o) {
			mend = append(mend, Step{Do: "give the tables of " + o.Owner + " to a role of the application's: ALTER TABLE ... OWNER TO"})
			continue
		}
		mend = append(mend, Step{SQL: fmt.Sprintf("GRANT %s TO %s;", sqltext.Ident(o.Owner), sqltext.Ident(r.me())), Takes: AtOnce})
	}
	return []Finding{{
		Check: "access.build", Severity: Note,
		Title: fmt.Sprintf("This role may look, but not build an index, on %s", probes.Counted(int(tables), "table", "tables")),
		Read:  capped(not),
		Means: "An index is built by the table's owner or a member of that role; pg_maintain (17+) is not enough. In an incident somebody " +
			"else has to build it.",
		Mend:   append(mend, Step{Do: "or keep a second role that may also act: pgmedic doctor --grants"}),
		Verify: "SELECT pg_has_role(current_user, 'OWNER', 'USAGE');",
	}}
}

// signals says whether this role may cancel and terminate other roles' sessions.
func signals(r *Readings) []Finding {
	yes, known := r.has("pg_signal_backend")
	switch {
	case !known:
		return nil
	case yes:
		return fine("access.signal", "This role may cancel and terminate sessions", r.asRole("pg_signal_backend"))
	}
	return []Finding{{
		Check: "access.signal", Severity: Note, Title: "This role may look, but not cancel or terminate other roles' sessions",
		Read: []string{r.me() + " has not pg_signal_backend"},
		Means: "A session that blocks the others can be named, but somebody else has to end it. Superusers' sessions can be ended by " +
			"superusers alone.",
		Mend: r.grant("pg_signal_backend"), Verify: "SELECT pg_has_role(current_user, 'pg_signal_backend', 'USAGE');",
	}}
}

// reservedRole is the role that may use reserved_connections (16+).
const reservedRole = "pg_use_reserved_connections"

// lowersCeiling is what to know before slots are reserved.
var lowersCeiling = Step{Do: "it lowers the applications' ceiling by as many: raise max_connections with it, or see that there is room"}

// getsIn says whether this role gets a slot when the server is full.
func getsIn(r *Readings) []Finding {
	if r.Role == nil || r.Settings == nil {
		return nil
	}
	const check = "access.full"
	read := r.saw("superuser_reserved_connections", "reserved_connections")
	member, _ := r.has(reservedRole)
	slots, _ := r.number("reserved_connections")
	f := Finding{
		Check: check, Severity: Note, Title: "This role has no reserved slot: on a full server it queues with everybody else", Read: read,
		Means: "Against 200 clients that hammer 50 slots getting in took 4 to 20 s, with a reserved slot half a second. pgmedic keeps three " +
			"sessions and " +
			"opens more to act, for EXPLAIN ANALYZE and for another database.",
	}
	switch {
	case r.Role.Superuser && r.is("superuser_reserved_connections", "0"):
		f.Severity, f.Title = Critical, "No slot is kept for superusers: on a full server nobody gets in"
		f.Mend, f.Verify = append(r.set("superuser_reserved_connections", "4"), lowersCeiling), "SHOW superuser_reserved_connections;"
		return []Finding{f}
	case r.Role.Superuser, member && slots > 0:
		return fine(check, "This role gets in when the server is full", read...)
	case r.major() < 16:
		f.Mend = []Step{{Do: "before version 16 only superusers have reserved slots: keep a superuser's login at hand for that case, or keep " +
			"pgmedic " +
			"running, which holds its sessions"}}
		return []Finding{f}
	case r.kind() == Plain:
		f.Severity = Warning
	}
	if slots == 0 {
		f.Mend = append(r.set("reserved_connections", "4"), lowersCeiling)
	}
	if !member {
		f.Mend = append(f.Mend, r.grant(reservedRole)...)
	}
	f.Verify = "SELECT pg_has_role(current_user, '" + reservedRole + "', 'USAGE'), current_setting('reserved_connections');"
	return []Finding{f}
}

// ownSessions is how many sessions pgmedic opens at most.
const ownSessions = 6

// ownLimit says whether this role's own limit leaves pgmedic its sessions.
func ownLimit(r *Readings) []Finding {
	if r.Role == nil || r.Role.ConnLimit < 0 || r.Role.Superuser || r.Role.ConnLimit >= ownSessions {
		return nil
	}
	return []Finding{{
		Check: "access.limit", Severity: Warning,
		Title: fmt.Sprintf("This role may open %s, pgmedic needs %d",
			probes.Counted(int(r.Role.ConnLimit), "connection", "connections"), ownSessions),
		Read: []string{fmt.Sprintf("pg_roles.rolconnlimit = %d", r.Role.ConnLimit)},
		Means: "Looking, asking, acting and building each have a session of their own; EXPLAIN ANALYZE and EXPLAIN in another database " +
			"take one each for a moment. Without room for the fourth no index is built.",
		Mend:   []Step{{SQL: fmt.Sprintf("ALTER ROLE %s CONNECTION LIMIT %d;", sqltext.Ident(r.me()), 2*ownSessions), Takes: AtOnce}},
		Verify: "SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user;",
	}}
}
