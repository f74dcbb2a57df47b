package snapshot

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes"
)

func (m *maker) connections() Connections {
	n := m.counts
	c := Connections{
		Clients: n.Total, Pgmedic: n.Ours, StateHidden: n.Unknown,
		Ceiling:       m.ceiling(),
		Largest:       m.crowd(),
		ByApplication: m.pools(),
		ByUser:        groups(m.last.GroupClients(func(b probes.Backend) string { return b.User })),
		ByClient:      groups(m.last.GroupClients(func(b probes.Backend) string { return m.aliases.of(b.Client) })),
		ByDatabase:    groups(m.last.GroupClients(func(b probes.Backend) string { return b.Database })),
	}
	if m.statesKnown() {
		c.Active, c.Idle, c.IdleInTx, c.WaitForLock = &n.Active, &n.Idle, &n.IdleInTx, &n.LockWaits
	}
	if len(c.ByClient) == 0 && n.Total > 0 {
		c.ByClient = nil
	}
	if slots := m.last.Ceiling.Application(); slots > 0 {
		c.Limit = &Limit{Name: probes.Limit{}.Name(), Slots: slots, Taken: n.Total + n.Ours, Pgmedic: n.Ours}
	}
	if other := m.last.Ceiling.Tighter(m.last); other.Bound != probes.BoundServer {
		c.Tighter = &Limit{Name: other.Name(), Slots: other.Slots, Taken: other.Taken, Pgmedic: other.Ours}
	}
	return c
}

// crowd is the largest group of one application's sessions in one state; of equal ones the first by name.
func (m *maker) crowd() *Crowd {
	counts := map[Crowd]int{}
	for _, b := range m.last.Backends {
		if !b.IsClient() || b.State == "" {
			continue
		}
		one := Crowd{Application: b.Application, State: b.State}
		if one.Application == "" {
			one.User = b.User
		}
		counts[one]++
	}
	var all []Crowd
	for one, n := range counts {
		one.Sessions = n
		all = append(all, one)
	}
	if len(all) == 0 {
		return nil
	}
	most := slices.MinFunc(all, func(a, b Crowd) int {
		return cmp.Or(b.Sessions-a.Sessions, strings.Compare(a.Application, b.Application), strings.Compare(a.User, b.User),
			strings.Compare(a.State, b.State))
	})
	return &most
}

// statesKnown says whether the state of any client is to be seen, or there is none.
func (m *maker) statesKnown() bool { return m.counts.Total == 0 || m.counts.Unknown < m.counts.Total }

// waits is null where none is to be seen and not all sessions are.
func (m *maker) waits() []Group {
	waits := groups(m.last.GroupClients(waitOf))
	if len(waits) == 0 && m.hidden() {
		return nil
	}
	return waits
}

func (m *maker) ceiling() Ceiling {
	c := m.last.Ceiling
	var known Ceiling
	if m.known("role limits", false) {
		known.RoleLimits = []RoleLimit{}
	}
	if c.MaxConnections > 0 { // it was read
		known.MaxConnections, known.SuperuserReserved, known.Reserved = &c.MaxConnections, &c.SuperuserReserved, &c.Reserved
		if c.DatabaseLimit >= 0 {
			known.DatabaseLimit = &c.DatabaseLimit
		}
	}
	for _, l := range c.RoleLimits {
		known.RoleLimits = append(known.RoleLimits, RoleLimit{l.Role, l.Slots})
	}
	return known
}

// waitOf names what an active client waits for. PostgreSQL reports no wait event for a backend that runs on a CPU.
func waitOf(b probes.Backend) string {
	switch {
	case b.State != "active":
		return ""
	case b.WaitType == "":
		return "CPU"
	}
	return b.WaitType + ":" + b.WaitEvent
}

// pools counts each application's connections and the addresses that they come from; those that give no name stand last.
func (m *maker) pools() []Pool {
	perClient := map[string]map[string]int{}
	for _, b := range m.last.Backends {
		if !b.IsClient() || b.Client == "" {
			continue
		}
		if perClient[b.Application] == nil {
			perClient[b.Application] = map[string]int{}
		}
		perClient[b.Application][b.Client]++
	}
	pools, named := []Pool{}, 0
	for _, g := range m.last.GroupClients(func(b probes.Backend) string { return b.Application }) {
		named += g.Count
		pools = append(pools, poolOf(g.Name, g.Count, perClient[g.Name]))
	}
	if unnamed := m.counts.Total - named; unnamed > 0 {
		pools = append(pools, poolOf("", unnamed, perClient[""]))
	}
	return pools
}

// poolOf says how an application's connections spread over addresses, where all of these are to be seen.
func poolOf(name string, sessions int, perClient map[string]int) Pool {
	p := Pool{Name: name, Sessions: sessions}
	seen, least, most := 0, sessions, 0
	for _, n := range perClient {
		seen, least, most = seen+n, min(least, n), max(most, n)
	}
	if seen == sessions {
		p.Clients, p.Least, p.Most = ref(len(perClient)), &least, &most
	}
	return p
}
