// Package live looks at a running server: its sessions and every query that reads. Sessions are four: look (the refresh), ask (EXPLAIN and
// catalogue), act (short guarded actions) and build (a long one, opened in preflight). The first two are read-only.
package live
