package apply

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Step is one statement of a build or of a clean-up. It is sent alone.
type Step struct {
	SQL  string // exactly as it is sent
	What string // in a person's words, harmless

	kind     stepKind
	table    uint32        // oid of the table that it works on
	method   string        // access method of the index that is created; empty: btree
	expected time.Duration // 0: not known
	pages    int64         // of the table of an index that is created, as of the last VACUUM or ANALYZE
	patience time.Duration // of a brief step: how long its lock is waited for in all; 0: lockPatience
	makes    string        // quoted name of the index that it creates; empty: none
	drops    *dropTarget   // the index that it drops, as it must be still when that is sent; nil: none
}

type stepKind int

const (
	stepSet        stepKind = iota // a setting of the session
	stepCreate                     // CREATE INDEX CONCURRENTLY
	stepOnOnly                     // CREATE INDEX … ON ONLY a partitioned table
	stepAttach                     // ALTER INDEX … ATTACH PARTITION
	stepDrop                       // DROP INDEX CONCURRENTLY
	stepDropParent                 // DROP INDEX of a partitioned table
	stepReindex                    // REINDEX INDEX CONCURRENTLY
	stepAnalyze                    // ANALYZE
	stepExtension                  // CREATE EXTENSION
)

// brief says whether the statement takes a lock that the application queues behind.
func (s Step) brief() bool {
	return s.kind == stepOnOnly || s.kind == stepAttach || s.kind == stepDropParent
}

// The tags at the end of the statements.
const (
	buildTag = " /* pgmedic:index-build */"
	dropTag  = " /* pgmedic:index-drop */"
)

// lockPiece is how long a brief statement has at a time, for all the locks that it takes together: so long the application may queue behind it. Between two pieces it
// rests for lockRest, and after lockPatience it is given up.
const (
	lockPiece    = 500 * time.Millisecond
	lockRest     = time.Second
	lockPatience = time.Minute
)

// SQLSTATEs that decide (PostgreSQL manual, appendix A).
const (
	lockNotAvailable = "55P03"
	queryCanceled    = "57014"
)

// texts are the statements of steps.
func texts(steps []Step) []string {
	sql := make([]string, len(steps))
	for i, s := range steps {
		sql[i] = s.SQL
	}
	return sql
}

// withLimit puts a statement_timeout around brief steps, which are neighbours: the session has none, because a concurrent build waits for as long as it takes. A
// lock_timeout would count anew for each lock, and such a step takes one on each partition while it holds those before. SET costs under 0.1 ms; all versions, every
// role.
func withLimit(brief []Step) []Step {
	if len(brief) == 0 {
		return nil
	}
	limit := fmt.Sprintf("SET statement_timeout = '%dms'"+buildTag, lockPiece.Milliseconds())
	steps := append([]Step{{SQL: limit, What: "limit how long others can queue behind the next statements", kind: stepSet}}, brief...)
	return append(steps, Step{SQL: "SET statement_timeout = 0" + buildTag, What: "take the limit back", kind: stepSet})
}

// dropStep drops an index CONCURRENTLY. It waits for everyone who uses the table; needs the index's owner; all versions from 13. Never IF EXISTS, never CASCADE.
func dropStep(t dropTarget) Step {
	return Step{SQL: "DROP INDEX CONCURRENTLY " + sqltext.Ident(t.schema, t.name) + dropTag, What: "drop " + words(t.schema, t.name), kind: stepDrop, table: t.table, drops: &t}
}

// dropByHand is the statement for a person.
func dropByHand(schema, name string) string { return "DROP INDEX CONCURRENTLY " + words(schema, name) }

// dropParentStep drops the index of a partitioned table with those of its partitions: the server has no concurrent way. It locks the table and all partitions
// against everybody for a moment; needs the index's owner; all versions.
func dropParentStep(t dropTarget) Step {
	return Step{SQL: "DROP INDEX " + sqltext.Ident(t.schema, t.name) + dropTag, What: "drop " + words(t.schema, t.name) + " with those of the partitions",
		kind: stepDropParent, table: t.table, drops: &t}
}

// words is a name for a person.
func words(parts ...string) string { return sqltext.CleanLine(sqltext.Ident(parts...)) }

// typed is what confirms a change of the index: its name, or a word in its place where nobody can type the name as it is shown.
func typed(verb, name string) string {
	if name == sqltext.CleanLine(name) {
		return name
	}
	hash := sha256.Sum256([]byte(name))
	return verb + "-" + hex.EncodeToString(hash[:2])
}

// sender is the session that steps are sent in.
type sender interface {
	Exec(ctx context.Context, sql string) error
	Read(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error
}

var _ sender = (*live.BuildSession)(nil)

// nothingWasSent is said where not even the first statement was sent.
const nothingWasSent = "nothing was sent"

// readFirst reads what decides whether a statement may be sent. Its errors are no reply to that: unsent says so. A cancel from here stopped the session before; any other
// end of the reading is its own timeout, or somebody's cancel of the reading alone.
func readFirst(ctx context.Context, session sender, unsent string, fn func(ctx context.Context, tx pgx.Tx) error) error {
	err := session.Read(ctx, fn)
	if pgerr.State(err) == queryCanceled {
		if stopped := session.Read(ctx, func(context.Context, pgx.Tx) error { return nil }); errors.Is(stopped, live.ErrStopped) {
			return stopped
		}
		err = errors.New("the server did not answer in time, or somebody cancelled the reading")
	}
	if err == nil || errors.Is(err, live.ErrStopped) {
		return err
	}
	return &playbooks.NotSent{What: unsent, Err: err}
}

// sendAll sends the steps one after the other, and tells which one it is at. It ends at the first that fails.
func sendAll(ctx context.Context, session sender, steps []Step, at func(int)) error {
	for i, s := range steps {
		at(i)
		if err := s.send(ctx, session, either(i == 0, nothingWasSent, "it was not sent")); err != nil {
			return fmt.Errorf("%s: %w", s.What, err)
		}
	}
	at(len(steps))
	return nil
}

// send sends one step. A brief one that does not come through in one piece of time had no effect; it is tried in further pieces for a while. unsent says what was not
// sent where it is refused before.
func (s Step) send(ctx context.Context, session sender, unsent string) error {
	patience := cmp.Or(s.patience, lockPatience)
	until := time.Now().Add(patience)
	for {
		if err := s.drops.recheck(ctx, session, unsent); err != nil {
			return err
		}
		began := time.Now()
		err := session.Exec(ctx, s.SQL)
		switch {
		case !s.brief() || pgerr.State(err) != queryCanceled || time.Since(began) < lockPiece: // earlier than that it was not the timeout, but somebody
			return err
		case time.Now().After(until): // as the server says it of one lock
			return &pgconn.PgError{Severity: "ERROR", Code: lockNotAvailable,
				Message: fmt.Sprintf("its locks were not to be had within %s at a time, and it was given up after %s", lockPiece, patience)}
		}
		unsent = "it was not sent again"
		select {
		case <-time.After(lockRest):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
