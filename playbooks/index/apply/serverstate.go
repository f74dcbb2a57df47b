package apply

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/figure"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// serverState is what of the server decides over a build.
type serverState struct {
	version       int
	versionText   string
	inRecovery    bool
	role          string
	seesAll       bool  // pg_read_all_stats
	memory        int64 // maintenance_work_mem, bytes
	tempLimit     int64 // temp_file_limit, bytes; -1: none
	tablespace    string
	clients, most int // connections of clients, and how many have room beside the reserved slots
}

func readServer(ctx context.Context, tx pgx.Tx) (serverState, error) {
	var s serverState
	err := tx.QueryRow(ctx, query("build_server")).Scan(&s.version, &s.versionText, &s.inRecovery, &s.role, &s.seesAll, &s.memory, &s.tempLimit, &s.tablespace,
		&s.clients, &s.most)
	if err != nil {
		return s, fmt.Errorf("reading the server's state: %w", err)
	}
	return s, nil
}

// corrupts says whether this version can build a corrupt index CONCURRENTLY (release notes of 14.4).
func (s serverState) corrupts() bool { return s.version >= 140000 && s.version < 140004 }

func (s serverState) checks() []playbooks.Check {
	checks := []playbooks.Check{
		refuse(s.corrupts(), "version", "PostgreSQL "+sqltext.CleanLine(s.versionText), "14.0 to 14.3 can build a corrupt index CONCURRENTLY; update to the last 14"),
		refuse(s.inRecovery, "server", either(s.inRecovery, "a standby", "a primary"), "connect to the primary"),
	}
	if !s.seesAll {
		checks = append(checks, caution(true, "visibility", "whom the build would wait for is hidden from this role where it is another role's session",
			s.grant()))
	}
	return checks
}

// grant is what lets this role see other roles' sessions.
func (s serverState) grant() string {
	return "GRANT pg_read_all_stats TO " + words(s.role) + " (or pg_monitor)"
}

// How much more than the index a build needs: its sort is written out where it does not fit into memory, and always by parallel workers; the sort of a GIN index's entries,
// which its validation needs, is far larger than the index; and the index goes through the WAL.
const (
	tempShare    = 1.15
	ginShare     = 3
	parallelFrom = 8 << 20 // bytes, as min_parallel_table_scan_size is by default
	walShare     = 0.9
)

// room judges memory, disk and connections.
func (s serverState) room(o Order, now *Planned) []playbooks.Check {
	bytes := o.bytes()
	largest, sorted := now.largest(o)
	temp, written := 0.0, 0.0 // what the sort surely writes out, and what may be written out in all
	if sorted && largest > float64(s.memory) {
		temp = tempShare * largest
	}
	if sorted && largest > parallelFrom {
		written = tempShare * largest
	}
	if gin := ginShare * o.bytesOf("gin"); gin > float64(s.memory) {
		written = max(written, gin)
	}
	where := "in the database's tablespace"
	if s.tablespace != "" {
		where = "in tablespace " + words(s.tablespace)
	}
	disk := fmt.Sprintf("free space cannot be read through SQL; needed are about %s %s, up to %s of temporary files and %s of WAL", figure.Size(bytes), where, figure.Size(max(temp, written)), figure.Size(walShare*bytes))
	memory := "maintenance_work_mem is " + figure.Size(float64(s.memory))
	if temp > 0 {
		memory += ", less than the sort needs: it goes through temporary files"
	}
	checks := []playbooks.Check{
		caution(true, "disk", disk, "look at the server's file system or its monitoring"),
		pass("memory", memory),
		caution(s.most-s.clients < 3, "connections", fmt.Sprintf("%d of %d in use; the build takes one", s.clients, s.most),
			"make room first: a build must not take the last slot from the application"),
	}
	if s.tempLimit >= 0 && temp > 0 {
		low := temp > float64(s.tempLimit)
		checks = append(checks, refuse(low, "temp_file_limit", fmt.Sprintf("%s, the sort needs about %s", figure.Size(float64(s.tempLimit)), figure.Size(temp)),
			"raise it for the role that builds, as a superuser: ALTER ROLE "+words(s.role)+" SET temp_file_limit = …; else the build fails and leaves an INVALID index"))
	}
	return checks
}

// bytesOf is the estimated size of all indexes of a method together.
func (o Order) bytesOf(method string) float64 {
	sum := 0.0
	for _, x := range o.Indexes {
		if x.Shape.Method == method {
			sum += x.Bytes
		}
	}
	return sum
}

// largest is the estimated size of the largest single index that is built, in bytes, and whether any of them is sorted.
func (p *Planned) largest(o Order) (bytes float64, sorted bool) {
	for i, x := range o.Indexes {
		method := x.Shape.Method
		sorted = sorted || method == "" || method == "btree" || method == "hash"
		pages, most := 0.0, 0.0
		for _, leaf := range p.trees[i].leaves() {
			pages += float64(leaf.pages + 1)
			most = max(most, float64(leaf.pages+1))
		}
		if pages > 0 {
			bytes = max(bytes, x.Bytes*most/pages)
		}
	}
	return bytes, sorted
}

// lagWorthAWord is from how many bytes behind a receiver, or kept for a slot, it is said before more WAL is made.
const lagWorthAWord = 1 << 30

// replicationChecks says what keeps WAL, which a build makes more of.
func (s serverState) replicationChecks(ctx context.Context, tx pgx.Tx, bytes float64) ([]playbooks.Check, error) {
	rows, err := tx.Query(ctx, query("build_replication"))
	if err != nil {
		return nil, fmt.Errorf("reading the replication slots and receivers: %w", err)
	}
	var kind, name string
	var active, visible bool
	var behind *int64
	n := map[string]int{}
	var checks []playbooks.Check
	_, err = pgx.ForEachRow(rows, []any{&kind, &name, &active, &visible, &behind}, func() error {
		n[kind]++
		switch {
		case kind == "slot" && !active:
			kept := "an unknown amount"
			if behind != nil {
				kept = figure.Size(float64(*behind))
			}
			checks = append(checks, caution(true, "replication", fmt.Sprintf("nobody reads slot %s: it keeps %s of WAL, and about %s more with this build",
				sqltext.CleanLine(name), kept, figure.Size(walShare*bytes)), "see to its reader, or drop the slot where nobody needs it"))
		case !visible:
			checks = append(checks, caution(true, "replication", "how far "+kind+" "+sqltext.CleanLine(name)+" is behind is not visible to this role, and the build adds about "+
				figure.Size(walShare*bytes), s.grant()+"; or ask who runs it"))
		case behind == nil && kind == "receiver":
			checks = append(checks, caution(true, "replication", "how far receiver "+sqltext.CleanLine(name)+" is behind is not known: it has not said so yet, and the build adds about "+
				figure.Size(walShare*bytes), "see to it that it keeps up"))
		case behind != nil && *behind > lagWorthAWord:
			checks = append(checks, caution(true, "replication", fmt.Sprintf("%s %s is %s behind, and the build adds about %s", kind, sqltext.CleanLine(name),
				figure.Size(float64(*behind)), figure.Size(walShare*bytes)), "let it catch up first"))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the replication slots and receivers: %w", err)
	}
	if len(checks) == 0 {
		checks = append(checks, pass("replication", several(n["slot"], "slot", "slots")+" and "+several(n["receiver"], "receiver", "receivers")+", none far behind"))
	}
	return checks, nil
}
