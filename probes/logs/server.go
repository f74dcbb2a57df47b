package logs

import (
	"fmt"
	"strings"
)

// entry is one line of PostgreSQL's own log (PostgreSQL manual, 20.8.4 and 20.8.5).
type entry struct {
	time, user, database, client, session, line, severity, state, message, detail, statement, application string
}

// The columns of csvlog, by their place. 13 has 24 of them, later versions 26.
const (
	csvTime = iota
	csvUser
	csvDatabase
	_
	csvClient
	csvSession
	csvLine
	_
	_
	_
	_
	csvSeverity
	csvState
	csvMessage
	csvDetail
	_
	_
	_
	_
	csvQuery
	_
	_
	csvApplication
	csvLeast // columns
	csvMost  = 26
)

// isCSVLog says whether a row looks like one of csvlog.
func isCSVLog(fields []string) bool {
	return len(fields) >= csvLeast && len(fields) <= csvMost && stampForm.MatchString(fields[csvTime]) && len(fields[csvState]) == 5 &&
		fields[csvSeverity] != "" && strings.ToUpper(fields[csvSeverity]) == fields[csvSeverity]
}

func csvEntry(f []string) (entry, error) {
	if len(f) < csvLeast || len(f) > csvMost {
		return entry{}, fmt.Errorf("it has %d columns, csvlog has %d to %d", len(f), csvLeast, csvMost)
	}
	return entry{f[csvTime], f[csvUser], f[csvDatabase], f[csvClient], f[csvSession], f[csvLine], f[csvSeverity], f[csvState], f[csvMessage], f[csvDetail], f[csvQuery], f[csvApplication]}, nil
}

func jsonEntry(f fields) (entry, error) {
	v := f.values
	if v["timestamp"] == "" || v["error_severity"] == "" {
		return entry{}, fmt.Errorf("it lacks timestamp or error_severity")
	}
	return entry{v["timestamp"], v["user"], v["dbname"], v["remote_host"], v["session_id"], v["line_num"], v["error_severity"], v["state_code"], v["message"], v["detail"],
		v["statement"], v["application_name"]}, nil
}

// conditions are the SQLSTATEs that matter in an incident, by the names of PostgreSQL's manual, appendix A.
var conditions = map[string]string{
	"53300": "too many connections", "53400": "configuration limit exceeded", "53100": "disk full", "53200": "out of memory", "57014": "query canceled",
	"55P03": "lock not available", "40P01": "deadlock detected", "57P01": "admin shutdown", "57P02": "crash shutdown", "57P03": "cannot connect now", "57P05": "idle session timeout",
	"25P03": "idle in transaction session timeout", "58030": "io error", "XX001": "data corrupted", "XX002": "index corrupted",
}

// notices begin the messages of severity LOG that matter. They are told by their words, which a server with another lc_messages translates.
var notices = []struct{ begins, name string }{
	{"checkpoint starting", "checkpoint starting"}, {"checkpoint complete", "checkpoint complete"},
	{"database system is ready", "the server is ready"}, {"database system was interrupted", "the server was interrupted"},
	{"database system is shut down", "the server is shut down"}, {"starting PostgreSQL", "the server starts"},
	{"received fast shutdown", "the server is told to shut down"}, {"received smart shutdown", "the server is told to shut down"},
	{"received immediate shutdown", "the server is told to shut down"}, {"received SIGHUP", "the server reads its configuration again"},
	{"all server processes terminated", "the server begins anew"}, {"terminating any other active", "the server ends all sessions"},
}

// sortOf says what a line of the server's log is for the timeline; empty: nothing that matters in an incident.
func (e entry) sortOf() string {
	if name := conditions[e.state]; name != "" {
		return name
	}
	if e.severity == "PANIC" || e.severity == "FATAL" {
		return strings.ToLower(e.severity)
	}
	if e.state != "00000" && e.state != "" { // jsonlog leaves it out
		return ""
	}
	if strings.HasPrefix(e.message, "process ") && (strings.Contains(e.message, " still waiting for ") || strings.Contains(e.message, " acquired ")) {
		return "lock wait"
	}
	for _, n := range notices {
		if strings.HasPrefix(e.message, n.begins) {
			return n.name
		}
	}
	return ""
}

// isError says whether lines of that sort are counted as errors.
func (e entry) isError() bool {
	return e.severity == "ERROR" || e.severity == "FATAL" || e.severity == "PANIC"
}
