// Package probes holds what pgmedic sees of a PostgreSQL server: the Sample that all probes make together
// at one instant of the server's clock, the Source that yields samples, and the Window that keeps the last of them.
//
// A sample is immutable once made. Texts in it are already harmless for a terminal (see sqltext.Clean).
package probes
