package doctor

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// patience bounds the reading as a whole, plainPatience that of the timeouts of others; each statement has the ask session's own bound.
const (
	patience      = 30 * time.Second
	plainPatience = 8 * time.Second
)

// reading is one thing that is read by itself.
type reading struct {
	what  string // for a person who is told that it failed
	needs string // predefined role that may read it; empty: every role may
	from  int    // major version that has it first; 0: all
	read  func(ctx context.Context, tx pgx.Tx, r *Readings) error
}

// readings are everything that is read, in order: some use what came before.
var readings = []reading{
	{what: "this session", read: readSession},
	{what: "this role", read: into("role", func(r *Readings, found []Role) { r.Role = first(found) })},
	{what: "the settings", read: readSettings},
	{what: "the settings of roles and databases", read: readRoleSettings},
	{what: "errors in the configuration files", needs: fileSettings, read: into("file_errors", func(r *Readings, found []BadLine) { r.BadLines = found })},
	{what: "the sessions", read: into("sessions", func(r *Readings, found []Sessions) { r.Sessions = first(found) })},
	{what: "the client connections", read: into("clients", func(r *Readings, found []Pool) { r.Pools = found })},
	{what: "the limits of roles and databases", read: into("limits", func(r *Readings, found []Limit) { r.Limits = found })},
	{what: "the extensions", read: readExtensions},
	{what: "pg_stat_statements", needs: statementsName, read: readStatements},
	{what: "the tables' owners", read: into("owners", func(r *Readings, found []Owner) { r.Owners = found })},
	{what: "the databases", read: into("databases", func(r *Readings, found []Database) { r.Databases = found })},
	{what: "the collation's version", from: 15, read: readCollation},
	{what: "the tables' statistics", read: readTables},
	{what: "the indexes", read: into("indexes", func(r *Readings, found []Index) { r.Indexes = found })},
	{what: "prepared transactions", read: into("prepared", func(r *Readings, found []Prepared) { r.Prepared = found })},
	{what: "replication slots", needs: "pg_monitor", read: into("slots", func(r *Readings, found []Slot) { r.Slots = found })},
	{what: "the replicas", needs: "pg_monitor", read: into("replicas", func(r *Readings, found []Replica) { r.Replicas = found })},
	{what: "the archiver", needs: "pg_monitor", read: into("archiver", func(r *Readings, found []Archiver) { r.Archiver = first(found) })},
}

// read reads everything. What is not read in time is left out; only a server that cannot be reached, or lets nothing be read, is an error.
func read(ctx context.Context, server *live.Server, dsn string, patience time.Duration) (*Readings, error) {
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ask := server.Ask()
	who, err := ask.Server(within)
	if err != nil {
		return nil, notReached(server.Target(), err)
	}
	r := &Readings{Target: server.Target(), Server: who}
	err = readAll(within, ask, r)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if r.Session == nil && r.Role == nil && r.Settings == nil {
		return nil, pgerr.Say("examining "+sqltext.CleanLine(r.Target)+": it could not be examined: "+pgerr.Reason(err), err)
	}
	plain, done := context.WithTimeout(ctx, plainPatience)
	defer done()
	if err := readPlain(plain, r, dsn); err != nil {
		r.Blind = append(r.Blind, Blind{What: "the timeouts that other sessions have", Reason: pgerr.Reason(err)})
	}
	r.blindToNarrowed()
	return r, ctx.Err()
}

// readAll takes all readings in one transaction, so that each costs one round trip; one that fails takes the transaction back to its beginning, where
// there is nothing to lose. Where the connection is lost the rest is read over another. The error is the last reading's that failed.
func readAll(ctx context.Context, ask *live.Asker, r *Readings) error {
	left := slices.DeleteFunc(slices.Clone(readings), func(one reading) bool { return r.major() < one.from })
	var last error
	for len(left) > 0 {
		before := len(left)
		err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
			if err := begin(ctx, tx); err != nil {
				return err
			}
			for len(left) > 0 {
				one := left[0]
				left = left[1:]
				err := one.read(ctx, tx, r)
				if err == nil {
					continue
				}
				last = err
				r.Blind = append(r.Blind, one.blind(ctx, r, err))
				if _, err := tx.Exec(ctx, rollBack, pgx.QueryExecModeExec); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil && len(left) == before {
			for _, one := range left {
				r.Blind = append(r.Blind, one.blind(ctx, r, err))
			}
			return err
		}
	}
	return last
}

// The savepoint that a reading which failed takes the transaction back to. Costs a round trip. All versions, every role.
const (
	savepoint = "SAVEPOINT " + probes.OwnTag + "savepoint */ doctor"
	rollBack  = "ROLLBACK " + probes.OwnTag + "rollback */ TO SAVEPOINT doctor"
)

// begin prepares the transaction of all readings.
func begin(ctx context.Context, tx pgx.Tx) error {
	for _, sql := range []string{query("path"), query("untimed"), savepoint} {
		if _, err := tx.Exec(ctx, sql, pgx.QueryExecModeExec); err != nil {
			return err
		}
	}
	return nil
}

// notReached says why there is no report and what to do.
func notReached(target string, err error) error {
	reason := err
	var step *pgerr.Step
	if errors.As(err, &step) {
		reason = step.Err
	}
	advice := pgerr.Next(reason)
	if pgerr.State(reason) == "53300" {
		advice = "no slot is free: examine it on a quiet day; now open pgmedic on it, which waits for a slot"
	}
	return pgerr.Say(joined("examining "+sqltext.CleanLine(target)+": "+pgerr.Reason(reason), advice), err)
}

// into reads the rows of a query by their columns' names.
func into[T any](name string, keep func(*Readings, []T)) func(context.Context, pgx.Tx, *Readings) error {
	return func(ctx context.Context, tx pgx.Tx, r *Readings) error {
		found, err := collect[T](ctx, tx, r, query(name))
		if err == nil {
			keep(r, found)
		}
		return err
	}
}

// collect returns the rows of a query, empty but not nil where there are none.
func collect[T any](ctx context.Context, tx pgx.Tx, r *Readings, sql string, args ...any) ([]T, error) {
	r.reads++
	rows, err := tx.Query(ctx, sql, append([]any{pgx.QueryExecModeExec}, args...)...) // without a round trip to prepare it
	if err != nil {
		return nil, err
	}
	return pgx.AppendRows([]T{}, rows, pgx.RowToStructByName[T])
}

func first[T any](rows []T) *T {
	if len(rows) == 0 {
		return nil
	}
	return &rows[0]
}

func readSession(ctx context.Context, tx pgx.Tx, r *Readings) error {
	before := time.Now()
	found, err := collect[Session](ctx, tx, r, query("server"))
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return errors.New("the server does not show this session")
	}
	after := time.Now()
	r.Session = &found[0]
	r.Session.ProtocolPID = int32(tx.Conn().PgConn().PID())
	r.Doubt = after.Sub(before) / 2
	r.Offset = r.Session.Now.Sub(before.Add(r.Doubt))
	return nil
}

func readSettings(ctx context.Context, tx pgx.Tx, r *Readings) error {
	found, err := collect[Setting](ctx, tx, r, query("settings"), wanted())
	if err != nil {
		return err
	}
	r.Settings = byName(found)
	return nil
}

func byName(found []Setting) map[string]Setting {
	settings := make(map[string]Setting, len(found))
	for _, s := range found {
		settings[s.Name] = s
	}
	return settings
}

func readRoleSettings(ctx context.Context, tx pgx.Tx, r *Readings) error {
	found, err := collect[RoleSetting](ctx, tx, r, query("role_settings"), slices.Concat(ownSettings, []string{"track_activities", "idle_session_timeout"}))
	if err == nil {
		r.OfRoles = found
	}
	return err
}

func readCollation(ctx context.Context, tx pgx.Tx, r *Readings) error {
	sql := query("collations", "{recorded}", "d.datcollversion", "{actual}", "pg_database_collation_actual_version(d.oid)")
	found, err := collect[Collation](ctx, tx, r, sql)
	r.Collation = first(found)
	return err
}

func readExtensions(ctx context.Context, tx pgx.Tx, r *Readings) error {
	found, err := collect[Extension](ctx, tx, r, query("extensions"))
	if err != nil {
		return err
	}
	r.Extensions = map[string]Extension{}
	for _, e := range found {
		r.Extensions[e.Name] = e
	}
	return nil
}

func readStatements(ctx context.Context, tx pgx.Tx, r *Readings) error {
	e := r.Extensions[statementsName]
	if e.Created == "" || !r.statementsPreloaded() {
		return nil // a check of its own says so
	}
	schema := sqltext.Ident(e.Schema)
	found, err := collect[Statements](ctx, tx, r, query("statements", "{schema}", schema))
	if err != nil {
		return err
	}
	r.Statements = first(found)
	if r.major() < 14 || olderVersion(e.Created, "1.9") {
		return nil
	}
	info, err := collect[StatementsInfo](ctx, tx, r, query("statements_info", "{schema}", schema))
	r.StatementsInfo = first(info)
	return err
}

// freezeDefault is autovacuum_freeze_max_age where it is not known.
const freezeDefault = 200_000_000

func readTables(ctx context.Context, tx pgx.Tx, r *Readings) error {
	oldest, known := r.number("autovacuum_freeze_max_age")
	if !known {
		oldest = freezeDefault
	}
	found, err := collect[Table](ctx, tx, r, query("tables"), int64(oldest))
	if err == nil {
		r.Tables = found
	}
	return err
}
