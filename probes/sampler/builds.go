package sampler

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// readBuilds reads the running index builds. Their names are filled in later.
func (s *Sampler) readBuilds(ctx context.Context, sample *probes.Sample) error {
	rows, err := s.conn.Query(ctx, query("builds"))
	if err != nil {
		return err
	}
	type oids struct{ database, relation, index uint32 }
	var all []oids
	hidden := 0
	var b probes.IndexBuild
	var of oids
	var isHidden bool
	into := []any{&b.PID, &isHidden, &of.database, &of.relation, &of.index, &b.Command, &b.Phase, &b.BlocksDone, &b.BlocksTotal,
		&b.TuplesDone, &b.TuplesTotal, &b.LockersDone, &b.LockersTotal, &b.CurrentLockerPID}
	sample.Builds = []probes.IndexBuild{} // read, if there are none
	_, err = pgx.ForEachRow(rows, into, func() error {
		if isHidden {
			hidden++
			return nil
		}
		b.Phase = sqltext.CleanLine(b.Phase)
		sample.Builds = append(sample.Builds, b)
		all = append(all, of)
		return nil
	})
	if err != nil {
		return err
	}
	for i := range sample.Builds {
		b, of := &sample.Builds[i], all[i]
		s.names.database(of.database, &b.Database)
		s.names.relation(of.database, of.relation, &b.Relation)
		s.names.relation(of.database, of.index, &b.Index)
	}
	sayHidden(sample, "builds", hidden, "how far "+probes.Counted(hidden, "index build", "index builds")+" of other roles got")
	return nil
}
