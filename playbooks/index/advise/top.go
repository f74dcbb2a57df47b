package advise

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/playbooks/index/judge"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/sampler"
	"github.com/pgmedic/pgmedic/probes/sqlfile"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

func query(name string, placeholders ...string) string {
	return sqlfile.Text(sqlFiles, name, placeholders...)
}

// spare is how many more entries are read than statements are asked for: utility statements are left out.
const spare = 3

// Top returns the n statements of this database that took the most time since pg_stat_statements was reset, the most first. Utility statements and pgmedic's own are
// left out.
func Top(ctx context.Context, ask *live.Asker, n int) ([]judge.Query, error) {
	var all []judge.Query
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		extension, err := sampler.FindExtension(ctx, tx.Conn())
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, query("top", "{schema}", extension.Schema), spare*n+spare)
		if err != nil {
			return err
		}
		var q judge.Query
		_, err = pgx.ForEachRow(rows, []any{&q.QueryID, &q.UserOID, &q.Statement}, func() error {
			if len(all) < n && !sqltext.IsUtility(q.Statement) {
				all = append(all, judge.Query{QueryID: q.QueryID, UserOID: q.UserOID, Statement: sqltext.RepeatParameters(q.Statement)})
			}
			return nil
		})
		return err
	})
	if err != nil {
		return nil, topError(err)
	}
	if len(all) == 0 {
		return nil, errors.New("pg_stat_statements has no statement of this database that this role may see: GRANT pg_read_all_stats TO it, or wait until some have run")
	}
	return all, nil
}

// topError says what to do where the statements cannot be read.
func topError(err error) error {
	next := "give the statement itself"
	switch state := pgerr.State(err); {
	case errors.Is(err, sampler.ErrNoExtension):
		next = "CREATE EXTENSION pg_stat_statements, or give the statement itself"
	case state == "42703":
		next = "the extension is older than the server: ALTER EXTENSION pg_stat_statements UPDATE"
	case state == "55000":
		next = "it must be in shared_preload_libraries, which takes a restart; or give the statement itself"
	case state == "42501":
		next = "GRANT pg_read_all_stats TO this role, and USAGE on the extension's schema"
	}
	return fmt.Errorf("reading the statements that take the most time: %w: %s", err, next)
}
