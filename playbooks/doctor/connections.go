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

// applicationSlots is how many connections an ordinary role of this database can have.
func (r *Readings) applicationSlots() (int, bool) {
	c, service, known := r.slots()
	n := c.Application() - service
	if c.DatabaseLimit >= 0 {
		n = min(n, c.DatabaseLimit)
	}
	return n, known && n > 0
}

// sawSlots words how the ceiling comes about.
func (r *Readings) sawSlots() []string {
	read := r.saw("max_connections", "superuser_reserved_connections", "reserved_connections", "rds.rds_superuser_reserved_connections")
	if c, _, _ := r.slots(); c.DatabaseLimit >= 0 {
		read = append(read, fmt.Sprintf("the database's own limit = %d (pg_database.datconnlimit)", c.DatabaseLimit))
	}
	return read
}

// How full is too full on a quiet day, in per cent of the ceiling; the alerts use the same.
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
	f := Finding{Check: "connections.ceiling", Severity: Fine, Read: r.sawSlots(), Title: fmt.Sprintf("The real ceiling is %s", counted(server, "connection", "connections"))}
	if r.Sessions == nil || r.Sessions.Hidden > 0 {
		if r.Sessions != nil {
			f.Read = append(f.Read, fmt.Sprintf("at most %d are taken (pg_stat_database.numbackends; background workers count too, the kinds "+
				"are hidden)", r.Sessions.Backends))
		}
		return []Finding{f}
	}
	taken := int(r.Sessions.Clients)
	f.Title += fmt.Sprintf("; %d are taken now", taken)
	share := probes.Limit{Slots: server, Taken: taken}
	if !share.AtLeast(fullWarning) {
		return []Finding{f}
	}
	f.Severity = Warning
	if share.AtLeast(fullCritical) {
		f.Severity = Critical
	}
	f.Title = fmt.Sprintf("%d of %d connections are taken on a quiet day", taken, server)
	f.Means = "The next small rise ends in 'unable to connect'. More slots without a pooler cost memory and time for each snapshot: first see " +
		"who holds them and idles."
	f.Mend = []Step{
		{Do: "lower the applications' pool sizes, or put a pooler (PgBouncer, transaction mode) before the server"},
		{Do: "only then raise max_connections", Takes: Restart},
	}
	f.Verify = countClients
	return []Finding{f}
}

// countClients is what an alert counts: what holds slots that count against the ceiling, of all databases.
const countClients = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend';"

// limits says which roles and databases have a limit below the server's.
func limits(r *Readings) []Finding {
	if len(r.Limits) == 0 {
		return nil
	}
	var read []string
	severity, title := Note, fmt.Sprintf("%s a connection limit below the server's", counted(len(r.Limits), "role or database has", "roles or databases have"))
	for _, l := range r.Limits {
		taken := r.takenBy(l)
		line := fmt.Sprintf("%s %s: limit %d", l.Kind, l.Name, l.Slots)
		if taken >= 0 {
			line += fmt.Sprintf(", %d taken now", taken)
		}
		if limit := (probes.Limit{Slots: int(l.Slots), Taken: taken}); limit.AtLeast(fullWarning) {
			severity, title = Warning, fmt.Sprintf("The limit of %s %s is nearly reached: %d of %d", l.Kind, l.Name, taken, l.Slots)
		}
		read = append(read, line)
	}
	return []Finding{{
		Check: "connections.limits", Severity: severity, Title: title, Read: read,
		Means:  "Their clients are refused at that figure, with the same error as on a full server, while the server has room.",
		Mend:   []Step{{Do: "alert on each of these limits too; ALTER ROLE or ALTER DATABASE ... CONNECTION LIMIT changes them", Takes: AtOnce}},
		Verify: "SELECT rolname, rolconnlimit FROM pg_roles WHERE rolconnlimit >= 0;",
	}}
}

// takenBy counts the connections against a limit; -1: not known.
func (r *Readings) takenBy(l Limit) int {
	if yes, _ := r.has("pg_read_all_stats"); !yes || r.Clients == nil {
		return -1
	}
	taken := 0
	for _, c := range r.Clients {
		if l.Kind == "role" && c.Role == l.Name || l.Kind == "database" && c.Database == l.Name {
			taken += int(c.Connections)
		}
	}
	return taken
}

// pool is what one application holds: clients × connections each.
type pool struct {
	application, role string
	addresses         map[string]int64
}

// most is what the pool holds at least when all its clients hold as many as the busiest of them.
func (p pool) most() (clients int, each int64) {
	for _, n := range p.addresses {
		each = max(each, n)
	}
	return len(p.addresses), each
}

// pools compares what the applications' pools can open, as far as it shows, with the ceiling.
func pools(r *Readings) []Finding {
	slots, known := r.applicationSlots()
	sees, _ := r.has("pg_read_all_stats")
	if !known || !sees || r.Clients == nil {
		return nil
	}
	var read []string
	var sum int64
	for _, p := range r.pools() {
		clients, each := p.most()
		name := p.application
		if name == "" {
			name = "(no application_name) of role " + p.role
		}
		read = append(read, fmt.Sprintf("%s: %s x %s", name, counted(clients, "address", "addresses"), counted(int(each), "connection each", "connections each")))
		sum += int64(clients) * each
	}
	advice := fmt.Sprintf("over all applications, instances x maximum pool size must stay below %d: ten pods with pools of 10 are 100", slots)
	if sum <= int64(slots) {
		return []Finding{{
			Check: "connections.pools", Severity: Note, Title: fmt.Sprintf("Compare the pools' maximum with the ceiling of %d by hand", slots),
			Read:  capped(read),
			Means: "What a pool may open stands in the application's configuration and cannot be read here; only what it holds now can.",
			Mend:  []Step{{Do: advice}},
		}}
	}
	return []Finding{{
		Check: "connections.pools", Severity: Warning,
		Title: fmt.Sprintf("The pools can open at least %d connections, the ceiling is %d", sum, slots), Read: capped(read),
		Means:  "When all clients hold as many as the busiest of their kind, the server is full and the last ones are refused.",
		Mend:   []Step{{Do: advice}},
		Verify: "SELECT application_name, client_addr, count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1, 2;",
	}}
}

// pools groups the clients by application and role, largest first.
func (r *Readings) pools() []pool {
	var found []pool
	for _, c := range r.Clients {
		at := slices.IndexFunc(found, func(p pool) bool { return p.application == c.Application && p.role == c.Role })
		if at < 0 {
			at = len(found)
			found = append(found, pool{application: c.Application, role: c.Role, addresses: map[string]int64{}})
		}
		found[at].addresses[c.Address] += c.Connections
	}
	return found
}

// capped shortens a list of lines.
func capped(lines []string) []string {
	const most = 8
	if len(lines) <= most {
		return lines
	}
	return append(slices.Clone(lines[:most]), fmt.Sprintf("and %d more", len(lines)-most))
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
		Title: fmt.Sprintf("%s without an application_name", counted(int(r.Sessions.Nameless), "client connection is", "client connections are")),
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
