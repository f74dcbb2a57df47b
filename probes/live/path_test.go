package live

import (
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// A database's own search_path may put functions of the same names before the built-in ones: pgmedic's sessions do not call them.
func TestFunctionsThatStandInForBuiltInOnes(t *testing.T) {
	dsn := pgtest.Database(t)
	app := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, app,
		"CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT 'trap' $$",
		"CREATE FUNCTION public.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS $$ SELECT true $$",
		"CREATE FUNCTION public.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT 'trap' $$",
		"CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT 'epoch'::timestamptz $$",
		"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$")
	s := newServer(t, Config{DSN: dsn})
	server, err := s.Ask().Server(t.Context())
	if err != nil || server.InRecovery || server.VersionText == "trap" {
		t.Errorf("ask sees %+v, %v", server, err)
	}
	openBuild(t, s)
}
