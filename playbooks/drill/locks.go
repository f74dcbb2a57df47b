package drill

import (
	"context"
	_ "embed"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/probes/watch"
)

// The statements of the two who get in the application's way, for every version, as their roles. They carry no tag of pgmedic's: they are what it
// looks at.
var (
	//go:embed sql/locks.sql
	locksSQL string
	//go:embed sql/correct.sql
	correctSQL string // one row, by the primary key; its transaction stays open
	//go:embed sql/migrate.sql
	migrateSQL string // changes the catalogue alone, but needs ACCESS EXCLUSIVE for that
)

// The two: a person with psql who corrects a row by hand, and the deployment's migration.
const (
	personRole    = "reports_support"
	personName    = "psql"
	migrationRole = "reports_owner"
	migrationName = "migrate"
)

// locksCalm is how many reports a second are asked for: each asks for a lock twice, so sixty wait within two seconds, while a machine that completes
// hundreds a second is all but idle.
const locksCalm = 30

// locks is a lock pile-up: a person's session updates a row and stays idle in transaction, a migration queues behind it for ACCESS EXCLUSIVE, and
// all that the application sends queues behind that.
type locks struct {
	person, migration string // connection strings

	begun    bool
	happened chan record.Event // what the two see
	migrated chan struct{}     // closed when the migration is done
	cancel   context.CancelFunc
	running  sync.WaitGroup
}

func newLocks() *locks {
	return &locks{
		happened: make(chan record.Event, 6), // a begin, an end and a panic of each: nobody waits to tell
		migrated: make(chan struct{}),
	}
}

// rows implements plot.
func (*locks) rows() int { return LocksRows }

// prepare implements plot.
func (l *locks) prepare(ctx context.Context, d *Drill, password string) (err error) {
	if err := once(ctx, d.DSN(), fmt.Sprintf(locksSQL, sqltext.Literal(password))); err != nil {
		return fmt.Errorf("preparing the lock pile-up: %w", err)
	}
	if l.person, err = asRole(d.DSN(), personRole, password, personName); err != nil {
		return err
	}
	l.migration, err = asRole(d.DSN(), migrationRole, password, migrationName)
	return err
}

// asRole is a superuser's DSN for another role and application.
func asRole(dsn, role, password, application string) (string, error) {
	uri, err := url.Parse(dsn)
	if err != nil {
		return "", fmt.Errorf("reading the server's address: %w", err)
	}
	uri.User = url.UserPassword(role, password)
	query := uri.Query()
	query.Set("application_name", application)
	uri.RawQuery = query.Encode()
	return uri.String(), nil
}

// calm implements plot.
func (*locks) calm(c capacity) (float64, string) {
	calm := min(locksCalm, calmShare*c.perSecond())
	return calm, fmt.Sprintf("calm %.1f/s", calm)
}

// react implements plot: the person begins when there is a baseline.
func (l *locks) react(d *director, u *watch.Update) {
	if !l.begun && u.Tick.Sample != nil && d.mayBegin(u) {
		l.begin()
	}
	for {
		select {
		case e := <-l.happened:
			d.keep(u, e)
		default:
			return
		}
	}
}

// begin lets the person update a row, and the migration come once that is done.
func (l *locks) begin() {
	ctx, cancel := context.WithCancel(context.Background())
	l.begun, l.cancel = true, cancel
	updated := make(chan struct{})
	l.running.Go(func() {
		l.act(ctx, l.person, personName, func(conn *pgx.Conn) error { return l.correct(ctx, conn, updated) })
	})
	l.running.Go(func() {
		select {
		case <-updated:
			l.act(ctx, l.migration, migrationName, func(conn *pgx.Conn) error { return l.migrate(ctx, conn) })
		case <-ctx.Done():
		}
	})
}

// stop implements plot.
func (l *locks) stop() {
	if l.begun {
		l.cancel()
		l.running.Wait()
	}
}

// act connects one of the two and lets it work; an error ends it, and is told unless it is only the end of the drill.
func (l *locks) act(ctx context.Context, dsn, name string, work func(*pgx.Conn) error) {
	defer probes.OnPanic(func(err error) { l.tell(name, err.Error(), "") })
	conn, err := pgx.Connect(ctx, dsn)
	if err == nil {
		err = work(conn)
		_ = conn.Close(context.WithoutCancel(ctx)) // it may be lost: that is what was told
	}
	if err != nil && ctx.Err() == nil {
		kind, words := kindOf(err)
		l.tell(name, words, kind.sqlstate)
	}
}

// correct updates a row and leaves its transaction open until the session is ended.
func (l *locks) correct(ctx context.Context, conn *pgx.Conn, updated chan<- struct{}) error {
	for _, sql := range []string{"BEGIN", correctSQL} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	l.tell(personName, "updates a row of reports.reports by hand, and its transaction stays open", "")
	close(updated)
	_, err := conn.WaitForNotification(ctx) // none comes
	return err
}

// migrate runs the migration, which waits for the person's transaction.
func (l *locks) migrate(ctx context.Context, conn *pgx.Conn) error {
	l.tell(migrationName, "runs "+strings.TrimSpace(migrateSQL), "")
	began := time.Now()
	if _, err := conn.Exec(ctx, migrateSQL); err != nil {
		return err
	}
	close(l.migrated)
	l.tell(migrationName, fmt.Sprintf("its ALTER TABLE is done after %.1f s", time.Since(began).Seconds()), "")
	return nil
}

// tell says what one of the two has seen, by its own clock.
func (l *locks) tell(name, what, sqlstate string) {
	e := record.Event{Kind: record.Imported, At: time.Now().UTC(), Basis: record.ImportClock, Source: "drill", Title: name + ": " + what}
	if sqlstate != "" {
		e.Title, e.Data = e.Title+" ("+sqlstate+")", map[string]string{"sqlstate": sqlstate}
	}
	l.happened <- e
}
