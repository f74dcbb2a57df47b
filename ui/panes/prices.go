package panes

import (
	"slices"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/ui/draw"
)

// The widths of the table of figures; the names have more room where one is longer. A longer value is no figure and stands in words.
const (
	priceName     = 11
	mostPriceName = 30
	priceCell     = 14
)

// nameRoom is the room for the names of prices, at most a third of the line.
func nameRoom(prices []playbooks.Price, w int) int {
	room := priceName
	for _, p := range prices {
		room = max(room, min(draw.Width(p.Name)+1, mostPriceName, w/3))
	}
	return room
}

// isFigure says whether a price stands in the table of figures.
func isFigure(p playbooks.Price) bool {
	return draw.Width(p.Value) <= priceCell && draw.Width(p.Now) <= priceCell
}

// drawPrices shows what the draft gains and costs: now, with it, and how that is known.
func drawPrices(page *sheet, prices []playbooks.Price) {
	if len(prices) == 0 {
		return
	}
	t, names := page.theme, nameRoom(prices, page.w)
	table := names + 2*priceCell + 2
	heading := "what it brings and costs"
	if slices.ContainsFunc(prices, isFigure) {
		heading = draw.Fit("", names) + draw.Right("now", priceCell) + draw.Right("with it", priceCell)
	}
	page.heading(heading)
	for _, p := range prices {
		if !isFigure(p) {
			words := p.Value + bracketed(p.How)
			if p.Now != "" {
				words = p.Now + " → " + words
			}
			page.labelled(p.Name, names, words, t.Text)
			continue
		}
		label := draw.Span{Text: draw.Fit(p.Name, names), Ink: t.Secondary}
		now, with := draw.Span{Text: draw.Right(p.Now, priceCell), Ink: t.Text}, draw.Span{Text: draw.Right(p.Value, priceCell), Ink: t.Strong}
		room := page.w - table
		if room < 20 {
			page.lines = append(page.lines, draw.Line(page.w, label, now, with))
			continue
		}
		rows := draw.Wrap(p.How, room)
		if len(rows) == 0 {
			rows = []string{""}
		}
		for i, row := range rows {
			if i > 0 {
				label, now, with = draw.Span{Text: draw.Fit("", table-2)}, draw.Span{}, draw.Span{}
			}
			page.lines = append(page.lines, draw.Line(page.w, label, now, with, draw.Span{Text: "  " + row, Ink: t.Secondary}))
		}
	}
}
