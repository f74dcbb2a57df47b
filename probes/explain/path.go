package explain

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// searchPath is where a statement's names are looked up.
type searchPath struct {
	setting string   // as the setting search_path has it
	owner   string   // whose it is, for example "role app"; empty: the ask session's own
	schemas []string // that it leads to
}

// name says whose path it is in a list of those that were tried.
func (p searchPath) name() string {
	if p.owner == "" {
		return "pgmedic's own (" + sqltext.CleanLine(p.setting) + ")"
	}
	return "that of " + p.owner + " (" + sqltext.CleanLine(p.setting) + ")"
}

// builtInPath is what the server gives to who has no search_path set anywhere.
const builtInPath = `"$user", public`

// paths returns the search_paths to try: the known caller's, then the session's own; where the caller is not known, the session's own and then those of
// the roles that have one. Those that lead to the same schemas are tried once.
func (e *explainer) paths(ctx context.Context) ([]searchPath, error) {
	own := e.path
	rows, err := e.Tx.Query(ctx, query("callers"), e.question.UserOID)
	if err != nil {
		return nil, err
	}
	callers, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (searchPath, error) {
		var role string
		var setting *string
		err := row.Scan(&role, &setting)
		return callersPath(role, setting), err
	})
	if err != nil {
		return nil, err
	}
	paths := append([]searchPath{own}, callers...)
	var different []searchPath
	for _, path := range paths {
		if path.schemas, err = e.schemasOf(ctx, path); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(different, func(before searchPath) bool { return slices.Equal(before.schemas, path.schemas) }) {
			different = append(different, path)
		}
	}
	if e.question.UserOID != 0 {
		slices.Reverse(different)
	}
	return different, nil
}

// schemasOf returns the schemas that a path leads to: those that exist and that this role has USAGE on.
func (e *explainer) schemasOf(ctx context.Context, path searchPath) ([]string, error) {
	var schemas []string
	if err := e.Tx.QueryRow(ctx, query("plan_mode"), "auto", path.setting).Scan(nil, nil, &schemas); err != nil {
		return nil, err
	}
	_, err := e.Tx.Exec(ctx, query("plan_mode"), "auto", ownPath)
	return schemas, err
}

// callersPath is a role's search_path as this session must set it: $user would be pgmedic's role here.
func callersPath(role string, setting *string) searchPath {
	path := builtInPath
	if setting != nil {
		path = *setting
	}
	tokens := sqltext.Scan(path)
	var b strings.Builder
	for _, t := range tokens {
		if t.Text == `"$user"` || t.Text == "'$user'" {
			b.WriteString(sqltext.Ident(role))
		} else {
			b.WriteString(t.Text)
		}
	}
	return searchPath{setting: b.String(), owner: "role " + sqltext.CleanLine(role)}
}
