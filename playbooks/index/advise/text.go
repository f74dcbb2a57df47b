package advise

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/playbooks/index/figure"
	"github.com/pgmedic/pgmedic/playbooks/index/judge"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// LeastWidth is the narrowest text.
const LeastWidth = 40

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
	if a.Verdict == judge.Rewritten {
		a.rewrite(b)
	}
	for i, v := range a.Drafts {
		a.draft(b, i, v)
	}
	if a.Verdict != judge.Rewritten {
		a.rewrite(b)
	}
	a.rest(b)
	return b.String()
}

// draft writes a variant: the best one with its reasons, a further one shorter.
func (a Answer) draft(b *page, i int, v judge.Variant) {
	b.blank()
	title := "Best: " + v.Kind
	switch {
	case i > 0:
		title = "Or: " + v.Kind
	case a.Verdict == judge.Rewritten:
		title = "With this index: " + v.Kind
	}
	switch {
	case v.For != "":
		title += ", for " + v.For
	case len(a.Drafts) > 1:
		title += ", for " + v.Purpose
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

// sql is a draft's SQL with the reasons, of many statements the first and the last.
func sql(v judge.Variant) string {
	all := v.Explained()
	if n := len(all) - mostStatements; n > 1 {
		all = slices.Concat(all[:mostStatements/2], []string{fmt.Sprintf("-- %d more like these: --json has them all", n)}, all[len(all)-mostStatements/2:])
	}
	return judge.Script(all)
}

// figures writes what the draft changes and costs.
func (b *page) figures(v judge.Variant) {
	b.figure("", "now", "with it", "")
	if !b.figure("rows read", figure.Count(v.RowsRead.Before), figure.Count(v.RowsRead.After), v.Known.String()) {
		b.paragraph(strings.Repeat(" ", 13), v.Known.String())
	}
	b.figure("cost", figure.Cost(v.Cost.Before), figure.Cost(v.Cost.After), "of the statement, in the planner's units")
	b.figure("size", "", figure.Size(v.Bytes), "freshly built: inserts soon split its pages")
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
	with := "with the indexes that there are"
	if a.Verdict == judge.Rewritten && len(a.Drafts) > 0 {
		with = "with the index below"
	}
	b.paragraph("  ", fmt.Sprintf("cost %s → %s, %s", figure.Cost(a.Wording.Before), figure.Cost(a.Wording.After), with))
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
	if a.Others != "" {
		b.paragraph("", "Looked at: "+a.Others+".")
	}
	if len(a.Parameters) > 0 {
		b.paragraph("", "Judged with "+strings.Join(classes(a.Parameters), ", ")+".")
	}
	for _, warning := range a.warnings() {
		if len(a.Drafts) == 0 || !slices.Contains(a.Drafts[0].Caveats, warning) {
			b.paragraph("", "Mind: "+warning)
		}
	}
}

// mostNumbers is how many parameters of a class the text names.
const mostNumbers = 12

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
		if more := len(numbers) - mostNumbers; more > 0 {
			numbers = append(numbers[:mostNumbers], "and "+figure.Count(float64(more))+" more")
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

func (b *page) effects(title string, effects []judge.Effect) {
	for _, e := range effects {
		b.paragraph("", fmt.Sprintf("%s: cost %s → %s, %s", title, figure.Cost(e.Cost.Before), figure.Cost(e.Cost.After), sqltext.Headline(e.Statement, b.width)))
	}
}
