package sampler

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
)

// runningReader makes up for a server that gives what the sessions run no ids: any of them, or those that it has not parsed yet.
type runningReader struct {
	makesIDs bool                            // in this sample pgmedic gave the statements ids, because the server does not
	told     *probes.Recent[int64, struct{}] // texts handed on, by the id that pgmedic made
	unnamed  map[sessionStatement]unnamed    // of the last sample, as far as their texts were read
}

func newRunningReader() runningReader {
	return runningReader{told: probes.NewRecent[int64, struct{}](probes.StatementsKept)}
}

// Running is a statement that a session runs, as running_statements.sql reads it.
type Running struct {
	PID          int32
	BackendStart time.Time
	QueryStart   time.Time
	database     uint32
	user         uint32
	text         string // the beginning at least; literals are still there
	length       int    // of the whole text, in bytes
	Clipped      bool   // by the server, at track_activity_query_size
}

// ID is the id that pgmedic gives the statement.
func (s Running) ID() int64 {
	return RunningID(s.database, s.user, s.text, s.Clipped || len(s.text) < s.length)
}

// readRunning says in the sample that statements are known from sampled activity alone, where pg_stat_statements tells nothing. Where the server gives them
// no ids either, it reads their texts and makes some. Where it does, only those that it has not parsed yet need one.
func (r *statementReader) readRunning(ctx context.Context, sample *probes.Sample) error {
	r.running.makesIDs = false
	if slices.ContainsFunc(sample.Backends, func(b probes.Backend) bool { return b.QueryID != 0 }) { // pgmedic's own session at least
		sample.Statements.Sampled = r.blind
		return r.readUnnamed(ctx, sample)
	}
	if r.blind == "" {
		return errIdle // version 13
	}
	statements, err := ReadRunning(ctx, r.conn)
	if err != nil {
		return err
	}
	r.running.fill(sample, statements)
	r.running.makesIDs = true
	sample.Statements.Sampled = r.blind
	return nil
}

// fill gives the sample's sessions the ids of what they run. A session that went on to another statement since the activity was read is shown with that one.
func (r *runningReader) fill(sample *probes.Sample, statements []Running) {
	byPID := map[int32]Running{}
	for _, s := range statements {
		byPID[s.PID] = s
	}
	ids := map[int32]int64{}
	for i := range sample.Backends {
		b := &sample.Backends[i]
		s, found := byPID[b.PID]
		if !found || !b.IsClient() || b.State != "active" || !s.BackendStart.Equal(b.BackendStart) {
			continue
		}
		b.QueryID, b.QueryStart = s.ID(), s.QueryStart
		ids[b.PID] = b.QueryID
		r.tell(sample, b.QueryID, s)
	}
	for i := range sample.Backends { // as the server does it
		if b := &sample.Backends[i]; b.LeaderPID != 0 {
			b.QueryID = ids[b.LeaderPID]
		}
	}
}

// tell hands on the text of a statement that pgmedic made an id for, once.
func (r *runningReader) tell(sample *probes.Sample, id int64, s Running) {
	if _, told := r.told.Get(id); told {
		return
	}
	if sample.Statements.Texts == nil {
		sample.Statements.Texts = map[int64]string{}
	}
	sample.Statements.Texts[id] = public(s.text, s.length)
	r.told.Put(id, struct{}{})
}

// ReadRunning reads what the active clients run: all of them, or those named.
func ReadRunning(ctx context.Context, conn *pgx.Conn, pids ...int32) ([]Running, error) {
	rows, err := conn.Query(ctx, query("running_statements", "{query}", rawText(conn, "s.query")), pids)
	if err != nil {
		return nil, err
	}
	var found []Running
	var s Running
	var raw []byte
	into := []any{&s.PID, &s.BackendStart, &s.QueryStart, &s.database, &s.user, &raw, &s.length, &s.Clipped}
	_, err = pgx.ForEachRow(rows, into, func() error {
		if s.text = string(raw); s.text != HiddenText {
			found = append(found, s)
		}
		return nil
	})
	return found, err
}
