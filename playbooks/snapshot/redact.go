package snapshot

import (
	"fmt"

	"github.com/pgmedic/pgmedic/probes"
)

// local is what the activity calls a client on a unix-domain socket; that is no address.
const local = "local"

// aliases stand for the clients' addresses: client-1 has the most connections. The same alias is the same address within one snapshot only.
type aliases struct {
	names map[string]string
	shown bool // addresses are shown as they are
}

func newAliases(s *probes.Sample, shown bool) aliases {
	a := aliases{names: map[string]string{}, shown: shown}
	for _, g := range s.GroupClients(func(b probes.Backend) string { return b.Client }) {
		if g.Name != local {
			a.names[g.Name] = fmt.Sprintf("client-%d", len(a.names)+1)
		}
	}
	return a
}

func (a aliases) of(address string) string {
	if alias, found := a.names[address]; found && !a.shown {
		return alias
	}
	return address
}

// redactions says what was left out or replaced.
func redactions(addresses bool) []string {
	list := []string{
		"statements without their constants ($1), utility statements but for their first word",
	}
	if !addresses {
		list = append(list, "clients' addresses (client-1 is one and the same throughout)")
	}
	return list
}
