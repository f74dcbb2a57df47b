package pgerr_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgerr"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// What a function makes of a value, or a parser finds of it, is not quoted; the names of objects are, and where a syntax error is.
func TestValuesAreNotQuoted(t *testing.T) {
	conn := pgtest.Connect(t, pgtest.Database(t), nil)
	pgtest.Execute(t, conn,
		"CREATE FUNCTION raises(text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no such account %', $1; END $$",
		"CREATE FUNCTION raises_as(text, text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no such account %', $1 USING ERRCODE = $2; END $$",
		"CREATE FUNCTION asserts(text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN ASSERT $1 = '', $1; END $$",
		"CREATE FUNCTION builds(text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SELECT ' || $1; END $$")
	for sql, says := range map[string]string{
		"SELECT raises('hunter2')":                      "P0001",
		"SELECT raises_as('hunter2', '42501')":          "42501",
		"SELECT raises_as('hunter2', '57014')":          "57014",
		"SELECT raises_as('hunter2', 'XX000')":          "XX000",
		"SELECT raises_as('hunter2', 'ACME1')":          "ACME1",
		"SELECT asserts('hunter2')":                     "P0004",
		"SELECT builds('hunter2')":                      "42703",
		"SET lock_timeout = 'hunter2'":                  "22023",
		"SELECT 'hunter2'::int":                         "22P02",
		"SELECT 'a''b' 'hunter2'":                       "syntax error at or near …, character 15",
		"SELECT 1 WHERE 'x' = 'hunter2":                 "unterminated quoted string at or near …",
		"SELECT * FROM nothing WHERE a = 'x'":           `relation "nothing" does not exist`,
		"SELECT nothing":                                `column "nothing" does not exist`,
		"SELECT nothing(1)":                             "function nothing(integer) does not exist",
		"SELECT 1 UNION SELECT 1, 2":                    "each UNION query must have the same number of columns",
		"SELECT 1 FROM pg_class WHERE oid = '{}'::json": "operator does not exist",
	} {
		_, err := conn.Exec(t.Context(), sql)
		if err == nil {
			t.Fatal(sql, "did not fail")
		}
		wrapped := fmt.Errorf("trying: %w", errors.Join(errors.New("first"), err))
		for _, words := range []string{pgerr.Reason(wrapped), pgerr.Harmless(wrapped).Error()} {
			if strings.Contains(words, "hunter2") || !strings.Contains(words, says) {
				t.Errorf("%s: %s", sql, words)
			}
		}
	}
	pgtest.Execute(t, conn, "SET statement_timeout = '1ms'")
	if _, err := conn.Exec(t.Context(), "SELECT pg_sleep(60)"); !strings.Contains(pgerr.Reason(err), "statement timeout") {
		t.Error(pgerr.Reason(err))
	}
}
