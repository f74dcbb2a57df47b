package explain

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

const domainObjects = `
CREATE FUNCTION runs(int) RETURNS boolean LANGUAGE plpgsql VOLATILE AS 'BEGIN RAISE EXCEPTION ''it ran''; END';
CREATE DOMAIN checked AS int CHECK (runs(VALUE));
CREATE DOMAIN twice AS checked NOT NULL;
CREATE TABLE numbers (n checked, m twice, list checked[], plain int)`

// EXECUTE would evaluate what a domain checks of a parameter, of NULL too: the parameter gets the type under the domain instead.
func TestNoDomainIsChecked(t *testing.T) {
	dsn := pgtest.Database(t)
	owner := pgtest.Connect(t, dsn, nil)
	for statement := range strings.SplitSeq(domainObjects, ";\n") {
		pgtest.Execute(t, owner, statement)
	}
	ask := newAsker(t, dsn)
	for statement, types := range map[string]string{
		"INSERT INTO numbers (n, m, list) VALUES ($1, $2, $3)":        "integer integer integer[]",
		"UPDATE numbers SET n = $1, m = $2 WHERE plain = $3":          "integer integer integer",
		"SELECT * FROM numbers WHERE plain = $1::checked AND n <> $2": "integer integer",
		"SELECT * FROM numbers WHERE n = ANY ($1) AND plain = $2":     "integer[] integer",
	} {
		for _, class := range []plan.Class{plan.Generic, plan.Heavy} {
			p := ask.explained(t, Question{Statement: statement, Class: class})
			var got []string
			for _, parameter := range p.Origin.Parameters {
				got = append(got, parameter.Type)
			}
			if strings.Join(got, " ") != types {
				t.Errorf("%s: parameters %s, want %s", statement, got, types)
			}
		}
	}
	const lost = "SELECT * FROM numbers WHERE list = $1"
	_, err := ask.explain(t, Question{Statement: lost, Class: plan.Heavy})
	if err == nil || !strings.Contains(err.Error(), "what the domains of its parameters check") {
		t.Errorf("%s: %v", lost, err)
	}
}
