package live

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// once returns a read-only session for one question in the named database, or in the one looked at. It does not wait for a slot. The caller closes it.
func (s *Server) once(database string, r role) *session {
	config := s.base
	if database != "" {
		config = s.base.Copy()
		config.Database = database
	}
	return newSession(config, r, &s.home)
}

// elsewhere returns a read-only session in another database of the same server: the spare one, or a new one. The caller gives it to spare.keep.
func (s *Server) elsewhere(database string) *session {
	if kept := s.spare.take(database); kept != nil {
		return kept
	}
	return s.once(database, ask)
}

// spareLife is how long a session in another database is kept for the next question: the plans of one statement are asked for one after the other.
const spareLife = 2 * time.Second

// spare keeps at most one session that nobody uses.
type spare struct {
	mu       sync.Mutex
	session  *session // nil: none
	database string
	closing  *time.Timer
	ended    bool
}

// take returns the session that is kept for the database; nil: none is.
func (s *spare) take(database string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == nil || s.database != database {
		return nil
	}
	s.closing.Stop()
	kept := s.session
	s.session = nil
	return kept
}

// keep takes a session back and closes it soon, at once where another is kept already.
func (s *spare) keep(database string, back *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.session != nil || back.conn == nil {
		back.close()
		return
	}
	s.session, s.database = back, database
	s.closing = time.AfterFunc(spareLife, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.session == back {
			s.session = nil
			back.close()
		}
	})
}

// close ends the session that is kept; those in use end when they are given back.
func (s *spare) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	if s.session != nil {
		s.closing.Stop()
		s.session.close()
		s.session = nil
	}
}

// oneMoreError says in which database something failed, and of a refusal for want of a slot that a question needed one more session.
func oneMoreError(q explain.Question, err error) error {
	if err == nil || q.Database == "" && !q.Analyze {
		return err
	}
	needs, words := "EXPLAIN ANALYZE runs in a session of its own", err.Error()
	if q.Database != "" {
		needs, words = fmt.Sprintf("looking into database %s takes one more session for a moment", q.Database), "in database "+q.Database+": "+words
	}
	var connecting *pgerr.Step
	if errors.As(err, &connecting) && pgerr.State(err) == "53300" {
		words = fmt.Sprintf("%s, and there is no slot for it: %s; %s", needs, pgerr.Reason(err), pgerr.Next(err))
	}
	return pgerr.Harmless(pgerr.Say(words, err))
}
