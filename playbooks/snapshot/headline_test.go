package snapshot

import "testing"

func TestHeadline(t *testing.T) {
	limit := &Limit{Name: "the ceiling", Slots: 97, Taken: 95}
	crowd := Connections{Clients: 92, Active: ref(90), Limit: limit}
	blind := []Blind{{"activity", "hidden"}}
	dedup := ref("SELECT id, state FROM reports.reports WHERE user_id = $1")
	session := func(state string, in float64) Session {
		return Session{PID: 7, Application: "billing", State: &state, InStateS: &in}
	}
	for _, c := range []struct {
		name string
		s    Snapshot
		want string
	}{
		{"calm", Snapshot{Connections: Connections{Clients: 9, Limit: &Limit{Name: "the ceiling", Slots: 97, Taken: 12}}},
			"12 of 97 slots taken; nothing stands out"},
		{"blind", Snapshot{Connections: Connections{Clients: 9}, Blind: []Blind{{"ceiling", "hidden"}}},
			"9 client connections, the ceiling is not known; nothing stands out in what can be seen"},
		{"hidden", Snapshot{Server: Server{Role: "x"}, Connections: Connections{Clients: 33, StateHidden: 33, Limit: &Limit{Slots: 57, Taken: 34}},
			Blind: blind},
			"at most 34 of 57 slots taken; role x sees no state of 33 of 33 sessions: blind"},
		{"partly hidden", Snapshot{Server: Server{Role: "x"}, Connections: Connections{Clients: 58, StateHidden: 3, Limit: &Limit{Slots: 57, Taken: 58}},
			Blind: blind},
			"at most 58 connections, ceiling 57 for applications; role x sees no state of 3 of 58 sessions; nothing stands out in what can be seen"},
		{"full", Snapshot{Connections: Connections{Clients: 57, Active: ref(3), IdleInTx: ref(47), Limit: &Limit{Slots: 57, Taken: 58},
			Largest: &Crowd{"batch", "", "idle in transaction", 47}}},
			"FULL: 0 of 57 slots left for applications; 47 idle in transaction of batch"},
		{"a role's limit", Snapshot{Connections: Connections{Limit: limit, Tighter: &Limit{Name: "role app's own limit", Slots: 10, Taken: 9}}},
			"95 of 97 slots taken, 9 of 10 of role app's own limit; nothing stands out"},
		{"a role's limit that is far", Snapshot{Connections: Connections{Limit: limit, Tighter: &Limit{Name: "role app's own limit", Slots: 2, Taken: 1}}},
			"95 of 97 slots taken; nothing stands out"},
		{"a role's limit that was lowered", Snapshot{Connections: Connections{Limit: limit, Tighter: &Limit{Name: "role app's own limit", Slots: 2, Taken: 3}}},
			"95 of 97 slots taken, 3 connections against role app's own limit of 2; nothing stands out"},
		{"the reserve", Snapshot{Connections: Connections{Limit: &Limit{Name: "the ceiling", Slots: 17, Taken: 18}}},
			"FULL: 0 of 17 slots left for applications; nothing stands out"},
		{"cut short", Snapshot{BrokenOff: ref("the server stopped answering after 1 s of 2 s"), Connections: crowd},
			"the server stopped answering after 1 s of 2 s; until then 95 of 97 slots taken; nothing stood out"},
		{"one statement", Snapshot{Connections: crowd, Statements: Statements{Top: []Statement{{Text: dedup, Held: ref(84), Load: ref(30.0), TopLevel: true}}}},
			"95 of 97 slots taken; 84 run one statement (SELECT … FROM reports.reports WHERE user_id = $1)"},
		{"one statement of unknown text", Snapshot{Connections: crowd, Statements: Statements{Top: []Statement{{Held: ref(84)}}}},
			"95 of 97 slots taken; 84 run one statement (its text is not known)"},
		{"held is not known", Snapshot{Connections: crowd, Statements: Statements{Top: []Statement{{Text: dedup, Load: ref(30.06), TopLevel: true}}}},
			"95 of 97 slots taken; one statement kept 30.1 connections busy (SELECT … FROM reports.reports WHERE user_id = $1)"},
		{"a queue", Snapshot{Connections: crowd, Blocking: &Blocking{Waiting: 80, Roots: []Blocker{{Session: session("idle in transaction", 312), Behind: 78}}}},
			"95 of 97 slots taken; 80 wait for a lock, 78 of them behind pid 7 of billing, idle in transaction for 5 min 12 s"},
		{"a prepared transaction", Snapshot{Connections: crowd, Blocking: &Blocking{Waiting: 1, Roots: []Blocker{{Prepared: ref("tx-1"), Behind: 1}}}},
			"95 of 97 slots taken; 1 waits for a lock behind the prepared transaction tx-1"},
		{"not known behind whom", Snapshot{Connections: crowd, Blocking: &Blocking{Waiting: 3}},
			"95 of 97 slots taken; 3 wait for a lock, behind whom is not known"},
		{"idle in transaction", Snapshot{Connections: Connections{Clients: 90, IdleInTx: ref(60), Limit: limit}},
			"95 of 97 slots taken; 60 are idle in transaction"},
		{"an old transaction", Snapshot{Connections: crowd, Transactions: []Transaction{{Session: Session{PID: 7, TxS: ref(7260.0)}}}},
			"95 of 97 slots taken; a transaction is open for 2 h 1 min (pid 7)"},
	} {
		if got := headline(&c.s); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		number(0): "0", number(0.04567): "0.0457", number(99.96): "100", number(12345.6): "12,346", number(7.1): "7.1",
		length(8123): "8.12 s", length(0.5): "0.5 ms", ageOf(0): "0 s", ageOf(0.25): "250 ms", ageOf(59.9): "59 s", ageOf(3600): "1 h 0 min", ageOf(1e6): "11 days",
		bytesText(0): "0 bytes", bytesText(3 << 29): "1.5 GB", thousands(-1234567): "-1,234,567", several(1, "sample"): "1 sample", several(2000, "sample"): "2,000 samples",
		name("PostgreSQL JDBC Driver"): "PostgreSQL JDBC Driver", name(`a, b 9`): `"a, b 9"`, name(`say "x"`): `"say ""x"""`, name(""): `""`,
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestWorries(t *testing.T) {
	s := evilSnapshot(t)
	if s.Slots[0].Worry == nil || s.Replicas[0].Worry == nil || s.Replicas[0].LagBytes != nil {
		t.Errorf("slots %+v, replicas %+v", s.Slots, s.Replicas)
	}
}

// A pool shows as so many clients with as many connections each.
func TestPools(t *testing.T) {
	pools := []Pool{{"api", 90, ref(9), ref(10), ref(10)}, {"job, queue", 7, ref(2), ref(3), ref(4)}, {"psql", 1, nil, nil, nil}, {Sessions: 2}}
	if got, want := poolWords(pools, 3), `api 90 (9 clients × 10), "job, queue" 7 (2 clients, 3 to 4 each), psql 1, and 1 more`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
