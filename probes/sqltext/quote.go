package sqltext

import (
	"strings"
	"sync"
)

// Ident quotes an identifier with its qualifiers, for example Ident("reports", "user id") is reports."user id": quotes stand only where they are needed
// (not lower case, a keyword, special characters), so that people can read it. The server cuts names at 63 bytes; Ident does not.
func Ident(parts ...string) string {
	quoted := make([]string, len(parts))
	for i, part := range parts {
		quoted[i] = quotePart(part)
	}
	return strings.Join(quoted, ".")
}

// Literal quotes a string constant, independent of standard_conforming_strings: one with a backslash is written as E'…'.
func Literal(value string) string {
	quoted := "'" + strings.ReplaceAll(value, "'", "''") + "'"
	if strings.Contains(value, `\`) {
		return "E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

func quotePart(part string) string {
	if isPlainName(part) && !isKeyword(part) {
		return part
	}
	return `"` + strings.ReplaceAll(part, `"`, `""`) + `"`
}

// isPlainName says whether the server reads the name back unchanged without quotes. Letters beyond ASCII could, but their case folding depends on the
// server's locale.
func isPlainName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c == '_'
		digit := isDigit(c)
		if !letter && (!digit || i == 0) {
			return false
		}
	}
	return name != ""
}

// keywords are all that pg_get_keywords() of PostgreSQL 15 and 18 does not call unreserved.
const keywords = ` all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char character
 check coalesce collate collation column concurrently constraint create cross current_catalog current_date current_role current_schema current_time
 current_timestamp current_user dec decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign freeze
 from full grant greatest group grouping having ilike in initially inner inout int integer intersect interval into is isnull join json json_array
 json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize json_table json_value lateral leading least left like limit
 localtime localtimestamp merge_action national natural nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps
 overlay placing position precision primary real references returning right row select session_user setof similar smallint some substring symmetric
 system_user table tablesample then time timestamp to trailing treat trim true union unique user using values varchar variadic verbose when where
 window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable `

var keywordSet = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(keywords) {
		set[word] = true
	}
	return set
})

func isKeyword(name string) bool { return keywordSet()[name] }
