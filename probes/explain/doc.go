// Package explain plans statements that others run, as pg_stat_statements shows them: repaired, parsed by the protocol with the names looked up as their caller
// does, without values or with those that hurt. It runs inside a transaction that its caller guards and keeps out of
// pg_stat_statements, where its role may.
//
// What stays: even planning runs functions that are declared immutable. The transaction is read-only and has timeouts; a function that reaches out of it all
// the same, to another server for example, is not held back. A superuser, or who may have the server write files or run programs, would lend such a function
// these rights: for them a statement that calls a function which belongs to no superuser is refused. EXPLAIN ANALYZE is refused for statements that call a
// function which is declared volatile, and belongs into a session that ends with it, as an advisory lock outlives its transaction.
//
// Both refusals judge what the text names: calls, operators and the keywords that stand for some, aggregates, casts, domains, views; EXPLAIN ANALYZE what
// the plan names, too; the other one what the server keeps with the relations besides (defaults, rules, checks, indexes), domains within the parameters'
// types, and every cast. What hides behind these cannot be known: what a function calls, a superuser's own too; operators that a superuser made part of an
// operator class; what the relations are when the plan is made, as somebody can alter them between the look and the plan. So connect as a role that may
// only look (pgmedic doctor --grants).
//
// The values of a plan come from pg_stats. Where a parameter searches a column of which the server keeps no values, as of ranges and points, some eight pages of the
// table are read for a few, by whoever has SELECT on the column and is under no policy of row security. Where several parameters must equal
// columns of one table, the values that hurt are those of one row, found in a hundred pages under the same terms, within 100 ms: the value that is the most common
// of its column, and what most often stands beside it. No value is shown or kept.
//
// The server prints a plan's expressions for the search_path that the statement's names were looked up by. The names that are not pg_catalog's are given their
// schema, so that the expressions mean the same to an index's builder, and are comparable with those of indexes; where it cannot be told which of several
// functions or operators is meant, the plan's origin says so (plan.Origin.Settled).
//
// What a domain checks of a parameter is run for nobody: parameters get the types under their domains.
package explain
