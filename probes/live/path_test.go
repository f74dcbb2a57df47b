package live

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// standIns are functions and operators that fail where they are called instead of the built-in ones: of the same names, and of arguments that are the nearer match.
var standIns = []string{
	"CREATE FUNCTION public.fail() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'called by %', current_user; END $$",
	"CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT public.fail() $$",
	"CREATE FUNCTION public.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS $$ SELECT true $$",
	"CREATE FUNCTION public.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT public.fail() $$",
	"CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT public.fail()::timestamptz $$",
	"CREATE FUNCTION public.unnest(oid[]) RETURNS SETOF oid LANGUAGE sql AS $$ SELECT public.fail()::oid $$",
	"CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text LANGUAGE sql AS $$ SELECT public.fail() $$",
	"CREATE FUNCTION public.to_jsonb(regtype) RETURNS jsonb LANGUAGE sql AS $$ SELECT public.fail()::jsonb $$",
	"CREATE FUNCTION public.pg_stat_get_activity(oid, OUT pid int, OUT state text) RETURNS SETOF record LANGUAGE sql AS $$ SELECT 1, public.fail() $$",
	"CREATE FUNCTION public.step(oid[], oid) RETURNS oid[] LANGUAGE sql AS $$ SELECT public.fail()::oid[] $$",
	"CREATE AGGREGATE public.array_agg(oid) (SFUNC = public.step, STYPE = oid[], INITCOND = '{}')",
	"CREATE FUNCTION public.step(bigint, text) RETURNS bigint LANGUAGE sql AS $$ SELECT public.fail()::bigint $$",
	"CREATE AGGREGATE public.count(text) (SFUNC = public.step, STYPE = bigint, INITCOND = '0')",
	"CREATE FUNCTION public.times(numeric, int) RETURNS numeric LANGUAGE sql AS $$ SELECT public.fail()::numeric $$",
	"CREATE OPERATOR public.* (FUNCTION = public.times, LEFTARG = numeric, RIGHTARG = int)",
	"CREATE FUNCTION public.times(float8, int) RETURNS float8 LANGUAGE sql AS $$ SELECT public.fail()::float8 $$",
	"CREATE OPERATOR public.* (FUNCTION = public.times, LEFTARG = float8, RIGHTARG = int)",
	"CREATE FUNCTION public.joined(text, text) RETURNS text LANGUAGE sql AS $$ SELECT public.fail() $$",
	"CREATE OPERATOR public.|| (FUNCTION = public.joined, LEFTARG = text, RIGHTARG = text)",
	"CREATE FUNCTION public.least(int, int) RETURNS boolean LANGUAGE sql AS $$ SELECT public.fail()::boolean $$",
	"CREATE OPERATOR public.>= (FUNCTION = public.least, LEFTARG = int, RIGHTARG = int)",
	"CREATE FUNCTION public.same(text, text) RETURNS boolean LANGUAGE sql AS $$ SELECT public.fail()::boolean $$",
	"CREATE OPERATOR public.= (FUNCTION = public.same, LEFTARG = text, RIGHTARG = text)",
	"CREATE SCHEMA own", "CREATE TABLE own.mine (id int)",
	"DO $$ BEGIN EXECUTE pg_catalog.format('ALTER DATABASE %I SET search_path = own, public, pg_catalog', pg_catalog.current_database()); END $$",
}

// callsBuiltIns calls what standIns have, as an unqualified query would.
const callsBuiltIns = `SELECT array_agg(o)::text || count(current_setting('port')) || (to_jsonb('int4'::regtype) ->> 0 IS NULL) || (1.5 * 2) || (2 >= 1) || ('a'::text = 'a')
	|| (SELECT count(*) > 0 FROM pg_stat_get_activity(NULL)) FROM unnest('{1,2}'::oid[]) AS u (o)`

const builtInsSay = "{1,2}2false3.0truetruetrue"

// A database's own search_path may put functions and operators before the built-in ones: pgmedic's sessions do not call them, whatever a query of pgmedic's names. The
// person's statements are looked up by that path all the same.
func TestFunctionsThatStandInForBuiltInOnes(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), standIns...)
	s := newServer(t, Config{DSN: dsn})
	lookAt(t, s)
	ask := s.Ask()
	server, err := ask.Server(t.Context())
	if err != nil || server.InRecovery {
		t.Errorf("ask sees %+v, %v", server, err)
	}
	expectBuiltIns(t, ask)
	for _, q := range []explain.Question{{Class: plan.Heavy}, {Class: plan.Heavy, Database: server.Database}, {Class: plan.Heavy, Analyze: true}} {
		q.Statement = "SELECT id FROM mine"
		p := explained(t, ask, q)
		if p.Root.Schema != "own" || p.Origin.SearchPath != "own, public, pg_catalog" {
			t.Errorf("%+v: reads schema %q by %q", q, p.Root.Schema, p.Origin.SearchPath)
		}
	}
	var says string
	if err := openBuild(t, s).conn.QueryRow(t.Context(), callsBuiltIns).Scan(&says); err != nil || says != builtInsSay {
		t.Errorf("build says %q, %v", says, err)
	}
}

// expectBuiltIns calls them in the ask session.
func expectBuiltIns(t *testing.T, ask *Asker) {
	t.Helper()
	var says string
	err := ask.Read(t.Context(), func(ctx context.Context, tx pgx.Tx) error { return tx.QueryRow(ctx, callsBuiltIns).Scan(&says) })
	if err != nil || says != builtInsSay {
		t.Errorf("ask says %q, %v", says, err)
	}
}
