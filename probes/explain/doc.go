// Package explain plans statements that others run, as pg_stat_statements shows them: repaired, parsed by the protocol with the names looked up as their caller
// does, without values or with those that hurt. It runs inside a transaction that its caller guards.
//
// What stays: even planning runs functions that are declared immutable. The transaction is read-only and has timeouts; a function that reaches out of it all
// the same, to another server for example, is not held back. EXPLAIN ANALYZE is therefore refused for statements that call such a function by name.
package explain
