package sampler

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// progressEvery is how often progress is read: it is of commands that take minutes.
const progressEvery = 5 * time.Second

// readProgress reads the running commands that report their progress, but for index builds. Their names are filled in later.
func (s *Sampler) readProgress(ctx context.Context, sample *probes.Sample) error {
	rows, err := s.conn.Query(ctx, query("progress", progressPlaceholders(s.server.Version)...))
	if err != nil {
		return err
	}
	type oids struct{ database, relation uint32 }
	var all []oids
	hidden := 0
	var p probes.Progress
	var of oids
	var isHidden bool
	var done, total *int64
	into := []any{&p.PID, &isHidden, &of.database, &of.relation, &p.Command, &p.Phase, &done, &total, &p.Unit}
	sample.Progress = []probes.Progress{} // read, if there are none
	_, err = pgx.ForEachRow(rows, into, func() error {
		if isHidden {
			hidden++
			return nil
		}
		p.Done, p.Total = known(done), known(total)
		sample.Progress = append(sample.Progress, p)
		all = append(all, of)
		return nil
	})
	if err != nil {
		return err
	}
	for i := range sample.Progress {
		p, of := &sample.Progress[i], all[i]
		s.names.database(of.database, &p.Database)
		if of.relation != 0 {
			s.names.relation(of.database, of.relation, &p.Relation)
		}
	}
	sayHidden(sample, "progress", hidden, "how far "+probes.Counted(hidden, "command", "commands")+" of other roles got")
	return nil
}

// progressPlaceholders fits the query to the server's version.
func progressPlaceholders(version int) []string {
	placeholders := []string{"{copy}", "'COPY'", "{indexes_done}", "s.param10", "{indexes_total}", "s.param9"}
	if version < 140000 {
		placeholders[1] = "NULL"
	}
	if version < 170000 {
		placeholders[3], placeholders[5] = "0", "0"
	}
	return placeholders
}

// sayHidden says in the sample what some rows lack, with the GRANT that shows it; the others stand. what says of what and of how many.
func sayHidden(sample *probes.Sample, probe string, hidden int, what string) {
	if hidden == 0 {
		return
	}
	role := sample.Server.User
	sample.Failures = append(sample.Failures, probes.Failure{Probe: probe, Reason: fmt.Sprintf(
		"%s is hidden from role %s: GRANT pg_read_all_stats TO %s (or pg_monitor)", what, role, sqltext.Ident(role))})
}
