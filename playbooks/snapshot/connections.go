package snapshot

import (
	"github.com/pgmedic/pgmedic/probes"
)

func (m *maker) connections() Connections {
	n := m.counts
	c := Connections{
		Clients: n.Total, Pgmedic: n.Ours, StateHidden: n.Unknown,
		Ceiling:       ceilingOf(m.last.Ceiling),
		ByApplication: m.pools(),
		ByUser:        groups(m.last.GroupClients(func(b probes.Backend) string { return b.User })),
		ByClient:      groups(m.last.GroupClients(func(b probes.Backend) string { return m.aliases.of(b.Client) })),
		ByDatabase:    groups(m.last.GroupClients(func(b probes.Backend) string { return b.Database })),
	}
	if m.statesKnown() {
		c.Active, c.Idle, c.IdleInTx, c.WaitForLock = &n.Active, &n.Idle, &n.IdleInTx, &n.LockWaits
	}
	if limit := limitOf(m.last); limit.Slots > 0 {
		c.Limit = &Limit{Name: limit.Name(), Slots: limit.Slots, Taken: limit.Taken, Pgmedic: limit.Ours}
	}
	return c
}

// statesKnown says whether the state of any client is to be seen, or there is none.
func (m *maker) statesKnown() bool { return m.counts.Total == 0 || m.counts.Unknown < m.counts.Total }

// waits is null where no state is to be seen.
func (m *maker) waits() []Group {
	if !m.statesKnown() {
		return nil
	}
	return groups(m.last.GroupClients(waitOf))
}

// limitOf is the bound on connections of which the largest share is taken, whoever takes it.
func limitOf(s *probes.Sample) probes.Limit { return s.Ceiling.Tighter(s) }

func ceilingOf(c probes.Ceiling) Ceiling {
	if c.MaxConnections <= 0 {
		return Ceiling{RoleLimits: []RoleLimit{}} // not read
	}
	known := Ceiling{MaxConnections: &c.MaxConnections, SuperuserReserved: &c.SuperuserReserved, Reserved: &c.Reserved, RoleLimits: []RoleLimit{}}
	if c.DatabaseLimit >= 0 {
		known.DatabaseLimit = &c.DatabaseLimit
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
		p := Pool{Name: g.Name, Sessions: g.Count, Clients: len(perClient[g.Name])}
		for _, n := range perClient[g.Name] {
			p.Most = max(p.Most, n)
			if p.Least == 0 || n < p.Least {
				p.Least = n
			}
		}
		pools = append(pools, p)
	}
	if unnamed := m.counts.Total - named; unnamed > 0 {
		pools = append(pools, Pool{Sessions: unnamed, Clients: len(perClient[""])})
	}
	return pools
}
