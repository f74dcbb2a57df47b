// Package explain plans statements that others run, as pg_stat_statements shows them: repaired, parsed by the protocol with the names looked up as their caller
// does, without values or with those that hurt. It runs inside a transaction that its caller guards.
//
// What stays: even planning runs functions that are declared immutable. The transaction is read-only and has timeouts; a function that reaches out of it all
// the same, to another server for example, is not held back. A superuser, or who may have the server write files or run programs, would lend such a function
// these rights: for them a statement that calls a function which belongs to no superuser is refused. EXPLAIN ANALYZE is refused for statements that call a
// function which is declared volatile, and belongs into a session that ends with it, as an advisory lock outlives its transaction.
//
// Both refusals judge what the text names: calls, operators, aggregates, casts, domains, views; EXPLAIN ANALYZE what the plan names, too. What hides behind these
// cannot be known: a cast that nobody wrote, what a function calls, an index's expression. So connect as a role that may only look (pgmedic doctor --grants).
package explain
