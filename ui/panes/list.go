package panes

// cursor is the selected row of a list and the first row on screen.
type cursor struct{ at, offset int }

// move moves the selection by n within count rows.
func (c *cursor) move(n, count int) { c.at = min(max(c.at+n, 0), max(count-1, 0)) }

// visible returns the rows on screen, first to before last, where there is room for so many; the selected one is among them.
func (c *cursor) visible(count, room int) (int, int) {
	c.at = min(max(c.at, 0), max(count-1, 0))
	room = max(room, 1)
	c.offset = min(c.offset, c.at, max(count-room, 0))
	c.offset = max(c.offset, c.at-room+1, 0)
	return c.offset, min(c.offset+room, count)
}
