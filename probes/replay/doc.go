// Package replay plays a recorded incident: a source over an incident file, at a position that goes with the clock, at a speed, or where a person
// puts it.
package replay
