package panes

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/sqltext"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// drawDraft shows the variants, then of the chosen one what would be made and what it gains and costs, why, what to mind, what helps too, and the way back.
func (s *Steps) drawDraft(page *sheet) {
	d, t := s.draft(), page.theme
	if d == nil {
		drawRewrite(page, "this helps instead", s.instead)
		return
	}
	if s.found {
		s.drawFound(page)
		if len(d.SQL) > 0 {
			s.drawStatements(page, "what it is made of", d.SQL)
		}
		return
	}
	drawFor(page, d)
	s.drawVariants(page)
	if !manySent(d) {
		s.drawExplained(page, d)
	}
	drawPrices(page, d.Prices)
	drawRowsHead(page, d)
	if reasons := reasonsLeft(d); len(reasons) > 0 {
		page.heading("why")
		for _, r := range reasons {
			page.labelled(r.Part, reasonMargin(reasons, page.w), r.Why, t.Text)
		}
	}
	drawEffects(page, d.Effects)
	drawWarnings(page, d.Warnings)
	drawRewrite(page, "a rewrite helps too", d.Rewrite)
	if len(d.Undo) > 0 {
		drawSQL(page, "the way back", d.Undo)
	}
	drawNoWayBack(page, d)
	drawRowsLeft(page, d)
	if manySent(d) {
		drawSQL(page, sentHeading(d, "SQL, as it will be sent"), d.SQL)
	}
	if d.Before != nil {
		drawPlan(page, "plan before", d.Before)
	}
}

// figureWidth is the room of a variant's figure.
const figureWidth = 12

// drawVariants lists the drafts of the same finding, a line each, the chosen one marked. One alone needs no list.
func (s *Steps) drawVariants(page *sheet) {
	if len(s.drafts) < 2 {
		return
	}
	names := s.comparedBy(page.w)
	var head []draw.Span
	for _, name := range names {
		head = append(head, draw.Span{Text: draw.Right(name, figureWidth), Ink: page.theme.Secondary})
	}
	title := draw.Span{Text: strconv.Itoa(len(s.drafts)) + " drafts · tab chooses", Ink: page.theme.Secondary}
	page.lines = append(page.lines, draw.Ends(page.w, []draw.Span{title}, head))
	for i, d := range s.drafts {
		s.variant(page, i, d, names)
	}
}

// narrow is the width below which a variant's cost gives way to what it is for.
const narrow = 70

// comparedBy names the figures of the variants' lines: those that one of them has.
func (s *Steps) comparedBy(w int) []string {
	names := []string{playbooks.PriceRows, playbooks.PriceCost, playbooks.PriceSize}
	if w < narrow {
		names = []string{playbooks.PriceRows, playbooks.PriceSize}
	}
	return slices.DeleteFunc(names, func(name string) bool {
		return !slices.ContainsFunc(s.drafts, func(d *playbooks.Draft) bool { return figureOf(d, name) != draw.Unknown })
	})
}

// variant adds a draft's line, with its figures at the right. Where drafts have none to be told by, their words have the room that they need.
func (s *Steps) variant(page *sheet, i int, d *playbooks.Draft, names []string) {
	mark, ink := "  ", page.theme.Text
	if i == s.chosen {
		mark, ink = "▶ ", page.theme.Focus
	}
	text := d.Kind
	if d.For != "" {
		text += " · " + d.For
	} else if keys := keysOf(d.SQL); keys != "" {
		text += " · " + sqltext.CleanLine(keys)
	}
	number := draw.Span{Text: mark + strconv.Itoa(i+1) + " ", Ink: ink}
	if len(names) == 0 {
		page.spans(number, text, ink)
		return
	}
	var figures []draw.Span
	for _, name := range names {
		figures = append(figures, draw.Span{Text: draw.Right(figureOf(d, name), figureWidth), Ink: page.theme.Text})
	}
	page.lines = append(page.lines, draw.Ends(page.w, []draw.Span{number, {Text: text, Ink: ink}}, figures))
}

// keysOf is what stands in brackets and behind them in the first statement that has any, without pgmedic's tag.
func keysOf(statements []string) string {
	for _, sql := range statements {
		if _, keys, found := strings.Cut(sql, " ("); found {
			keys, _, _ = strings.Cut(keys, " /* pgmedic:")
			return "(" + keys
		}
	}
	return ""
}

// figureOf is what the draft's price of that name is with it.
func figureOf(d *playbooks.Draft, name string) string {
	if i := slices.IndexFunc(d.Prices, func(p playbooks.Price) bool { return p.Name == name }); i >= 0 {
		return d.Prices[i].Value
	}
	return draw.Unknown
}

// commentMark stands between a line of SQL and what it is for.
const commentMark = "  -- "

// drawExplained shows the SQL over several lines, with what each is for behind it, or below it where there is no room.
func (s *Steps) drawExplained(page *sheet, d *playbooks.Draft) {
	if d.Explained == "" {
		drawSQL(page, "SQL, as it will be sent", d.SQL)
		return
	}
	switch {
	case len(s.drafts) > 1:
		page.heading("draft " + strconv.Itoa(s.chosen+1))
	case d.For != "":
		page.heading(d.Kind + " · " + d.For)
	case d.Kind != "":
		page.heading(d.Kind)
	default:
		page.heading("SQL")
	}
	t := page.theme
	for _, line := range strings.Split(sqltext.Clean(d.Explained), "\n") {
		code, comment, _ := strings.Cut(line, commentMark)
		bare := strings.TrimRight(code, " ")
		switch room := page.w - draw.Width(code) - draw.Width(commentMark); {
		case comment == "":
			page.text(line, t.Strong)
		case room >= min(draw.Width(comment), page.w/2):
			page.explained(code, comment)
		default:
			page.text(bare, t.Strong)
			page.labelled("", draw.Width(bare)-draw.Width(strings.TrimLeft(bare, " "))+4, "-- "+comment, t.Secondary)
		}
	}
}

// explained adds a line of SQL with its comment, which goes on below itself where it is long.
func (s *sheet) explained(code, comment string) {
	margin := draw.Width(code) + draw.Width(commentMark)
	for i, row := range draw.Wrap(comment, max(s.w-margin, 1)) {
		first, mark := code, commentMark
		if i > 0 {
			first, mark = draw.Fit("", draw.Width(code)), "     "
		}
		s.lines = append(s.lines, draw.Line(s.w, draw.Span{Text: first, Ink: s.theme.Strong}, draw.Span{Text: mark + row, Ink: s.theme.Secondary}))
	}
}

// reasonsLeft are the reasons that the explained SQL does not give.
func reasonsLeft(d *playbooks.Draft) []playbooks.Reason {
	return slices.DeleteFunc(slices.Clone(d.Reasons), func(r playbooks.Reason) bool {
		return r.Why != "" && strings.Contains(d.Explained, commentMark+sqltext.CleanLine(r.Why))
	})
}

// drawEffects shows which other statements pay and gain, and how many were looked at; nil: nothing.
func drawEffects(page *sheet, e *playbooks.Effects) {
	if e == nil || e.Looked == "" {
		return
	}
	t := page.theme
	page.heading("other statements of the table")
	for _, one := range e.Losers {
		page.effect(draw.Span{Text: draw.Fit("slower", priceName), Ink: t.Warning}, one)
	}
	for _, one := range e.Winners {
		page.effect(draw.Span{Text: draw.Fit("faster", priceName), Ink: t.Secondary}, one)
	}
	page.text(e.Looked, t.Secondary)
}

// effect adds a statement with its cost now and then.
func (s *sheet) effect(label draw.Span, e playbooks.Effect) {
	s.spans(label, "cost "+e.Now+" → "+e.Value+", "+sqltext.Headline(e.Statement, s.w), s.theme.Text)
}

func bracketed(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// reasonMargin is the room for the longest part, at most a third of the line.
func reasonMargin(reasons []playbooks.Reason, w int) int {
	margin := 0
	for _, r := range reasons {
		margin = max(margin, draw.Width(r.Part))
	}
	return min(margin+2, max(w/3, 4))
}

// drawRewrite shows another wording of the statement, and whether it yields the same rows; nil: nothing.
func drawRewrite(page *sheet, heading string, r *playbooks.Rewrite) {
	if r == nil {
		return
	}
	t := page.theme
	same := "the same rows"
	if !r.Equivalent {
		same = "not always the same rows"
	}
	page.heading(heading + " · " + same)
	page.labelled("from", 6, r.From, t.Text)
	page.labelled("to", 6, r.To, t.Strong)
	if r.Caveat != "" {
		page.spans(draw.Span{Text: "▲ ", Ink: t.Warning}, r.Caveat, t.Text)
	}
	if r.SQL != "" {
		page.heading("the statement, rewritten")
		page.text(strings.TrimSpace(r.SQL), t.Text)
	}
	if r.Plan != nil {
		drawPlan(page, "plan of it, rewritten", r.Plan)
	}
}

func drawSQL(page *sheet, heading string, statements []string) {
	page.heading(heading)
	for _, sql := range statements {
		page.text(sqltext.Clean(sql), page.theme.Strong)
	}
}

func drawWarnings(page *sheet, warnings []string) {
	if len(warnings) == 0 {
		return
	}
	page.heading("mind")
	for _, w := range warnings {
		page.spans(draw.Span{Text: "▲ ", Ink: page.theme.Warning}, w, page.theme.Text)
	}
}
