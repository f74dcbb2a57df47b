package sampler

import (
	"context"
	"time"

	"github.com/pgmedic/pgmedic/probes"
)

// unnamedFor is how long a session runs a statement without an id before its text is read: parsing takes no time but where it waits for a lock.
const unnamedFor = time.Second

// sessionStatement is one statement of one session. Times in microseconds, as the server has them.
type sessionStatement struct {
	pid                int32
	session, statement int64
}

func statementOf(pid int32, backendStart, queryStart time.Time) sessionStatement {
	return sessionStatement{pid, backendStart.UnixMicro(), queryStart.UnixMicro()}
}

// unnamed is what is known of a statement that the server has given no id yet.
type unnamed struct {
	running Running
	made    int64 // pgmedic's id for it; 0: no text was there to read
	key     textKey
	usable  bool // the key
}

// isUnnamed says whether the session waits while its statement is parsed.
func isUnnamed(b probes.Backend, at time.Time) bool {
	return b.IsClient() && !b.Ours && b.State == "active" && b.QueryID == 0 && !b.QueryStart.IsZero() && at.Sub(b.QueryStart) >= unnamedFor
}

// readUnnamed gives the statements that the server has not parsed yet the ids that their texts have, because in a pile-up behind the lock of a table they are
// the load. Each text is read once.
func (r *statementReader) readUnnamed(ctx context.Context, sample *probes.Sample) error {
	pids := r.running.forgetOthers(sample)
	if len(pids) == 0 {
		r.nameUnnamed(sample)
		return errIdle
	}
	found, err := ReadRunning(ctx, r.conn, pids...)
	if err != nil {
		return err
	}
	texts := map[sessionStatement]unnamed{}
	for _, s := range found {
		key, usable := r.texts.keyOf(s)
		texts[statementOf(s.PID, s.BackendStart, s.QueryStart)] = unnamed{s, s.ID(), key, usable}
	}
	for _, b := range sample.Backends {
		of := statementOf(b.PID, b.BackendStart, b.QueryStart)
		if _, known := r.running.unnamed[of]; !known && isUnnamed(b, sample.At) {
			r.running.unnamed[of] = texts[of]
		}
	}
	r.nameUnnamed(sample)
	return nil
}

// forgetOthers keeps what is known of the sample's statements without an id, and returns the sessions of those of which nothing is.
func (r *runningReader) forgetOthers(sample *probes.Sample) (unread []int32) {
	kept := map[sessionStatement]unnamed{}
	for _, b := range sample.Backends {
		if !isUnnamed(b, sample.At) {
			continue
		}
		of := statementOf(b.PID, b.BackendStart, b.QueryStart)
		if u, known := r.unnamed[of]; known {
			kept[of] = u
		} else {
			unread = append(unread, b.PID)
		}
	}
	r.unnamed = kept
	return unread
}

// nameUnnamed gives the sample's statements without an id the one of the statement with the same text, as far as that was read. One that no text is known like
// gets an id of pgmedic's, until one is.
func (r *statementReader) nameUnnamed(sample *probes.Sample) {
	for i := range sample.Backends {
		b := &sample.Backends[i]
		u, known := r.running.unnamed[statementOf(b.PID, b.BackendStart, b.QueryStart)]
		if !known || u.made == 0 || b.QueryID != 0 {
			continue
		}
		if id, found := r.texts.byText.Get(u.key); found && u.usable && id != ambiguous {
			b.QueryID = id
			continue
		}
		b.QueryID = u.made
		r.texts.known.Put(b.QueryID, textState{whole: true}) // no other text is wanted
		r.running.tell(sample, u.made, u.running)
	}
}
