package sqltext

import (
	"strings"
	"testing"
)

func TestScan(t *testing.T) {
	cases := []struct {
		text string
		want []Token
	}{
		{`E'a\'b' 'c\'`, []Token{{String, `E'a\'b'`}, {String, `'c\'`}}},
		{`'x''y' U&'\0041' B'01' x'FF' N'n'`, []Token{{String, `'x''y'`}, {String, `U&'\0041'`}, {String, `B'01'`}, {String, `x'FF'`}, {String, `N'n'`}}},
		{"'a'\n  'b' 'c'", []Token{{String, "'a'\n  'b'"}, {String, "'c'"}}},
		{`$$a 'b$$ $tag$ $$ $tag$ $1 $1x $a`, []Token{{String, `$$a 'b$$`}, {String, `$tag$ $$ $tag$`}, {Parameter, `$1`}, {Parameter, `$1`}, {Word, `x`},
			{Mark, `$`}, {Word, `a`}}},
		{`"a""b" U&"x" ünï_1$`, []Token{{QuotedName, `"a""b"`}, {QuotedName, `U&"x"`}, {Word, `ünï_1$`}}},
		{`1 1.5 .5 1. 1e5 1.5E-3 1_000 0xFf 1..2 1e`, []Token{{Number, `1`}, {Number, `1.5`}, {Number, `.5`}, {Number, `1.`}, {Number, `1e5`},
			{Number, `1.5E-3`}, {Number, `1_000`}, {Number, `0xFf`}, {Number, `1`}, {Mark, `.`}, {Number, `.2`}, {Number, `1`}, {Word, `e`}}},
		{`-- 'a'` + "\n" + `/* a /* 'b' */ c */ 1`, []Token{{Comment, `-- 'a'`}, {Comment, `/* a /* 'b' */ c */`}, {Number, `1`}}},
		{`a::int:=b->>c@-d*-1<>-2 <=5/*x*/-1`, []Token{{Word, `a`}, {Operator, `::`}, {Word, `int`}, {Operator, `:=`}, {Word, `b`}, {Operator, `->>`},
			{Word, `c`}, {Operator, `@-`}, {Word, `d`}, {Operator, `*`}, {Operator, `-`}, {Number, `1`}, {Operator, `<>`}, {Operator, `-`}, {Number, `2`},
			{Operator, `<=`}, {Number, `5`}, {Comment, `/*x*/`}, {Operator, `-`}, {Number, `1`}}},
		{`'not closed`, []Token{{String, `'not closed`}}},
		{`/* not /* closed */`, []Token{{Comment, `/* not /* closed */`}}},
		{`$$not closed`, []Token{{String, `$$not closed`}}},
	}
	for _, c := range cases {
		var got []Token
		for _, token := range Scan(c.text) {
			if token.Kind != Space {
				got = append(got, token)
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: got %v", c.text, got)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: token %d is %v, want %v", c.text, i, got[i], c.want[i])
			}
		}
	}
}

func TestTypeEnd(t *testing.T) {
	for _, text := range []string{"text", "numeric(10,2)", "numeric(3, -2)[]", "character varying(20)", "timestamp(3) with time zone", "time without time zone",
		"double precision[][3]", `pg_catalog."char"`, `"My Type"`, "bit varying(5)"} {
		tokens := Scan(text + " AND x")
		if end := TypeEnd(tokens, 0); join(tokens[:end]) != text {
			t.Errorf("%s: the type ends after %q", text, join(tokens[:end]))
		}
	}
	for _, text := range []string{"", "(x)", "5"} {
		if end := TypeEnd(Scan(text), 0); end != 0 {
			t.Errorf("%q: a type ends at %d", text, end)
		}
	}
}

// FuzzScan holds every function that reads statements to its promises on any text.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{"SELECT 'a' || $1 -- x", "E'\\", "$a$", "date$1", "x::numeric(10,", "extract($1 from", "a[1]::int[", "U&", "0x", "1e+", "++--"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if joined := join(Scan(text)); joined != text {
			t.Errorf("the tokens of %q are %q", text, joined)
		}
		for _, token := range Scan(Normalise(text)) {
			if token.Kind == String || token.Kind == Comment {
				t.Errorf("Normalise(%q) = %q", text, Normalise(text))
			}
		}
		if strings.ContainsAny(OneLine(text), "\n\t") {
			t.Errorf("OneLine(%q) = %q", text, OneLine(text))
		}
		Redact(text)
		IsUtility(text)
		Roles(Repair(text, 150000))
	})
}
