// Package draw is what the panes draw with: the theme's colours by meaning, lines and boxes of an exact size in cells, figures for people,
// and a chart over time. It does no I/O and knows nothing of databases.
//
// Everything is drawn with Unicode; Theme.Finish turns a finished screen into ASCII where the person asked for it.
package draw
