// Package panes draws the parts of the workbench. A pane is a plain struct, ready in its zero value: SetSize gives it its room, Show… its
// data, View returns exactly that many cells. Panes do no I/O and know no keys.
package panes
