package snapshot

import (
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

const (
	// mostHolders bounds the list of who keeps old row versions.
	mostHolders = 10
	// longHolding and farBehind are what makes a holder worth a word: every statement is one for its moment.
	longHolding = time.Minute
	farBehind   = 100_000 // transactions
)

// xminHolders lists who has kept old row versions for long, or since far back.
func (m *maker) xminHolders() []XminHolder {
	list := []XminHolder{}
	for _, h := range m.last.XminHolders() {
		long := !h.Since.IsZero() && m.last.At.Sub(h.Since) >= longHolding
		if h.Ours || !long && h.Age < farBehind {
			continue
		}
		one := XminHolder{What: string(h.Kind), PID: h.PID, Name: h.Name, Database: h.Database, Holders: 1, XminAge: h.Age, AgeS: m.since(h.Since)}
		if h.Kind == probes.XminReplica {
			one.Name = m.aliases.of(h.Name) // an address where it has no name
		}
		same := func(x XminHolder) bool { return x.What == one.What && x.Name == one.Name && x.Database == one.Database }
		if at := slices.IndexFunc(list, same); at >= 0 {
			list[at].Holders++
		} else if len(list) < mostHolders {
			list = append(list, one)
		}
	}
	return list
}
