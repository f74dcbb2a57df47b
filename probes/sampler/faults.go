package sampler

import (
	"errors"

	"github.com/pgmedic/pgmedic/probes/pgerr"
)

// faultByState is why a probe has no data and what to do about it, by SQLSTATE.
var faultByState = map[string]string{
	"42501": "this role may not read it: GRANT pg_monitor TO it (pg_read_all_stats is the least)",
	"55P03": "it is locked by somebody else",
}

// statementsFaultByState is the same for the probes that read pg_stat_statements.
var statementsFaultByState = map[string]string{
	"55000": "pg_stat_statements is not loaded: add it to shared_preload_libraries and restart the server",
	"22021": "the server's text file holds an invalid character, so texts cannot be read; the figures go on",
	"42883": "pg_stat_statements is older than the server: ALTER EXTENSION pg_stat_statements UPDATE",
	"42P01": "pg_stat_statements is gone or was moved; looked for again shortly",
}

// probeFault says why a probe has no data and what to do.
func probeFault(probe string, err error) string {
	var blind errBlind
	if errors.As(err, &blind) {
		return blind.Error()
	}
	if errors.Is(err, ErrNoExtension) {
		return ErrNoExtension.Error() + ": CREATE EXTENSION pg_stat_statements " +
			"(it must stand in shared_preload_libraries; that takes a restart of the server)"
	}
	state := pgerr.State(err)
	if wasCut(err) {
		why := "the server took too long to answer"
		if state == "55P03" {
			why = faultByState[state]
		}
		return probe + " cannot be read: " + why
	}
	if fault, ok := statementsFaultByState[state]; ok && (probe == "statements" || probe == "texts") {
		return fault
	}
	if fault, ok := faultByState[state]; ok {
		return probe + ": " + fault
	}
	return probe + " cannot be read: " + pgerr.Reason(err)
}
