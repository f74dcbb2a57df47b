// Package sqltext works on the text of statements and on any other text that comes from a server: makes it harmless, quotes identifiers
// and literals (the one place that does), repairs what pg_stat_statements breaks, takes literals out, and shortens for one line.
package sqltext
