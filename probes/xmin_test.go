package probes

import "testing"

func TestXminHolders(t *testing.T) {
	s := &Sample{
		Backends: []Backend{
			{PID: 1, Application: "web", XidAge: 40, XminAge: 7, Database: "orders"}, {PID: 2, Application: "web"}, {PID: 3, LeaderPID: 1, XminAge: 7},
			{PID: 4, User: "root", XminAge: 900}, {PID: 5, Type: "walsender", XminAge: 70}, {PID: 6, Type: "autovacuum worker", XminAge: 3},
			{PID: 7, Application: ApplicationName, Ours: true, XminAge: 2},
		},
		Progress: []Progress{{PID: 4, Command: "VACUUM"}, {PID: 6, Command: "ANALYZE"}},
		Replicas: []Replica{{PID: 5, Application: "standby1", XminAge: 70}, {PID: 8, Application: "standby2"}},
		Prepared: []PreparedTransaction{{GID: "forgotten", XidAge: 5000, Database: "orders"}},
		Slots:    []Slot{{Name: "old", XminAge: 10, CatalogXminAge: 600}, {Name: "none"}},
	}
	want := []XminHolder{
		{Kind: XminPrepared, Name: "forgotten", Database: "orders", Age: 5000},
		{Kind: XminSlot, Name: "old", Age: 600},
		{Kind: XminReplica, PID: 5, Name: "standby1", Age: 70},
		{Kind: XminSession, PID: 1, Name: "web", Database: "orders", Age: 40},
		{Kind: XminSession, PID: 6, Name: "autovacuum worker", Age: 3},
		{Kind: XminSession, PID: 7, Name: ApplicationName, Age: 2, Ours: true},
	}
	got := s.XminHolders()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("holders %+v, want %+v", got, want)
		}
	}
}
