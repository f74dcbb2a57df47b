package doctor

import (
	"fmt"
	"strings"
)

// loggingRules are what the log says, each by one setting.
var loggingRules = rules([]rule{
	{
		check: "logging.lock_waits", setting: "log_lock_waits", bad: isOff, severity: Warning, to: "on",
		title: "Waiting for a lock leaves no line in the log", fine: "Waiting for a lock is logged",
		means: "After the incident nothing says who blocked whom; with it the log names both after deadlock_timeout (1 s).",
	},
	{
		check: "logging.checkpoints", setting: "log_checkpoints", bad: isOff, severity: Note, to: "on",
		title: "Checkpoints are not logged", fine: "Checkpoints are logged",
		means: "A spike of writes that slows everything down leaves no trace.",
	},
	{
		check: "logging.temp_files", setting: "log_temp_files", bad: isNever, severity: Note, to: "10MB",
		title: "Temporary files are not logged", fine: "Temporary files are logged",
		means: "Sorts and hashes that go to disk, and fill it, do not show by statement.",
	},
	{
		check: "logging.connections", setting: "log_connections", bad: func(_ *Readings, s Setting) bool { return s.Shown == "off" || s.Shown == "" }, severity: Note, to: "on",
		title: "Connections are not logged", fine: "Connections are logged",
		means: "Who came, and when the storm of connections began, is not in the log.",
		cost:  "a line for each connection: with a pooler before the server few, without one many",
	},
	{
		check: "logging.disconnections", setting: "log_disconnections", bad: isOff, severity: Note, to: "on",
		title: "Ends of connections are not logged", fine: "Ends of connections are logged",
		means: "How long connections were held is not in the log.",
	},
	{
		check: "logging.autovacuum", setting: "log_autovacuum_min_duration", bad: isNever, severity: Note, to: "10min",
		title: "Autovacuum's work is not logged", fine: "Autovacuum's long runs are logged",
		means: "Why a table was not vacuumed, or what vacuum did while the disk was busy, cannot be looked up.",
	},
	{
		check: "logging.everything", setting: "log_statement", bad: isShown("all"), severity: Warning, to: "ddl",
		title: "Every statement is logged before it runs", fine: "Not every statement is logged",
		means: "The log grows with the load and slows a spike down further; it holds passwords and personal data, and no durations.",
	},
})

// slowCalls says whether slow calls leave a trace in the log.
func slowCalls(r *Readings) []Finding {
	const check = "logging.slow_calls"
	least, known := r.number("log_min_duration_statement")
	if !known {
		return nil
	}
	read := r.saw("log_min_duration_statement", "log_min_duration_sample", "auto_explain.log_min_duration")
	explains, explained := r.number("auto_explain.log_min_duration")
	sample, sampled := r.number("log_min_duration_sample")
	switch {
	case least == 0:
		return []Finding{{
			Check: check, Severity: Warning, Title: "Every statement is logged with its duration", Read: read,
			Means:  "The log grows with the load: in a spike it takes the disk that the database needs, and it holds all values.",
			Mend:   r.set("log_min_duration_statement", "1s"),
			Verify: "SHOW log_min_duration_statement;",
		}}
	case least > 0, sampled && sample >= 0, explained && explains >= 0:
		return fine(check, "Slow calls are logged", read...)
	}
	return []Finding{{
		Check: check, Severity: Warning, Title: "Slow calls leave no line in the log", Read: read,
		Means: "The statement that takes seconds would have stood there for weeks before the incident, with the values that hurt; " +
			"pg_stat_statements has neither values nor times of day.",
		Mend:   r.set("log_min_duration_statement", "1s"),
		Verify: "SHOW log_min_duration_statement;",
	}}
}

// autoExplain says whether the plans of slow calls are logged.
func autoExplain(r *Readings) []Finding {
	const check = "logging.auto_explain"
	if r.Settings == nil {
		return nil
	}
	least, loaded := r.number("auto_explain.log_min_duration")
	switch {
	case loaded && r.is("auto_explain.log_analyze", "on") && !r.is("auto_explain.log_timing", "off"):
		return []Finding{{
			Check: check, Severity: Warning, Title: "auto_explain times every node of every statement",
			Read:  r.saw("auto_explain.log_analyze", "auto_explain.log_timing"),
			Means: "All statements pay for it, also those that are never logged: up to twice their time where the clock is slow.",
			Mend:  r.set("auto_explain.log_timing", "off"), Verify: "SHOW auto_explain.log_timing;",
		}}
	case loaded && least >= 0:
		return fine(check, "Plans of slow calls are logged", r.saw("auto_explain.log_min_duration")...)
	case loaded:
		return []Finding{{
			Check: check, Severity: Note, Title: "auto_explain is loaded, but logs nothing", Read: r.saw("auto_explain.log_min_duration"),
			Means: "The plan at the time of the incident is not kept.", Mend: r.set("auto_explain.log_min_duration", "5s"),
			Verify: "SHOW auto_explain.log_min_duration;",
		}}
	}
	return []Finding{{
		Check: check, Severity: Note, Title: "Plans of slow calls are not logged", Read: r.saw("session_preload_libraries"),
		Means:  "The plan at the time of the incident is not kept; an EXPLAIN taken later, with everything cached, is another one.",
		Mend:   r.logPlans(),
		Verify: "SHOW auto_explain.log_min_duration;",
	}}
}

// logPlans says how to load auto_explain and let it log. Before version 16 a session knows its settings only once it has loaded it.
func (r *Readings) logPlans() []Step {
	steps := r.preloadSessions("auto_explain")
	if r.kind() == Plain {
		steps = append(steps, Step{SQL: "LOAD 'auto_explain';", Do: "else this session does not know its settings", Takes: AtOnce})
	}
	return append(together(steps, r.set("auto_explain.log_min_duration", "5s")), Step{Do: "leave log_analyze off, or log_timing off with it"})
}

// preloadSessions says how to load a library into each new session: without the server's restart where the server is plain.
func (r *Readings) preloadSessions(library string) []Step {
	s, known := r.Settings["session_preload_libraries"]
	if r.kind() != Plain || !known {
		return r.preload(library)
	}
	libraries := []string{library}
	if s.Shown != "" {
		libraries = append(strings.Split(strings.ReplaceAll(s.Shown, " ", ""), ","), library)
	}
	return r.set("session_preload_libraries", libraries...)
}

// prefixWants are what a line of the log must carry to be of use in an incident; each may be given by one of several escapes.
var prefixWants = []struct{ escapes, what string }{
	{"tmns", "time"}, {"pc", "session"}, {"u", "role"}, {"d", "database"}, {"a", "application"},
}

// linePrefix says whether a line of the log carries who and when.
func linePrefix(r *Readings) []Finding {
	s, known := r.setting("log_line_prefix")
	to, toKnown := r.setting("log_destination")
	if !known || toKnown && !strings.Contains(to.Shown, "stderr") && !strings.Contains(to.Shown, "syslog") {
		return nil // csvlog and jsonlog carry everything
	}
	var missing []string
	for _, want := range prefixWants {
		if !hasEscape(s.Shown, want.escapes) {
			missing = append(missing, want.what)
		}
	}
	if len(missing) == 0 {
		return []Finding{{Check: "logging.prefix", Severity: Fine, Title: "Each line of the log says when, which session, role, database and " +
			"application", Read: []string{s.String()}}}
	}
	f := Finding{
		Check: "logging.prefix", Severity: Warning, Title: "A line of the log does not say: " + strings.Join(missing, ", "),
		Read:   []string{s.String()},
		Means:  "After the incident lines cannot be matched with an application, a session or the timeline.",
		Mend:   r.set("log_line_prefix", "%m [%p] %q%u@%d/%a "),
		Verify: "SHOW log_line_prefix;",
	}
	if toKnown && (strings.Contains(to.Shown, "csvlog") || strings.Contains(to.Shown, "jsonlog")) {
		f.Severity, f.Read = Note, append(f.Read, to.String())
	}
	if k := r.kind(); k == RDS || k == Aurora {
		f.Severity = Note
		f.Mend = append([]Step{{Do: "the service offers two prefixes only; take the longer one"}}, f.Mend...)
	}
	return []Finding{f}
}

// hasEscape says whether a prefix has one of the escapes, padded or not (%-10u).
func hasEscape(prefix, escapes string) bool {
	for at := 0; at < len(prefix); at++ {
		if prefix[at] != '%' {
			continue
		}
		at++
		for at < len(prefix) && strings.ContainsRune("-0123456789", rune(prefix[at])) {
			at++
		}
		if at < len(prefix) && strings.IndexByte(escapes, prefix[at]) >= 0 {
			return true
		}
	}
	return false
}

// destination says where the log goes.
func destination(r *Readings) []Finding {
	to, known := r.setting("log_destination")
	if !known || r.kind() != Plain {
		return nil
	}
	read := r.saw("log_destination", "logging_collector")
	if r.is("logging_collector", "on") || !strings.Contains(to.Shown, "stderr") {
		return fine("logging.destination", "The log is collected", read...)
	}
	return []Finding{{
		Check: "logging.destination", Severity: Note, Title: "The log goes to the server's standard error", Read: read,
		Means: "Whoever started the server keeps it: systemd's journal, the container's log, pg_ctl's file. Know where before the incident, " +
			"and whether old lines are still there days later.",
		Mend: []Step{{Do: fmt.Sprintf("find it now; or set logging_collector to on (%s)", Restart)}}, Verify: "SELECT pg_current_logfile();",
	}}
}
