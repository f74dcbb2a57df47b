// Package storage says what is known of the tables and indexes of a statement (size, use, state), and of the disk space as far as SQL can tell. It
// never waits long for a lock: what cannot be measured because somebody locks it is estimated from the catalogue, and says so and why.
package storage
