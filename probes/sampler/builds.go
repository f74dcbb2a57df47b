package sampler

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// buildOIDs says what a build works on, until names are known.
type buildOIDs struct{ database, relation, index uint32 }

// readBuilds reads the running index builds. Their names are filled in later.
func (s *Sampler) readBuilds(ctx context.Context, sample *probes.Sample) error {
	rows, err := s.conn.Query(ctx, query("builds"))
	if err != nil {
		return err
	}
	s.names.builds = s.names.builds[:0]
	sample.Builds, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (probes.IndexBuild, error) {
		var b probes.IndexBuild
		var of buildOIDs
		err := row.Scan(&b.PID, &of.database, &of.relation, &of.index, &b.Command, &b.Phase, &b.BlocksDone, &b.BlocksTotal,
			&b.TuplesDone, &b.TuplesTotal, &b.LockersDone, &b.LockersTotal, &b.CurrentLockerPID)
		b.Phase = sqltext.CleanLine(b.Phase)
		s.names.builds = append(s.names.builds, of)
		return b, err
	})
	return err
}
