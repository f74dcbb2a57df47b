package sampler

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// ErrNoExtension is why there are no statement figures in a database.
var ErrNoExtension = errors.New("pg_stat_statements is not installed in this database")

// Extension is where pg_stat_statements is installed, and what it can.
type Extension struct {
	Schema         string // quoted
	major, minor   int    // of CREATE EXTENSION, not of the server
	track          string // pg_stat_statements.track; notLoaded where the server has no such setting, empty where it is this role's own
	computeQueryID string // compute_query_id; empty before 14 and where it is this role's own
}

const notLoaded = "not loaded"

// FindExtension looks for pg_stat_statements in the database of the connection; ErrNoExtension where there is none.
func FindExtension(ctx context.Context, conn *pgx.Conn) (Extension, error) {
	var e Extension
	var version string
	err := conn.QueryRow(ctx, query("extension")).Scan(&e.Schema, &version, &e.track, &e.computeQueryID)
	if errors.Is(err, pgx.ErrNoRows) {
		return Extension{}, ErrNoExtension
	}
	if err != nil {
		return Extension{}, err
	}
	e.Schema = sqltext.Ident(e.Schema)
	major, minor, _ := strings.Cut(version, ".")
	e.major, _ = strconv.Atoi(major)
	e.minor, _ = strconv.Atoi(minor)
	return e, nil
}

func (e Extension) atLeast(major, minor int) bool {
	return e.major > major || e.major == major && e.minor >= minor
}

// versionColumns are the columns of pg_stat_statements that pgmedic reads and that not every version has by this name.
var versionColumns = []struct {
	placeholder   string
	major, minor  int // the first version that has it
	since, before string
}{
	{"{exec_time}", 1, 8, "s.total_exec_time", "s.total_time"},
	{"{toplevel}", 1, 9, "s.toplevel", "true"},
	{"{stats_since}", 1, 11, "s.stats_since", "NULL::timestamptz"},
}

// counterQuery fits the query to the extension's version.
func (e Extension) counterQuery() string {
	placeholders := []string{"{schema}", e.Schema}
	for _, c := range versionColumns {
		sql := c.before
		if e.atLeast(c.major, c.minor) {
			sql = c.since
		}
		placeholders = append(placeholders, c.placeholder, sql)
	}
	return query("statements", placeholders...)
}

// hasInfo says whether pg_stat_statements_info tells when the statistics were reset.
func (e Extension) hasInfo() bool { return e.atLeast(1, 9) }

// notCounting says why the extension counts no call although it is installed, and what to do about it; empty where it counts. given says whether the
// server gives statements ids nevertheless, as another extension may have it do.
func (e Extension) notCounting(given bool) string {
	switch {
	case e.track == "none":
		return "pg_stat_statements counts nothing: ALTER SYSTEM SET pg_stat_statements.track = 'top', then SELECT pg_reload_conf()"
	case e.computeQueryID == "off" && !given:
		return "pg_stat_statements counts nothing, because the server gives statements no ids: ALTER SYSTEM SET compute_query_id = 'auto', " +
			"then SELECT pg_reload_conf()"
	}
	return ""
}

// Counts says whether the extension counts calls, as far as its settings tell.
func (e Extension) Counts() bool { return e.track != notLoaded && e.notCounting(false) == "" }

// rawText is SQL for a text that may hold any bytes. In a database of encoding SQL_ASCII nobody ever checked them, and the server refuses to send what
// is no valid UTF-8: there they are sent as bytea. Elsewhere convert_to would check what the server does not.
func rawText(conn *pgx.Conn, column string) string {
	if conn.PgConn().ParameterStatus("server_encoding") == "SQL_ASCII" {
		return "convert_to(" + column + ", 'SQL_ASCII')"
	}
	return column
}
