package explain

import (
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// What a plan says of its expressions means the same where pg_catalog alone is searched; and where it cannot be told which function or operator is meant, it says so.
func TestNamesInAPlanHaveTheirSchema(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	pgtest.Execute(t, owner, "CREATE EXTENSION citext", "CREATE EXTENSION hstore", `CREATE SCHEMA "In use"`, `CREATE TYPE "In use".mood AS ENUM ('calm', 'angry')`,
		`CREATE FUNCTION "In use"."Norm"(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1; END'`,
		`CREATE FUNCTION "In use".twice(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1; END'`,
		`CREATE FUNCTION twice(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1; END'`,
		`CREATE FUNCTION upper(varchar) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN $1; END'`,
		`CREATE COLLATION "In use".own (LOCALE = 'C')`, `CREATE TEXT SEARCH CONFIGURATION "In use".words (COPY = simple)`,
		`CREATE TABLE things (id int, name text, code varchar, nick citext, tags hstore, m "In use".mood, list "In use".mood[])`)
	ask := newAsker(t, dsn)
	pgtest.Execute(t, ask.conn, `SET default_transaction_read_only = off`, `ALTER ROLE CURRENT_USER IN DATABASE `+ask.server.Database+` SET search_path = "In use", public`)
	_ = ask.conn.Close(t.Context())
	ask = newAsker(t, dsn)
	for _, test := range []struct {
		condition, filter string
		settled           bool
		types             []string
	}{
		{`"Norm"(name)::bool`, `("In use"."Norm"(things.name))::boolean`, true, nil},
		{`"Norm"(name) = 'x'`, `("In use"."Norm"(things.name) = 'x'::text)`, false, nil}, // what it yields is not known
		{`m = 'calm'`, `(things.m = 'calm'::"In use".mood)`, true, []string{`"In use".mood`}},
		{`list @> ARRAY['calm']::mood[]`, `(things.list @> '{calm}'::"In use".mood[])`, true, []string{`"In use".mood`}},
		{`id::double precision > 1.5`, `((things.id)::double precision > '1.5'::double precision)`, true, nil},
		{`name > 'x' COLLATE own`, `(things.name > 'x'::text COLLATE "In use".own)`, true, nil},
		{`to_tsvector('words', name) @@ 'x'::tsquery`, `(to_tsvector('"In use".words'::regconfig, things.name) @@ '''x'''::tsquery)`, true, nil},
		{`lower(name) = 'x'`, `(lower(things.name) = 'x'::text)`, true, nil},
		{`replace(name, 'a', 'b') = 'x'`, `(replace(things.name, 'a'::text, 'b'::text) = 'x'::text)`, true, nil},
		{`replace(nick, 'a', 'b') = 'x'`, `(regexp_replace((things.nick)::text, 'a'::text, 'b'::text, 'gi'::text) = 'x'::text)`, false, []string{"public.citext"}},
		{`nick = 'x'`, `(things.nick = 'x'::public.citext)`, false, []string{"public.citext"}},
		{`tags -> 'k' = 'x'`, `((things.tags OPERATOR(public.->) 'k'::text) = 'x'::text)`, false, []string{"public.hstore"}},
		{`(tags -> 'k')::bool`, `((things.tags OPERATOR(public.->) 'k'::text))::boolean`, true, []string{"public.hstore"}},
		{`('"a"=>"1"'::hstore -> code) = name`, `(('"a"=>"1"'::public.hstore OPERATOR(public.->) (things.code)::text) = things.name)`, false, nil},
		{`tags ? 'k'`, `(things.tags ? 'k'::text)`, false, []string{"public.hstore"}},
		{`(tags || tags) -> 'k' = 'x'`, `(((things.tags || things.tags) -> 'k'::text) = 'x'::text)`, false, []string{"public.hstore"}}, // || of any element is the server's
		{`twice(name) = 'x'`, `(twice(things.name) = 'x'::text)`, false, nil},
		{`upper(code) = 'x'`, `(upper(things.code) = 'x'::text)`, false, nil},
		{`name = id::regclass::text`, `(things.name = ((things.id)::regclass)::text)`, false, nil},
	} {
		p := ask.explained(t, Question{Statement: "SELECT id FROM things WHERE " + test.condition, Class: plan.Heavy})
		filter := p.Root.Filter
		if filter != test.filter || p.Origin.Settled(filter, test.types, false) != test.settled {
			t.Errorf("%s: %s, settled %v of %v", test.condition, filter, p.Origin.Settled(filter, test.types, false), p.Origin.Rivals)
		}
	}
}
