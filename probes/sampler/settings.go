package sampler

import (
	"context"

	"github.com/pgmedic/pgmedic/probes"
)

// settings are the server's settings that samples are read with.
type settings struct {
	ceiling        probes.Ceiling
	computeQueryID string // empty before 14
}

func (s *Sampler) readSettings(ctx context.Context, _ *probes.Sample) error {
	var read settings
	c := &read.ceiling
	err := s.conn.QueryRow(ctx, query("ceiling")).
		Scan(&c.MaxConnections, &c.SuperuserReserved, &c.Reserved, &c.DatabaseLimit, &read.computeQueryID)
	if err != nil {
		return err
	}
	s.settings = read
	return nil
}
