package room

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes"
)

// call is a session that runs the statement.
type call struct {
	probes.Backend
	age time.Duration // of the call, by the server's clock
}

// view is one look at the server.
type view struct {
	at    time.Time                // server time
	taken int                      // slots of the limit
	own   int                      // of them the statement's roles'
	rest  int                      // of those, sessions that rest for long: their clients' next requests find them
	calls []call                   // the oldest first
	now   map[int32]probes.Backend // every client's session
}

// glance is the door to look through: Asker.Glance, or Sender.Glance, which does not wait for what is drafted meanwhile.
type glance func(ctx context.Context, read func(pgx.Rows) error, sql string, args ...any) error

// look reads who is connected and who runs the statement.
func look(ctx context.Context, through glance, t target) (view, error) {
	v := view{now: map[int32]probes.Backend{}}
	err := through(ctx, func(rows pgx.Rows) error {
		var b probes.Backend
		var start, change, xact, began *time.Time
		var counts, isCall, own, rests bool
		_, err := pgx.ForEachRow(rows, []any{&b.PID, &start, &b.State, &change, &xact, &began, &counts, &isCall, &own, &rests, &v.at}, func() error {
			b.BackendStart, b.StateChange, b.XactStart, b.QueryStart = known(start), known(change), known(xact), known(began)
			v.add(b, counts, isCall, own, rests)
			return nil
		})
		return err
	}, query("look"), t.queryID, t.database, t.roles, orNull(t.of), orNull(t.owner), restLong.Seconds())
	if err != nil {
		return view{}, fmt.Errorf("looking at the sessions to hold the line: %w", err)
	}
	slices.SortFunc(v.calls, func(a, b call) int { return cmp.Compare(b.age, a.age) })
	return v, nil
}

func (v *view) add(b probes.Backend, counts, isCall, own, rests bool) {
	v.now[b.PID] = b
	if counts {
		v.taken++
	}
	if counts && own {
		v.own++
	}
	if counts && own && rests {
		v.rest++
	}
	if isCall {
		v.calls = append(v.calls, call{b, v.at.Sub(b.QueryStart)})
	}
}

// begunAfter counts the calls that began after a time of the server's clock.
func (v *view) begunAfter(t time.Time) int {
	n := 0
	for _, c := range v.calls {
		if c.QueryStart.After(t) {
			n++
		}
	}
	return n
}

func orNull(oid uint32) *uint32 {
	if oid == 0 {
		return nil
	}
	return &oid
}

func known(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// flag reads a query that gives one truth.
func flag(ctx context.Context, through glance, name string) (answer bool, err error) {
	err = through(ctx, func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&answer}, func() error { return nil })
		return err
	}, query(name))
	return answer, err
}
