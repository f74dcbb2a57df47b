package live

import (
	"errors"
	"fmt"

	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// elsewhere returns a read-only session in another database of the same server, for one question: one more slot for a moment. It does not wait for a slot. The
// caller closes it.
func (s *Server) elsewhere(database string) *session {
	config := s.base.Copy()
	config.Database = database
	return newSession(config, ask, &s.home)
}

// elsewhereError says in which database something failed, and of a full server what the way is.
func elsewhereError(database string, err error) error {
	if err == nil || database == "" {
		return err
	}
	words := "in database " + database + ": " + err.Error()
	var connecting *pgerr.Step
	if errors.As(err, &connecting) && pgerr.State(err) == "53300" {
		words = fmt.Sprintf("looking into database %s takes one more session for a moment, and the server is full: %s; make room first", database, pgerr.Reason(err))
	}
	return pgerr.Harmless(pgerr.Say(words, err))
}
