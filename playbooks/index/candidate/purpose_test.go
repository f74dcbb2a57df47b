package candidate

import (
	"slices"
	"testing"
)

// What an index is for is said by its keys, without the statement's constants.
func TestPurpose(t *testing.T) {
	for _, test := range []struct {
		need       Need
		body, want string
	}{
		{needOf(`((t.tenant = $1) AND (t.kind = $2) AND (t.due > $3))`), "(tenant, kind, due)", "equality on tenant and kind, a range of due"},
		{needOf(`((t.tenant = $1) AND (t.gone IS NULL))`, ordered(10, down("made"), down("id"))), "(tenant, made, id) WHERE gone IS NULL",
			"equality on tenant, then the order by made and id, in part of the rows"},
		{needOf(`(t.kind = ANY ('{1,2}'::integer[]))`, ordered(10, up("made"))), "(made)", "the order by made"},
		{needOf(`(t.kind = ANY ('{1,2}'::integer[]))`), "(kind)", "several values of kind"},
		{needOf(`((lower(t.email) = 'secret'::text) AND (t.name ~~ 'secret%'::text))`), "((lower(email)))", "equality on an expression of email"},
		{needOf(`(ROW(t.due, t.id) > ROW($1, $2))`), "(due, id)", "a range of due and id"},
		{needOf(`(t.tags @> '{secret}'::text[])`), "USING gin (tags)", "what is looked for in tags"},
		{needOf(`(t.email ~~ '%secret%'::text)`), "USING gin (email public.gin_trgm_ops)", "a search within email"},
		{needOf(`(t.tenant = x.id)`), "(tenant)", "the join on tenant"},
	} {
		found := Of(test.need)
		at := slices.IndexFunc(found, func(c Candidate) bool { return bodyOf(c) == test.body })
		if at < 0 {
			t.Errorf("no %s among %q", test.body, bodiesOf(found))
		} else if got := found[at].Purpose(); got != test.want {
			t.Errorf("%s is for %q, want %q", test.body, got, test.want)
		}
		for _, c := range found {
			if c.For == "" && len(c.More) == 0 && c.Purpose() == "" {
				t.Errorf("%s is for nothing", c.Index.Definition())
			}
		}
	}
}
