package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// isColumn says whether the expression is a column, or one with a COLLATE or a cast that may only relabel it.
func (e *expression) isColumn() bool {
	relabels := e.form == cast && slices.Contains([]string{"text", "character varying", "inet", "oid"}, e.name)
	return e.form == column || relabels && e.args[0].form == column || e.form == collated && e.args[0].isColumn()
}

// bare returns the expression without the casts and COLLATEs around it.
func (e *expression) bare() *expression {
	for e.form == cast || e.form == collated {
		e = e.args[0]
	}
	return e
}

// parameter returns n of $n, with or without casts; 0 where it is something else.
func (e *expression) parameter() int {
	bare := e.bare()
	n, err := strconv.Atoi(bare.name)
	if bare.form != param || err != nil {
		return 0
	}
	return n
}

// collation returns the name behind the first COLLATE in the expression; empty: none.
func (e *expression) collation() string {
	if e.form == collated {
		return e.name
	}
	for _, arg := range e.args {
		if name := arg.collation(); name != "" {
			return name
		}
	}
	return ""
}

// columns returns the columns in the expression, in their order.
func (e *expression) columns() []*expression {
	if e.form == column {
		return []*expression{e}
	}
	var found []*expression
	for _, arg := range e.args {
		found = append(found, arg.columns()...)
	}
	return found
}

func (e *expression) holds(test func(*expression) bool) bool {
	return test(e) || slices.ContainsFunc(e.args, func(arg *expression) bool { return arg.holds(test) })
}

func isUnknown(e *expression) bool { return e.form == unknown }

// unsteady says whether the expression could be a different value for every row, as random() is: then no index can look for it.
func (c classifier) unsteady(e *expression) bool {
	return e.form == unknown || e.form == call && !slices.Contains(strings.Fields(steadyCalls), e.name) && e.name != "" && !c.steady[e.name]
}

// steadyCalls are functions of pg_catalog that are stable or immutable and that people compare columns with; others may be anything.
const steadyCalls = `COALESCE EXTRACT GREATEST LEAST NULLIF OVERLAY POSITION SUBSTRING TRIM abs age array_append array_cat array_length
 array_prepend array_remove ascii btrim cardinality ceil ceiling char_length chr concat concat_ws current_database current_setting date
 date_add date_bin date_part date_subtract date_trunc daterange decode div encode exp extract floor format host initcap int4range int8range
 json_build_array json_build_object jsonb_build_array jsonb_build_object jsonb_extract_path jsonb_extract_path_text jsonb_set justify_days
 justify_hours justify_interval left length ln log lower lpad ltrim make_date make_interval make_time make_timestamp make_timestamptz md5
 mod now numeric numrange phraseto_tsquery plainto_tsquery power quote_literal regexp_replace replace reverse right round rpad rtrim sha256
 sign split_part sqrt starts_with statement_timestamp string_to_array strpos substr substring text timezone to_char to_date to_json to_jsonb
 to_number to_timestamp to_tsquery to_tsvector transaction_timestamp translate trunc tsrange tstzrange upper websearch_to_tsquery`

// unqualified returns the expression as it stands in an index: its columns without qualifiers, in parentheses where it is an operator's operation.
func (e *expression) unqualified() string {
	var edits []edit
	for _, c := range e.columns() {
		edits = append(edits, edit{c.core, sqltext.Ident(c.name)})
	}
	bare := *e
	bare.at, bare.text = e.core.from, e.text[e.core.from-e.at:e.core.to-e.at]
	text := bare.edited(edits)
	if e.form == call && e.name != "" || e.form == cast || e.form == column {
		return text
	}
	return "(" + text + ")"
}

// edit replaces a part of what was read.
type edit struct {
	span
	text string
}

// edited returns the expression's text with the parts replaced.
func (e *expression) edited(edits []edit) string {
	slices.SortFunc(edits, func(a, b edit) int { return a.from - b.from })
	var b strings.Builder
	at := 0
	for _, next := range edits {
		b.WriteString(e.text[at : next.from-e.at])
		b.WriteString(next.text)
		at = next.to - e.at
	}
	b.WriteString(e.text[at:])
	return b.String()
}

// requalified returns the expression's text with another qualifier for the columns that carry the given one.
func (e *expression) requalified(from, to string) string {
	var edits []edit
	for _, c := range e.columns() {
		if c.qualifier == from {
			edits = append(edits, edit{c.core, sqltext.Ident(to, c.name)})
		}
	}
	return e.edited(edits)
}
