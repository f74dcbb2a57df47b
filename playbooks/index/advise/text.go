package advise

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks/index"
	"github.com/pgmedic/pgmedic/playbooks/index/apply"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// LeastWidth is the narrowest text.
const LeastWidth = 40

// tag begins what pgmedic adds to the end of its own statements.
const tag = " " + probes.OwnTag

// mostStatements is how many statements of a draft the text shows; a table with many partitions has more.
const mostStatements = 8

// Text is the answer for a terminal of that width, the verdict first. SQL stays on its lines, so that it can be copied.
func (a Answer) Text(width int) string {
	b := &page{width: max(width, LeastWidth)}
	b.paragraph("", a.Headline())
	if a.Instead != "" {
		b.paragraph("", "Instead: "+a.Instead)
	}
	b.blank()
	b.block("  ", a.Statement)
	if a.Verdict == index.Rewritten {
		a.rewrite(b)
	}
	for i, v := range a.Drafts {
		a.draft(b, i, v)
	}
	if a.Verdict != index.Rewritten {
		a.rewrite(b)
	}
	a.rest(b)
	return b.String()
}

// draft writes a variant: the best one with its reasons, a further one shorter.
func (a Answer) draft(b *page, i int, v index.Variant) {
	b.blank()
	title := "Best: " + v.Kind
	switch {
	case i > 0:
		title = "Or: " + v.Kind
	case a.Verdict == index.Rewritten:
		title = "With this index: " + v.Kind
	}
	if v.For != "" {
		title += ", for " + v.For
	}
	b.paragraph("", title)
	b.blank()
	b.block("  ", sql(v))
	b.blank()
	b.figures(v)
	if i > 0 {
		return
	}
	for _, caveat := range v.Caveats {
		b.paragraph("  ", "Mind: "+caveat)
	}
}

// sql is a draft's SQL: the indexes with the reason of each key, or where more than them is sent every statement, the first and the last of many.
func sql(v index.Variant) string {
	if len(v.SQL) == len(v.Indexes) {
		var all []string
		for _, x := range v.Indexes {
			all = append(all, x.Shape.Explained(name(x), why(x, v)))
		}
		return strings.Join(all, "\n\n")
	}
	all := ddl(v)
	if n := len(all) - mostStatements; n > 1 {
		all = append(all[:mostStatements/2:mostStatements/2], append([]string{fmt.Sprintf("-- %d more like these: --json has them all", n)}, all[len(all)-mostStatements/2:]...)...)
	}
	for i, statement := range all {
		if !strings.HasPrefix(statement, "--") {
			all[i] = statement + ";"
		}
	}
	return strings.Join(all, "\n")
}

func name(x apply.Index) string {
	if x.Name != "" {
		return x.Name
	}
	return x.Shape.Name()
}

// why finds the reason of each key, in their order, and then the predicate's.
func why(x apply.Index, v index.Variant) []string {
	var all []string
	for _, k := range x.Shape.Keys {
		all = append(all, reasonFor(k.SQL(), v))
	}
	return append(all, reasonFor("WHERE "+x.Shape.Predicate(), v))
}

func reasonFor(part string, v index.Variant) string {
	for _, r := range v.Reasons {
		if r.Part == part {
			return r.Why
		}
	}
	return ""
}

// figures writes what the draft changes and costs.
func (b *page) figures(v index.Variant) {
	how := "the planner's estimate"
	if v.Measured {
		how = "counted in a sample of the table"
	}
	b.figure("", "now", "with it", "")
	b.figure("rows read", count(v.RowsRead.Before), count(v.RowsRead.After), how)
	b.figure("cost", cost(v.Cost.Before), cost(v.Cost.After), "of the statement, in the planner's units")
	b.figure("size", "", size(v.Bytes), "")
	if v.Build > 0 {
		b.figure("build", "", v.Build.Round(100*time.Millisecond).String(), "besides the transactions that it must wait for")
	}
	if v.Write != "" {
		b.hanging(fmt.Sprintf("  %-10s ", "writes"), strings.Repeat(" ", 13), v.Write)
	}
}

func (a Answer) rewrite(b *page) {
	r := a.Rewrite
	if r == nil {
		return
	}
	b.blank()
	title := "Rewritten, it yields the same rows"
	if !r.Equivalent {
		title = "Rewritten, it does not always yield the same rows"
	}
	b.paragraph("", title)
	b.hanging("  from ", "       ", sqltext.CleanLine(r.From))
	b.hanging("  to   ", "       ", sqltext.CleanLine(r.To))
	if r.Caveat != "" {
		b.paragraph("  ", "Mind: "+r.Caveat)
	}
	b.blank()
	b.block("  ", strings.TrimSpace(r.SQL))
}

// rest writes what is left to be known.
func (a Answer) rest(b *page) {
	b.blank()
	b.list("Serving it already: ", a.Existing)
	b.list("Superfluous with the best draft (look at their use before you drop them): ", a.Redundant)
	b.effects("Faster with the best draft", a.Winners)
	b.effects("Slower with the best draft", a.Losers)
	if len(a.Parameters) > 0 {
		b.paragraph("", "Judged with "+strings.Join(classes(a.Parameters), ", ")+".")
	}
	for _, warning := range a.warnings() {
		if len(a.Drafts) == 0 || !slices.Contains(a.Drafts[0].Caveats, warning) {
			b.paragraph("", "Mind: "+warning)
		}
	}
}

// classes words the parameters' kinds of values, those of one class together.
func classes(parameters []Parameter) []string {
	words := map[Class]string{
		Heavy: "values that hurt (%s)", Typical: "values of middling frequency or placeholders (%s)", Literal: "the statement's own literals (%s)", Given: "given values (%s)",
	}
	var all []string
	for _, class := range []Class{Heavy, Typical, Literal, Given} {
		var numbers []string
		for _, p := range parameters {
			if p.Class == class {
				numbers = append(numbers, fmt.Sprintf("$%d", p.N))
			}
		}
		if len(numbers) > 0 {
			all = append(all, fmt.Sprintf(words[class], strings.Join(numbers, " ")))
		}
	}
	return all
}

func (b *page) list(title string, names []string) {
	if len(names) > 0 {
		b.paragraph("", sqltext.CleanLine(title+strings.Join(names, ", ")))
	}
}

func (b *page) effects(title string, effects []index.Effect) {
	for _, e := range effects {
		b.paragraph("", fmt.Sprintf("%s: cost %s → %s, %s", title, cost(e.Cost.Before), cost(e.Cost.After), sqltext.Headline(e.Statement, b.width)))
	}
}
