// Package live looks at a running server: its sessions and every query that reads. Warm are look (the refresh), ask (EXPLAIN and catalogue; for a moment
// another one in another database) and act (short guarded actions); build (a long one, opened in preflight) and analyze (EXPLAIN ANALYZE) come when they are
// called for. look, ask and analyze are read-only.
package live
