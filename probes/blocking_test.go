package probes

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// waitFor makes a wait that began so many seconds after start.
func waitFor(pid int32, second int, blockers ...int32) LockWait {
	return LockWait{PID: pid, BlockedBy: blockers, Since: start.Add(time.Duration(second) * time.Second)}
}

// shape writes a tree as "1(2(3) 4)": who stands under whom.
func shape(nodes []*Blocked) string {
	var words []string
	for _, n := range nodes {
		word := fmt.Sprint(n.PID)
		if n.Cycle {
			word += "!"
		}
		if len(n.Waiters) > 0 {
			word += "(" + shape(n.Waiters) + ")"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func TestBlocking(t *testing.T) {
	tests := []struct {
		name    string
		waits   []LockWait
		roots   string
		unknown string
		waiting int
	}{
		{"nobody waits", nil, "", "", 0},
		{"a row: one waits for the transaction, the others for it", []LockWait{waitFor(2, 0, 1), waitFor(4, 2, 2), waitFor(3, 1, 2)}, "1(2(3 4))", "", 3},
		{"most waiters first", []LockWait{waitFor(2, 0, 1), waitFor(6, 3, 5), waitFor(7, 4, 5)}, "5(6 7) 1(2)", "", 3},
		{"two in the way of one", []LockWait{waitFor(3, 0, 1, 2), waitFor(4, 1, 2)}, "2(3 4) 1", "", 2},
		{"a deadlock, and one behind it", []LockWait{waitFor(1, 0, 2), waitFor(2, 1, 1), waitFor(3, 2, 2)}, "1!(2!(3))", "", 3},
		{"one who is behind a deadlock and waits longer", []LockWait{waitFor(3, 0, 2), waitFor(1, 1, 2), waitFor(2, 2, 1)}, "2!(1! 3)", "", 3},
		{"a deadlock that waits for a third, too", []LockWait{waitFor(1, 0, 2), waitFor(2, 1, 1, 9)}, "9(2!(1!))", "", 2},
		{"not known for whom", []LockWait{waitFor(1, 0, 9), waitFor(2, 1)}, "9(1)", "2", 2},
		{"itself", []LockWait{waitFor(1, 0, 1)}, "", "1", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := (&Sample{Waits: test.waits}).Blocking()
			if roots, unknown := shape(b.Roots), shape(b.Unknown); roots != test.roots || unknown != test.unknown || b.Waiting != test.waiting {
				t.Errorf("roots %s, unknown %s, %d wait; want %s, %s, %d", roots, unknown, b.Waiting, test.roots, test.unknown, test.waiting)
			}
		})
	}
}

func TestBlockingSaysWhoTheyAre(t *testing.T) {
	s := &Sample{
		Backends: []Backend{
			{PID: 1, State: "idle in transaction", XactStart: start, QueryID: 7},
			{PID: 2, State: "active", XactStart: start.Add(time.Second), QueryStart: start.Add(2 * time.Second), WaitType: "Lock"},
			{PID: 3, State: "active", QueryID: 8, WaitType: "Lock"},
		},
		Waits: []LockWait{
			{PID: 2, BlockedBy: []int32{1}}, // 13 does not tell since when
			waitFor(3, 5, 0, 77), waitFor(4, 6, 0, 0), waitFor(5, 7, 2, 1),
		},
		Prepared: []PreparedTransaction{{XID: 500, GID: "two-phase", PreparedAt: start}},
	}
	s.Waits[1].Prepared, s.Waits[2].Prepared = []uint32{500}, []uint32{500, 501}
	b := s.Blocking()
	if got := shape(b.Roots); got != "1(2 5) 0(3 4) 77 0" {
		t.Fatalf("roots %s", got)
	}
	byPID := map[int32]*Blocked{}
	for _, root := range b.Roots {
		switch {
		case root.Prepared != nil:
			if root.Prepared.GID != "two-phase" || !root.Since.Equal(start) || root.Behind != 2 || root.Backend != nil {
				t.Errorf("prepared transaction %+v", root)
			}
		case root.PID != 0:
			byPID[root.PID] = root
		}
	}
	root := byPID[1]
	if root.Backend.State != "idle in transaction" || !root.Since.Equal(start) || root.Behind != 2 || root.Wait != nil || root.StatementUnknown() {
		t.Errorf("root %+v", root)
	}
	waiter := root.Waiters[0]
	if !waiter.Since.Equal(start.Add(2*time.Second)) || waiter.Behind != 1 || waiter.Wait.PID != 2 || !waiter.StatementUnknown() {
		t.Errorf("waiter without a start of its own: %+v", waiter)
	}
	if last := root.Waiters[1]; last.Others != 1 || last.Backend != nil || last.StatementUnknown() {
		t.Errorf("last in the row: %+v", last)
	}
	if gone := byPID[77]; gone.Backend != nil || !gone.Since.IsZero() || gone.Behind != 1 || len(gone.Waiters) != 0 {
		t.Errorf("blocker that the activity does not know: %+v", gone)
	}
}

// Where the locks were not read, the activity still shows who waits.
func TestBlockingOfLocksThatWereNotRead(t *testing.T) {
	s := &Sample{Backends: []Backend{
		{PID: 1, WaitType: "Lock", WaitEvent: "tuple", QueryStart: start.Add(time.Second)},
		{PID: 2, WaitType: "Lock", WaitEvent: "relation", QueryStart: start},
		{PID: 3, LeaderPID: 2, WaitType: "Lock", WaitEvent: "relation"},
		{PID: 4, WaitType: "Client", WaitEvent: "ClientRead"},
	}}
	b := s.Blocking()
	if got := shape(b.Unknown); got != "2 1" || b.Waiting != 2 || len(b.Roots) != 0 || b.Unknown[0].Wait.Kind != "relation" {
		t.Errorf("unknown %s of %d", got, b.Waiting)
	}
}

// Where some waits are known, whoever waits besides is told too; a worker's wait is its leader's.
func TestBlockingOfLocksThatWereReadInPart(t *testing.T) {
	lock := func(pid, leader int32) Backend {
		return Backend{PID: pid, LeaderPID: leader, WaitType: "Lock", WaitEvent: "relation", QueryStart: start.Add(time.Duration(pid) * time.Second)}
	}
	s := &Sample{
		Backends: []Backend{{PID: 1}, lock(2, 0), lock(3, 0), lock(40, 4), lock(41, 4), {PID: 4, QueryStart: start}, lock(50, 2), lock(6, 0)},
		Waits:    []LockWait{waitFor(2, 0, 1), waitFor(7, 0, 6)},
	}
	b := s.Blocking()
	if roots, unknown := shape(b.Roots), shape(b.Unknown); roots != "6(7) 1(2)" || unknown != "4 3" || b.Waiting != 5 {
		t.Errorf("roots %s, unknown %s, %d wait", roots, unknown, b.Waiting)
	}
	if root := b.Roots[0]; root.Wait == nil || root.Wait.Kind != "relation" || !root.Since.Equal(start.Add(6*time.Second)) {
		t.Errorf("who is in the way and waits for somebody who is not known: %+v", root)
	}
}

// TestBlockingPlacesEverybodyOnce draws waits of any shape, cycles and nonsense included.
func TestBlockingPlacesEverybodyOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &Sample{Prepared: []PreparedTransaction{{XID: 1, GID: "p"}}}
		waiting := map[int32]bool{}
		for range rapid.IntRange(0, 12).Draw(t, "waits") {
			w := LockWait{PID: rapid.Int32Range(1, 8).Draw(t, "pid"), BlockedBy: rapid.SliceOfN(rapid.Int32Range(0, 10), 0, 4).Draw(t, "blockers")}
			w.Prepared = rapid.SliceOfN(rapid.Uint32Range(0, 3), 0, 2).Draw(t, "prepared")
			s.Waits = append(s.Waits, w)
			waiting[w.PID] = true
		}
		for range rapid.IntRange(0, 4).Draw(t, "backends") {
			b := Backend{PID: rapid.Int32Range(1, 12).Draw(t, "pid"), WaitType: "Lock", LeaderPID: rapid.Int32Range(0, 3).Draw(t, "leader")}
			s.Backends = append(s.Backends, b)
			waiting[cmp.Or(b.LeaderPID, b.PID)] = true
		}
		b := s.Blocking()
		if b.Waiting != len(waiting) {
			t.Fatalf("%d wait, want %d", b.Waiting, len(waiting))
		}
		seen := map[*Blocked]bool{}
		placed := 0
		var visit func(nodes []*Blocked)
		visit = func(nodes []*Blocked) {
			for i, n := range nodes {
				if seen[n] {
					t.Fatalf("%d stands in two places", n.PID)
				}
				seen[n] = true
				if n.Wait != nil {
					placed++
				}
				if n.Behind < len(n.Waiters) || n.Behind > len(waiting) || i > 0 && nodes[i-1].Behind < n.Behind {
					t.Fatalf("%d with %d waiters has %d behind", n.PID, len(n.Waiters), n.Behind)
				}
				visit(n.Waiters)
			}
		}
		visit(b.Roots)
		visit(b.Unknown)
		if placed != len(waiting) {
			t.Fatalf("%d of %d waiters stand in the tree", placed, len(waiting))
		}
	})
}

// BenchmarkBlocking makes the tree of a storm: 900 sessions on one row.
func BenchmarkBlocking(b *testing.B) {
	s := &Sample{}
	for pid := range int32(900) {
		blocker := int32(2)
		if pid == 0 {
			blocker = 1
		}
		s.Backends = append(s.Backends, Backend{PID: pid + 2, WaitType: "Lock"})
		s.Waits = append(s.Waits, LockWait{PID: pid + 2, BlockedBy: []int32{blocker}})
	}
	for b.Loop() {
		if tree := s.Blocking(); tree.Roots[0].Behind != 900 {
			b.Fatalf("%d behind the root", tree.Roots[0].Behind)
		}
	}
}
