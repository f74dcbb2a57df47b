package explain

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// undetermined is the refusal of a parameter whose type the statement leaves open, as in count($1) or concat($1, x): any type serves there.
const undetermined = "42P18"

// lostType are the refusals that come of a constant whose type decided what the statement means, as in sum(CASE … THEN $1 …) or ARRAY[$1, $2]: no such function or
// operator, more than one, a type that does not fit.
var lostType = []string{"42883", "42725", "42804"}

// The types that are tried in the place of lost ones, in this order. An integer stands for any number. OIDs of pg_type, fixed since ever.
var assumed = []struct {
	oid  uint32
	name string
}{{23, "integer"}, {2950, "uuid"}, {1184, "timestamp with time zone"}, {1082, "date"}, {1700, "numeric"}, {1186, "interval"}, {16, "boolean"}, {3802, "jsonb"}}

const (
	textOID = 25
	// parsesMost bounds how often a statement is parsed to find its parameters' types; each costs some 0.2 ms.
	parsesMost = 100
)

// parse sends the statement's text: the protocol takes one statement only, so nothing can hide behind a semicolon. It is sent without pgmedic's tag: it has
// the application's query id, and pg_stat_statements may keep this text for it. A parameter of which the statement leaves the type open is parsed as text.
func (e *explainer) parse(ctx context.Context) error {
	e.types = make([]uint32, sqltext.Parameters(e.statement))
	err := e.parseOnce(ctx)
	if isOneOf(err, undetermined) {
		return e.parseOpen(ctx, err)
	}
	return err
}

func (e *explainer) parseOnce(ctx context.Context) error {
	e.parses++
	return e.attempt(ctx, func() error {
		return e.onPath(ctx, "auto", func() error {
			described, err := e.Tx.Conn().PgConn().Prepare(ctx, preparedName, e.statement, e.types)
			e.returnsRows = err == nil && len(described.Fields) > 0
			return err
		})
	})
}

// parseOpen makes the parameters text whose type is open. The server does not say in its error's code which they are: a parameter that has a type by its place
// refuses to be text, or is.
func (e *explainer) parseOpen(ctx context.Context, err error) error {
	for i := 0; i < len(e.types) && isOneOf(err, undetermined) && e.parses < parsesMost; i++ {
		if e.types[i] != 0 {
			continue
		}
		e.types[i] = textOID
		next := e.parseOnce(ctx)
		if next != nil && !isOneOf(next, undetermined) {
			e.types[i] = 0
			continue
		}
		err = next
	}
	return err
}

// parseAssuming looks for types with which the statement can be parsed after all, one parameter after the other, in the order of its errors. What was assumed is in
// the plan's note: it is a guess, though a number's exact type rarely changes a plan.
func (e *explainer) parseAssuming(ctx context.Context) error {
	e.types, e.assumed = make([]uint32, len(e.types)), nil
	err := e.parseOnce(ctx)
	for isOneOf(err, lostType...) {
		next, found := e.assumeOne(ctx, err)
		if !found {
			return err
		}
		err = next
	}
	if isOneOf(err, undetermined) {
		return e.parseOpen(ctx, err)
	}
	return err
}

// assumeOne finds a type of one parameter that mends the error, or moves it on in the text.
func (e *explainer) assumeOne(ctx context.Context, broken error) (error, bool) {
	for _, t := range assumed {
		for i := range e.types {
			if e.types[i] != 0 {
				continue
			}
			if e.parses >= parsesMost {
				return broken, false
			}
			e.types[i] = t.oid
			err := e.parseOnce(ctx)
			if err == nil || isOneOf(err, undetermined) || isOneOf(err, lostType...) && positionOf(err) > positionOf(broken) {
				e.assumed = append(e.assumed, fmt.Sprintf("$%d %s", i+1, t.name))
				return err, true
			}
			e.types[i] = 0
		}
	}
	return broken, false
}

// positionOf returns where in the statement the server found the error, in characters; 0: it does not say.
func positionOf(err error) int32 {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return 0
	}
	return pgErr.Position
}

// assumptions says which types were assumed.
func (e *explainer) assumptions() string {
	if len(e.assumed) == 0 {
		return ""
	}
	return "pg_stat_statements took constants out whose types decide; assumed: " + strings.Join(e.assumed, ", ")
}
