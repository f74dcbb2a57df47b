// Package explain plans statements that others run, as pg_stat_statements shows them: repaired, prepared by the protocol, without values or with
// those that hurt. It runs inside a transaction that its caller guards.
package explain
