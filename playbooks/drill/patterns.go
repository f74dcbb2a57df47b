package drill

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// patternsSQL reads one organization's rows, 150,000 for the whale: some 200 ms, once. As superuser, before anything is measured.
//
//go:embed sql/patterns.sql
var patternsSQL string

// Pattern is one set of parameter values of the dedup query.
type Pattern struct {
	Name   string
	Values map[int]string
}

// readPatterns finds values that exist in the table, for an organization of each size.
func readPatterns(ctx context.Context, dsn string) ([]Pattern, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil, fmt.Errorf("connecting to look for parameter values: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	organizations := []struct{ name, id string }{
		{"whale", whale},
		{"middle", organizationID(middleNumber)},
		{"small", organizationID(smallNumber)},
	}
	var patterns []Pattern
	for _, o := range organizations {
		var kind, title, format, user, params, organization string
		if err := conn.QueryRow(ctx, patternsSQL, o.id).Scan(&kind, &title, &format, &user, &params, &organization); err != nil {
			return nil, fmt.Errorf("looking for parameter values of the %s organization: %w", o.name, err)
		}
		patterns = append(patterns, Pattern{Name: o.name, Values: map[int]string{
			1: kind, 2: title, 3: format, 4: user, 5: params, 6: organization, 7: strconv.Itoa(dedupMinutes),
		}})
	}
	return patterns, nil
}
