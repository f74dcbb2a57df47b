package doctor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

const statementsName = "pg_stat_statements"

// statementsPreloaded says whether the library was loaded at the server's start: only then it has settings.
func (r *Readings) statementsPreloaded() bool {
	_, known := r.Settings["pg_stat_statements.max"]
	return known
}

// preload says how to load one more library at the server's start.
func (r *Readings) preload(library string) []Step {
	s, known := r.Settings["shared_preload_libraries"]
	if !known {
		return []Step{{Do: "add " + library + " to what stands in shared_preload_libraries (hidden from this role)", Takes: Restart}}
	}
	var libraries []string
	for _, l := range strings.Split(s.Shown, ",") {
		if l = strings.Trim(strings.TrimSpace(l), `"`); l != "" {
			libraries = append(libraries, l)
		}
	}
	return r.set("shared_preload_libraries", append(libraries, library)...)
}

// statementsLoaded says whether pg_stat_statements counts at all.
func statementsLoaded(r *Readings) []Finding {
	const check = "statements.loaded"
	if r.Settings == nil {
		return nil
	}
	if r.statementsPreloaded() {
		f := Finding{Check: check, Severity: Fine, Title: "pg_stat_statements is loaded", Read: r.saw("shared_preload_libraries", "pg_stat_statements.track")}
		if r.is("pg_stat_statements.track", "none") {
			f.Severity, f.Title = Critical, "pg_stat_statements is loaded, but counts nothing"
			f.Means = "There are no statement figures before, during and after an incident."
			f.Mend, f.Verify = r.set("pg_stat_statements.track", "top"), "SHOW pg_stat_statements.track;"
		}
		return []Finding{f}
	}
	f := Finding{
		Check: check, Severity: Critical, Title: "pg_stat_statements is not loaded", Read: r.saw("shared_preload_libraries"),
		Means: "Which statement holds the connections is guessed from sampled activity, without calls and times, and nothing says how it was " +
			"before. Loading it takes a restart, " +
			"which nobody wants to do during an incident.",
		Mend:   append(r.preload(statementsName), Step{SQL: "CREATE EXTENSION IF NOT EXISTS pg_stat_statements;", Do: "after the restart"}),
		Verify: "SELECT count(*) FROM pg_stat_statements;",
	}
	if r.Extensions != nil && r.Extensions[statementsName].Name == "" {
		f.Mend = append([]Step{{Do: "install the server's contrib package first: the server has no pg_stat_statements"}}, f.Mend...)
	}
	return []Finding{f}
}

// statementsCreated says whether this database has the view.
func statementsCreated(r *Readings) []Finding {
	if r.Extensions == nil || !r.statementsPreloaded() {
		return nil
	}
	e := r.Extensions[statementsName]
	if e.Created != "" {
		return fine("statements.created", "pg_stat_statements "+e.Created+" is created in this database, schema "+sqltext.Ident(e.Schema))
	}
	mend := []Step{{SQL: "CREATE EXTENSION pg_stat_statements;", Takes: AtOnce}}
	if r.kind() == Azure {
		mend = append([]Step{{Do: "allow it first in the server parameter azure.extensions"}}, mend...)
	}
	return []Finding{{
		Check: "statements.created", Severity: Warning, Title: "pg_stat_statements is loaded, but not created in this database",
		Read:  []string{"no row in pg_extension of " + sqltext.Ident(r.Server.Database)},
		Means: "The server counts, but nobody connected here can read the figures.",
		Mend:  mend, Verify: "SELECT extversion FROM pg_extension WHERE extname = 'pg_stat_statements';",
	}}
}

// statementsVersion compares the extension's version with the server's.
func statementsVersion(r *Readings) []Finding {
	e, known := r.Extensions[statementsName]
	if !known || e.Created == "" || !olderVersion(e.Created, e.Offered) {
		return nil
	}
	return []Finding{{
		Check: "statements.version", Severity: Warning,
		Title:  fmt.Sprintf("pg_stat_statements is %s in this database, the server has %s", e.Created, e.Offered),
		Read:   []string{"pg_extension.extversion = " + e.Created, "pg_available_extensions.default_version = " + e.Offered},
		Means:  "A server's upgrade leaves it behind: newer figures are missing, among them whether entries had to make room (1.9).",
		Mend:   []Step{{SQL: "ALTER EXTENSION pg_stat_statements UPDATE;", Takes: AtOnce}},
		Verify: "SELECT extversion FROM pg_extension WHERE extname = 'pg_stat_statements';",
	}}
}

// olderVersion compares versions such as 1.9 and 1.10.
func olderVersion(a, b string) bool {
	parts := func(v string) []int {
		var numbers []int
		for _, p := range strings.Split(v, ".") {
			n, _ := strconv.Atoi(p)
			numbers = append(numbers, n)
		}
		return numbers
	}
	return slices.Compare(parts(a), parts(b)) < 0
}

// statementsFull says whether entries are thrown out.
func statementsFull(r *Readings) []Finding {
	most, known := r.number("pg_stat_statements.max")
	if !known || r.Statements == nil {
		return nil
	}
	read := append(r.saw("pg_stat_statements.max"), probes.Counted(int(r.Statements.Entries), "entry", "entries"))
	perDay := 0.0
	if i := r.StatementsInfo; i != nil {
		since := r.now().Sub(i.Since)
		read = append(read, fmt.Sprintf("made room %s in %s (pg_stat_statements_info.dealloc)",
			probes.Counted(int(i.Dealloc), "time", "times"), age(since.Seconds())))
		perDay = float64(i.Dealloc) / max(since.Hours()/24, 1)
	}
	if perDay < 1 && (r.StatementsInfo != nil || float64(r.Statements.Entries) < 0.95*most) {
		return fine("statements.room", "pg_stat_statements has room for all statements", read...)
	}
	severity := Note
	if perDay >= 24 {
		severity = Warning
	}
	return []Finding{{
		Check: "statements.room", Severity: severity, Title: "pg_stat_statements throws entries out to make room", Read: read,
		Means: "The rarest statements, 5 % at a time, lose their figures; a statement that comes back starts from zero, and each time costs a " +
			"lock on all. As a rule texts that differ " +
			"in the number of list elements or in names are the cause.",
		Mend: append(r.set("pg_stat_statements.max", strconv.Itoa(int(2*most))), Step{Do: "or let the applications send lists as one array " +
			"parameter: = ANY ($1)"}),
		Verify: "SELECT dealloc, stats_reset FROM pg_stat_statements_info;",
	}}
}

// statementsHidden says whether texts and ids are visible.
func statementsHidden(r *Readings) []Finding {
	if r.Statements == nil || r.Statements.Hidden == 0 {
		return nil
	}
	return []Finding{{
		Check: "statements.texts", Severity: Warning, Blind: true,
		Title: fmt.Sprintf("%d of %s hidden from this role", r.Statements.Hidden,
			probes.Counted(int(r.Statements.Entries), "statement is", "statements are")),
		Read: []string{"their query id and text are NULL"}, Means: "The statements of other roles have figures, but no name: they are left out.",
		Mend: r.grant("pg_read_all_stats"), Verify: "SELECT count(*) FROM pg_stat_statements WHERE queryid IS NULL;",
	}}
}

// queryIDs says whether a session can be matched with its statement.
func queryIDs(r *Readings) []Finding {
	const check = "statements.query_id"
	if r.Server.Version == 0 || r.Settings == nil {
		return nil
	}
	if r.major() < 14 {
		return []Finding{{Check: check, Severity: Note, Title: "Version 13 does not say which statement a session runs by its id",
			Means: "Connections held per statement are found from sampled texts; version 14 and later have pg_stat_activity.query_id."}}
	}
	_, known := r.setting("compute_query_id")
	switch {
	case !known, r.is("compute_query_id", "auto") && !r.statementsPreloaded(): // on as soon as pg_stat_statements is loaded, which has a finding of its own
		return nil
	case !r.is("compute_query_id", "off"):
		return fine(check, "Sessions carry the id of their statement", r.saw("compute_query_id")...)
	}
	return []Finding{{
		Check: check, Severity: Warning, Title: "Sessions do not carry the id of their statement", Read: r.saw("compute_query_id"),
		Means: "How many connections each statement holds now, the first question of a connection spike, has no answer; pg_stat_statements " +
			"counts nothing either.",
		Mend: r.set("compute_query_id", "on"), Verify: "SHOW compute_query_id;",
	}}
}

// activitySize says whether running statements are clipped.
func activitySize(r *Readings) []Finding {
	s, known := r.setting("track_activity_query_size")
	if !known {
		return nil
	}
	read := []string{s.String()}
	severity := Note
	if r.Sessions != nil && r.Sessions.Hidden == 0 {
		read = append(read, fmt.Sprintf("the statements of %d of %s fill it now", r.Sessions.Clipped,
			probes.Counted(int(r.Sessions.Clients), "client connection", "client connections")))
		if r.Sessions.Clipped > 0 {
			severity = Warning
		}
	}
	size, _ := r.number("track_activity_query_size")
	if size >= 4096 && severity == Note {
		return fine("activity.size", "Running statements are shown up to "+s.Shown, read...)
	}
	more := max(4096, 2*size)
	return []Finding{{
		Check: "activity.size", Severity: severity, Title: fmt.Sprintf("Running statements are clipped at %.0f bytes", size), Read: read,
		Means: "The values of a clipped statement cannot be read, and what was cut off cannot be planned: the plan is then made from " +
			"pg_stat_statements' text without values.",
		Mend: append(r.set("track_activity_query_size", strconv.Itoa(int(more))), Step{Do: "it costs that much shared memory for each of " +
			"max_connections"}),
		Verify: "SHOW track_activity_query_size;",
	}}
}

// hypopg says whether hypothetical indexes are there; they are never required.
func hypopg(r *Readings) []Finding {
	if r.Extensions == nil {
		return nil
	}
	e := r.Extensions["hypopg"]
	switch {
	case e.Created != "":
		return []Finding{{Check: "statements.hypopg", Severity: Fine, Title: "hypopg " + e.Created + " is created: an index can be tried " +
			"without building it"}}
	case e.Name != "":
		return []Finding{{
			Check: "statements.hypopg", Severity: Note, Title: "hypopg is installed, but not created in this database",
			Read:  []string{"hypopg " + e.Offered + " in pg_available_extensions"},
			Means: "With it a draft index is tried on the planner without building it. It is not required.",
			Mend:  []Step{{SQL: "CREATE EXTENSION hypopg;", Takes: AtOnce}}, Verify: "SELECT extversion FROM pg_extension WHERE extname = 'hypopg';",
		}}
	}
	return []Finding{{
		Check: "statements.hypopg", Severity: Note, Title: "hypopg is not installed",
		Means:  "With it a draft index is tried on the planner without building it. It is not required.",
		Mend:   []Step{{Do: "install the hypopg package for this version where the service or the operating system has it"}},
		Verify: "SELECT name FROM pg_available_extensions WHERE name = 'hypopg';",
	}}
}
