package doctor

// trackingRules are what the server counts and times.
var trackingRules = rules([]rule{
	{
		check: "activity.sessions", setting: "track_activities", bad: isOff, severity: Critical, to: "on",
		title: "Sessions do not show what they run", fine: "Sessions show what they run",
		means: "pg_stat_activity has no state, no statement and no time of any session: in an incident nothing says who does what.",
	},
	{
		check: "activity.counts", setting: "track_counts", bad: isOff, severity: Critical, to: "on",
		title: "The server does not count changes to tables, so autovacuum does not run", fine: "Changes to tables are counted",
		means: "Without counts autovacuum vacuums and analyzes nothing: tables grow and plans go wrong.",
	},
	{
		check: "activity.io", setting: "track_io_timing", bad: isOff, severity: Note, to: "on",
		title: "Reads and writes are not timed", fine: "Reads and writes are timed",
		means: "Whether a statement is slow because of the disk or because of its plan is not visible, neither in EXPLAIN (ANALYZE, BUFFERS) " +
			"nor in pg_stat_statements.",
		cost: "on rare machines reading the clock is slow: pg_test_timing, run on the server, should say under 100 ns",
	},
	{
		check: "activity.wal", setting: "track_wal_io_timing", from: 14, bad: isOff, severity: Note, to: "on",
		title: "Writes of WAL are not timed", fine: "Writes of WAL are timed",
		means: "Whether commits wait for the disk is seen from wait events alone.",
	},
	{
		check: "activity.functions", setting: "track_functions", bad: isShown("none"), severity: Note, to: "pl",
		title: "Functions are not timed", fine: "Functions are timed",
		means: "A statement that is slow because of a function or a trigger does not show which one.",
	},
	{
		check: "statements.planning", setting: "pg_stat_statements.track_planning", bad: isOn, severity: Note, to: "off",
		title: "pg_stat_statements also counts planning", fine: "pg_stat_statements counts execution alone",
		means: "With many sessions that run the same statement it makes them wait for each other.",
	},
	{
		check: "statements.save", setting: "pg_stat_statements.save", bad: isOff, severity: Note, to: "on",
		title: "pg_stat_statements forgets at each restart", fine: "pg_stat_statements survives a restart",
		means: "After a restart in the incident nothing says how it was before.",
	},
})
