package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes"
)

// slots are the server's bounds on connections. RDS keeps slots of its own back.
func (r *Readings) slots() (c probes.Ceiling, service int, known bool) {
	n := func(name string) int {
		v, _ := r.number(name)
		return int(v)
	}
	c = probes.Ceiling{
		MaxConnections: n("max_connections"), SuperuserReserved: n("superuser_reserved_connections"), Reserved: n("reserved_connections"), DatabaseLimit: -1,
	}
	service = n("rds.rds_superuser_reserved_connections")
	for _, l := range r.Limits {
		if l.Kind == "database" && l.Name == r.Server.Database {
			c.DatabaseLimit = int(l.Slots)
		}
	}
	return c, service, c.MaxConnections > 0
}

// sawSlots words how the ceiling comes about.
func (r *Readings) sawSlots() []string {
	read := r.saw("max_connections", "superuser_reserved_connections", "reserved_connections", "rds.rds_superuser_reserved_connections")
	if c, _, _ := r.slots(); c.DatabaseLimit >= 0 {
		read = append(read, fmt.Sprintf("the database's own limit = %d (pg_database.datconnlimit)", c.DatabaseLimit))
	}
	return read
}

// How full is too full, in per cent of the ceiling; the alerts use the same.
const (
	fullWarning  = 80
	fullCritical = 95
)

// ceiling says how many connections there really are room for, and how many of them are taken now.
func ceiling(r *Readings) []Finding {
	c, service, known := r.slots()
	if !known {
		return nil
	}
	server := c.Application() - service
	f := Finding{Check: "connections.ceiling", Severity: Fine, Read: r.sawSlots(), Title: fmt.Sprintf("The real ceiling is %s",
		probes.Counted(server, "connection", "connections"))}
	if r.Sessions == nil {
		return []Finding{f}
	}
	if r.Sessions.Hidden > 0 {
		return []Finding{r.atMost(f, server)}
	}
	taken := int(r.Sessions.Clients) + 1 // this session, too, holds a slot
	f.Title += fmt.Sprintf("; %s taken now, this one included", probes.Counted(taken, "is", "are"))
	share := probes.Limit{Slots: server, Taken: taken}
	if !share.AtLeast(fullWarning) {
		return []Finding{f}
	}
	f.Severity = Warning
	if share.AtLeast(fullCritical) {
		f.Severity = Critical
	}
	f.Title = fmt.Sprintf("%d of %s taken now", taken, probes.Counted(server, "connection is", "connections are"))
	if taken > server {
		f.Title = fmt.Sprintf("All %d connections for ordinary roles are taken now: there are %d, with those in the reserve", server, taken)
	}
	f.Means = "The next small rise ends in 'unable to connect'. More slots without a pooler cost memory and time for each snapshot: first see " +
		"who holds them and idles."
	f.Mend = []Step{
		{Do: "lower the applications' pool sizes, or put a pooler (PgBouncer, transaction mode) before the server"},
		{Do: "only then raise max_connections", Takes: Restart},
	}
	f.Verify = countClients
	return []Finding{f}
}

// atMost says how full the server may be where the kinds of most sessions are hidden.
func (r *Readings) atMost(f Finding, server int) Finding {
	most := int(r.Sessions.Backends)
	bound := fmt.Sprintf("at most %d are taken (pg_stat_database.numbackends; background workers count too, the kinds are hidden)", most)
	f.Read = append(f.Read, bound)
	if share := (probes.Limit{Slots: server, Taken: most}); !share.AtLeast(fullWarning) {
		return f
	}
	f.Severity, f.Blind = Note, true
	f.Title = fmt.Sprintf("Up to %d of %s taken now: how many exactly is hidden from this role", most,
		probes.Counted(server, "connection is", "connections are"))
	f.Means = "The server may be nearly full."
	f.Mend, f.Verify = r.grant("pg_monitor"), countClients
	return f
}

// countClients is what an alert counts: what holds slots that count against the ceiling, of all databases.
const countClients = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend';"

// limits says which roles and databases have a limit below the server's.
func limits(r *Readings) []Finding {
	if len(r.Limits) == 0 {
		return nil
	}
	var read []string
	sees, _ := r.has("pg_read_all_stats")
	severity, title := Note, fmt.Sprintf("%s a connection limit below the server's",
		probes.Counted(len(r.Limits), "role or database has", "roles or databases have"))
	for _, l := range r.Limits {
		line := fmt.Sprintf("%s %s: limit %d, how many are taken is hidden from this role", l.Kind, l.Name, l.Slots)
		if sees {
			line = fmt.Sprintf("%s %s: limit %d, %d taken now", l.Kind, l.Name, l.Slots, l.Taken)
		}
		limit := probes.Limit{Slots: int(l.Slots), Taken: int(l.Taken)}
		if sees && severity == Note && limit.AtLeast(fullWarning) { // the fullest comes first
			severity, title = Warning, fmt.Sprintf("The limit of %s %s is nearly reached: %d of %d", l.Kind, l.Name, l.Taken, l.Slots)
		}
		read = append(read, line)
	}
	return []Finding{{
		Check: "connections.limits", Severity: severity, Title: title, Read: capped(read),
		Means:  "Their clients are refused at that figure, with the same error as on a full server, while the server has room.",
		Mend:   []Step{{Do: "alert on each of these limits too; ALTER ROLE or ALTER DATABASE ... CONNECTION LIMIT changes them", Takes: AtOnce}},
		Verify: "SELECT rolname, rolconnlimit FROM pg_roles WHERE rolconnlimit >= 0;",
	}}
}

// wouldBe is how many connections there would be if every address opened as many as the busiest of its pool; database "" is all of them.
func (r *Readings) wouldBe(database string) (connections, addresses int64) {
	for _, p := range r.Pools {
		if database == "" || p.Database == database {
			connections, addresses = connections+p.Addresses*p.Busiest, addresses+p.Addresses
		}
	}
	return connections, addresses
}

// pools compares what the applications' pools would open, as far as it shows, with the server's ceiling and with this database's own limit.
func pools(r *Readings) []Finding {
	c, service, known := r.slots()
	sees, _ := r.has("pg_read_all_stats")
	if !known || !sees || r.Pools == nil {
		return nil
	}
	var read []string
	for _, p := range r.Pools {
		name := p.Application
		if name == "" {
			name = "(no application_name) of role " + p.Role
		}
		read = append(read, fmt.Sprintf("%s in database %s: %s, the busiest has %s", name, p.Database,
			probes.Counted(int(p.Addresses), "address", "addresses"),
			probes.Counted(int(p.Busiest), "connection", "connections")))
	}
	slots := c.Application() - service
	would, addresses := r.wouldBe("")
	whose := "the server's ceiling"
	if here, addressesHere := r.wouldBe(r.Server.Database); would <= int64(slots) && c.DatabaseLimit >= 0 && here > int64(c.DatabaseLimit) {
		slots, would, addresses, whose = c.DatabaseLimit, here, addressesHere, "this database's limit"
	}
	f := Finding{
		Check: "connections.pools", Severity: Note, Title: fmt.Sprintf("Compare the pools' maximum with the ceiling of %d by hand", slots), Read: capped(read),
		Means: "What a pool may open stands in the application's configuration and cannot be read here; only what it holds now can.",
		Mend: []Step{{Do: fmt.Sprintf("over all applications, instances x maximum pool size must stay below %d: ten pods with pools of 10 are 100",
			slots)}},
	}
	if would > int64(slots) {
		f.Severity = Warning
		f.Title = fmt.Sprintf("Connections would be %d if every one of the %s opened as many as the busiest of its application; %s is %d", would,
			probes.Counted(int(addresses), "address", "addresses"), whose, slots)
		f.Means = "Whether the pools may open so many stands in the applications' configuration. If they do, the last ones are refused."
		f.Verify = "SELECT application_name, client_addr, count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1, 2;"
	}
	return []Finding{f}
}

// capped shortens a list of lines.
func capped(lines []string) []string { return cappedOf(lines, len(lines)) }

// cappedOf is capped for the first lines of so many.
func cappedOf(lines []string, all int) []string {
	lines = slices.Clone(lines[:min(len(lines), 8)])
	if more := all - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return lines
}

// alerts gives thresholds that can fire, from the real ceiling.
func alerts(r *Readings) []Finding {
	c, service, known := r.slots()
	if !known {
		return nil
	}
	server := c.Application() - service
	at := func(percent int) int { return server * percent / 100 } // rounded down: it must be reachable
	read := []string{fmt.Sprintf("real ceiling %d = %s", server, sums(c, service))}
	title := fmt.Sprintf("Alert on connections at %d and %d", at(fullWarning), at(fullCritical))
	if c.DatabaseLimit >= 0 && c.DatabaseLimit < server {
		read = append(read, fmt.Sprintf("of this database alone: %d and %d of its limit %d", c.DatabaseLimit*fullWarning/100, c.DatabaseLimit*fullCritical/100, c.DatabaseLimit))
	}
	return []Finding{{
		Check: "connections.alerts", Severity: Note, Title: title, Read: read,
		Means: fmt.Sprintf("An alert at more than %d can never fire: ordinary clients are refused before. Set warning at %d %% and critical "+
			"at %d %% of the real ceiling, "+
			"and set them anew when it changes.", server, fullWarning, fullCritical),
		Mend: []Step{{Do: fmt.Sprintf("in the monitoring: warning at >= %d for 1 minute, critical at >= %d; count the client connections of "+
			"all databases", at(fullWarning), at(fullCritical))}},
		Verify: countClients,
	}}
}

// sums words how the ceiling is computed.
func sums(c probes.Ceiling, service int) string {
	text := fmt.Sprintf("max_connections %d - superuser_reserved_connections %d", c.MaxConnections, c.SuperuserReserved)
	if c.Reserved > 0 {
		text += fmt.Sprintf(" - reserved_connections %d", c.Reserved)
	}
	if service > 0 {
		text += fmt.Sprintf(" - rds.rds_superuser_reserved_connections %d", service)
	}
	return text
}

// manySlots is from how many slots on a pooler is worth having.
const manySlots = 500

func manyConnections(r *Readings) []Finding {
	n, known := r.number("max_connections")
	if !known || n < manySlots || r.poolerSeen() != "" {
		return nil
	}
	severity := Note
	if n >= 2*manySlots {
		severity = Warning
	}
	return []Finding{{
		Check: "connections.many", Severity: severity, Title: fmt.Sprintf("max_connections is %.0f, and no pooler was met on the way here", n),
		Read: r.saw("max_connections"),
		Means: "The more connections run at once, the longer each takes: memory, locks and snapshots grow with them, and a spike ends later. " +
			"Few servers do more work with " +
			"more active connections than a few for each core.",
		Mend:   []Step{{Do: "put a pooler (PgBouncer, transaction mode) before the applications, then lower max_connections", Takes: Restart}},
		Verify: "SHOW max_connections;",
	}}
}

// names says how many clients have no application_name.
func names(r *Readings) []Finding {
	if r.Sessions == nil || r.Sessions.Hidden > 0 {
		return nil
	}
	if r.Sessions.Nameless == 0 {
		return fine("connections.names", "Every client connection has an application_name")
	}
	return []Finding{{
		Check: "connections.names", Severity: Note,
		Title: fmt.Sprintf("%s without an application_name",
			probes.Counted(int(r.Sessions.Nameless), "client connection is", "client connections are")),
		Read:  []string{fmt.Sprintf("%d of %d", r.Sessions.Nameless, r.Sessions.Clients)},
		Means: "In an incident connections are told apart by it: without one only role and address say whose they are.",
		Mend:  []Step{{Do: "set application_name in each application's connection string (PGAPPNAME, or application_name=... in the URI)", Takes: NewSessions}},
		Verify: "SELECT usename, client_addr, count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name = '' " +
			"GROUP BY 1, 2;",
	}}
}

// joined makes one line of several words.
func joined(words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), ", ")
}
