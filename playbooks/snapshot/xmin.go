package snapshot

import (
	"slices"
	"time"
)

const (
	// mostHolders bounds the list of who keeps old row versions.
	mostHolders = 10
	// longHolding and farBehind are what makes a holder worth a word: every statement is one for its moment.
	longHolding = time.Minute
	farBehind   = 100_000 // transactions
)

// xminHolders lists who has kept old row versions for long, or since far back, and counts them.
func (m *maker) xminHolders() ([]XminHolder, *int) {
	list, total := []XminHolder{}, 0
	for _, h := range m.last.XminHolders() {
		long := !h.Since.IsZero() && m.last.At.Sub(h.Since) >= longHolding
		if h.Ours || !long && h.Age < farBehind {
			continue
		}
		one := XminHolder{What: string(h.Kind), PID: h.PID, Name: h.Name, Database: h.Database, Holders: 1, XminAge: h.Age, AgeS: m.since(h.Since)}
		total++
		same := func(x XminHolder) bool { return x.What == one.What && x.Name == one.Name && x.Database == one.Database }
		if at := slices.IndexFunc(list, same); at >= 0 {
			list[at].Holders++
		} else if len(list) < mostHolders {
			list = append(list, one)
		}
	}
	if total == 0 && !m.holdersKnown() {
		return nil, nil
	}
	return list, &total
}

// holdersKnown says whether every kind of holder is to be seen.
func (m *maker) holdersKnown() bool {
	return !m.hidden() && m.known("prepared", false) && m.known("replicas", false) && m.known("slots", false)
}
