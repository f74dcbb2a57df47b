// Package sampler takes the samples: one file for each probe, that is, for each part of what one look at the server brings. Nothing here reads a
// table or takes a lock that DDL could hold up, and only the clock and the activity are indispensable: any other probe may fail, and says why.
package sampler
