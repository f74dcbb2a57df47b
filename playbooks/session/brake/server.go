package brake

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// serverValues are the time limits that the server itself sets for all its sessions, by name. pgmedic's own sessions cannot tell: they are opened with limits of theirs.
type serverValues struct {
	known  bool // this role may read the configuration
	values map[string]string
}

func readServerValues(ctx context.Context, ask *live.Asker) (serverValues, error) {
	s := serverValues{values: map[string]string{}}
	err := ask.Read(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, query("configuration_right")).Scan(&s.known); err != nil || !s.known {
			return err
		}
		rows, err := tx.Query(ctx, query("configuration"), []string{statementTimeout, idleTimeout})
		if err != nil {
			return err
		}
		var name, value string
		_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
			s.values[name] = value
			return nil
		})
		return err
	})
	if err != nil {
		return serverValues{}, fmt.Errorf("reading what the server's configuration sets: %w", err)
	}
	return s, nil
}

// inherited is what a new session gets without the change, and from where; empty: nothing sets it, as far as is known.
func (g *ground) inherited(c change) (value, from string) {
	if value, from = g.state.inherited(c.limits, c.database.oid); value != "" {
		return value, from
	}
	return g.server.values[c.limits], "the whole server"
}

// isHidden says whether it is not known what a new session gets without the change: no role and no database sets it, and the configuration is not to be read.
func (g *ground) isHidden(c change) bool {
	value, _ := g.inherited(c)
	return value == "" && !g.server.known
}

// valuePrice is the value now and then.
func (g *ground) valuePrice(c change, limit time.Duration) playbooks.Price {
	value, _ := g.inherited(c)
	price := playbooks.Price{Name: "value", Now: c.price(value), Value: shown(limit),
		How: "what new sessions get, by their roles, databases and the server's configuration"}
	switch {
	case g.isHidden(c):
		price.Now = "not known"
		price.How = "what new sessions get: no role and no database sets it, and this role may not read the server's configuration"
	case value == "":
		price.Now = "none found"
		price.How = "what new sessions get, by their roles, databases and the configuration files; a limit on the server's command line is not seen"
	}
	return price
}

// mayLengthen warns where the change may let go what it is meant to hold.
func (g *ground) mayLengthen(c change) []string {
	if !g.isHidden(c) {
		return nil
	}
	return []string{fmt.Sprintf("what the server's configuration sets is hidden from role %s: where that is shorter, this lengthens it; SHOW %s in a session of the application tells",
		sqltext.CleanLine(g.state.me), c.limits)}
}
