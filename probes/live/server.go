package live

import (
	"cmp"
	"crypto/rand"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
)

// Server is a live server; it is a probes.Source.
type Server struct {
	cfg      Config
	base     *pgx.ConnConfig
	key      []byte // of the digests of parameter values; never stored, so that nobody can try values on a digest
	look     *session
	ask      *session
	act      *session
	interval atomic.Int64 // time.Duration
	standby  atomic.Bool  // as the last sample saw it
	kept     atomic.Bool  // by pg_stat_statements, as Asker.Kept has it
	pooled   atomic.Value // pooled, as the last sample saw it
	home     atomic.Pointer[home]
	spare    spare          // session in another database
	closed   chan struct{}  // closed by Close
	closing  sync.Once      // guards it
	streams  sync.WaitGroup // goroutines of Stream

	identified time.Time // when look's identity was read; for the sampling goroutine alone
}

// New reads the configuration. It does not connect: Stream does, and keeps trying.
func New(cfg Config) (*Server, error) {
	base, err := parseDSN(cfg.DSN)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, base: base, key: []byte(rand.Text()), closed: make(chan struct{})}
	s.look, s.ask, s.act = newSession(base, look, &s.home), newSession(base, ask, &s.home), newSession(base, act, &s.home)
	if cfg.Interval == 0 {
		cfg.Interval = defaultInterval
	}
	s.SetInterval(cfg.Interval)
	return s, nil
}

// Can implements probes.Source.
func (s *Server) Can() probes.Abilities {
	can := probes.Abilities{AskAnalyze: s.cfg.Analyze, NoAct: s.cfg.ReadOnly}
	if can.NoAct == "" && s.standby.Load() {
		can.NoAct = "standby: nothing can be changed here, connect to the primary"
	}
	between, _ := s.pooled.Load().(pooled)
	if between.kind == probes.NoPooler {
		return can
	}
	reason := between.words() + ": " + between.direct()
	can.NoAct = cmp.Or(can.NoAct, reason)
	can.NoAnalyze = cmp.Or(can.NoAnalyze, reason)
	if between.kind == probes.PoolStatement {
		can.NoExplain = reason
	}
	return can
}

// Target names the server for a person: user@host:port/database, never with a password.
func (s *Server) Target() string { return target(s.base) }

// SetInterval changes the time between samples, from the next one on; at least 100 ms.
func (s *Server) SetInterval(d time.Duration) { s.interval.Store(int64(max(d, minimumInterval))) }

// Close ends all sessions and waits until Stream's channels are closed.
func (s *Server) Close() {
	s.closing.Do(func() { close(s.closed) })
	s.spare.close()
	s.streams.Wait()
	for _, session := range []*session{s.look, s.ask, s.act} {
		session.close()
	}
}

// ownPIDs returns the backends of pgmedic's own warm sessions.
func (s *Server) ownPIDs() map[int32]bool {
	pids := map[int32]bool{}
	for _, session := range []*session{s.look, s.ask, s.act} {
		if pid := session.pid.Load(); pid != 0 {
			pids[pid] = true
		}
	}
	return pids
}
