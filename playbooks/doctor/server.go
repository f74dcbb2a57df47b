package doctor

import (
	"fmt"
	"slices"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// durabilityRules are what a crash may cost.
var durabilityRules = rules([]rule{
	{
		check: "durability.fsync", setting: "fsync", bad: isOff, severity: Critical, to: "on",
		title: "fsync is off: a crash of the machine can destroy the databases", fine: "fsync is on",
		means: "Only a server whose data nobody needs may run so.",
	},
	{
		check: "durability.full_page_writes", setting: "full_page_writes", bad: isOff, severity: Critical, to: "on",
		title: "full_page_writes is off: a crash can leave torn pages", fine: "full_page_writes is on",
		means: "A page that was half written when the machine went down cannot be repaired from WAL.",
		cost:  "off is right only where the file system writes whole pages (ZFS, for example)",
	},
	{
		check: "durability.zero_damaged_pages", setting: "zero_damaged_pages", bad: isOn, severity: Critical, to: "off",
		title: "zero_damaged_pages is on: damaged pages are emptied silently", fine: "Damaged pages are reported",
		means: "Rows vanish without an error.",
	},
	{
		check: "durability.synchronous_commit", setting: "synchronous_commit", bad: isOff, severity: Note, to: "on",
		title: "synchronous_commit is off: a crash loses the last commits", fine: "A commit is on disk when it is reported",
		means: "Up to about half a second of commits that clients were told of are gone after a crash; nothing is damaged.",
	},
	{
		check: "durability.checksums", setting: "data_checksums", bad: isOff, severity: Note,
		title: "Pages have no checksums", fine: "Pages have checksums",
		means:   "Damage by disk or memory is noticed late, as a wrong result or a crash, and may be in all backups by then.",
		instead: "run pg_checksums --enable while the server is stopped, or on a standby before a switch-over; it is no setting that can be changed",
	},
})

// checksumFailures says whether damaged pages were read.
func checksumFailures(r *Readings) []Finding {
	var read []string
	for _, d := range r.Databases {
		if d.ChecksumFailures > 0 {
			read = append(read, fmt.Sprintf("database %s: %s (pg_stat_database.checksum_failures)", d.Name,
				probes.Counted(int(d.ChecksumFailures), "page", "pages")))
		}
	}
	if len(read) == 0 {
		return nil
	}
	return []Finding{{
		Check: "durability.checksum_failures", Severity: Critical, Title: "Damaged pages were read", Read: read,
		Means: "The storage or the memory damages data. Statements on those pages fail.",
		Mend: []Step{{Do: "keep the last good backup, look in the log for the file and block, run pg_amcheck, and change the hardware or " +
			"move to a standby"}},
		Verify: "SELECT datname, checksum_failures, checksum_last_failure FROM pg_stat_database;",
	}}
}

// collation says whether the operating system's sort order changed under the indexes.
func collation(r *Readings) []Finding {
	c := r.Collation
	if c == nil || c.Recorded == "" || c.Actual == "" || c.Recorded == c.Actual {
		return nil
	}
	database := sqltext.Ident(r.Server.Database)
	return []Finding{{
		Check: "durability.collation", Severity: Warning,
		Title: "The operating system sorts text otherwise than when this database's indexes were built",
		Read:  []string{"recorded version " + c.Recorded + ", actual version " + c.Actual},
		Means: "Indexes on text may miss rows, and unique ones let duplicates in: wrong results without an error.",
		Mend: []Step{{SQL: "REINDEX DATABASE CONCURRENTLY " + database + ";", Do: "or only the indexes on text", Takes: AtOnce},
			{SQL: "ALTER DATABASE " + database + " REFRESH COLLATION VERSION;", Do: "after that", Takes: AtOnce}},
		Verify: "SELECT datcollversion, pg_database_collation_actual_version(oid) FROM pg_database WHERE datname = current_database();",
	}}
}

// invalidIndexes says which indexes serve nobody.
func invalidIndexes(r *Readings) []Finding {
	if r.Indexes == nil {
		return nil
	}
	if len(r.Indexes) == 0 {
		return fine("indexes.invalid", "No INVALID indexes")
	}
	f := Finding{
		Check: "indexes.invalid", Severity: Warning, Title: probes.Counted(int(r.Indexes[0].Total), "index is", "indexes are") + " INVALID",
		Means: "Left over from a build that was ended: no query uses it. Where the build got as far as pg_index.indisready, every write pays for it, " +
			"and a unique one rejects rows. CREATE INDEX ... IF NOT EXISTS reports success over it.",
		Verify: "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid;",
	}
	for i, x := range r.Indexes {
		name := sqltext.Ident(x.Schema, x.Name)
		f.Read = append(f.Read, name+" on "+x.Table)
		if i >= 5 {
			continue
		}
		if x.Partitioned {
			f.Mend = append(f.Mend, Step{Do: name + ": build the missing partitions' indexes and attach them, or drop it", Takes: AtOnce})
			continue
		}
		f.Mend = append(f.Mend, Step{SQL: "DROP INDEX CONCURRENTLY " + name + ";", Takes: AtOnce})
	}
	f.Read = cappedOf(f.Read, int(r.Indexes[0].Total))
	f.Mend = append(f.Mend, Step{Do: "or REINDEX INDEX CONCURRENTLY where it is wanted; save pg_get_indexdef first"})
	return []Finding{f}
}

// endsOfLife are the days after which a major version gets no more fixes (postgresql.org/support/versioning).
var endsOfLife = map[int]time.Time{
	13: day(2025, 11, 13), 14: day(2026, 11, 12), 15: day(2027, 11, 11), 16: day(2028, 11, 9), 17: day(2029, 11, 8), 18: day(2030, 11, 14),
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// endOfLife says whether the major version still gets fixes.
func endOfLife(r *Readings) []Finding {
	end, known := endsOfLife[r.major()]
	if !known {
		return nil
	}
	saw := []string{"server_version = " + r.Server.VersionText}
	left := end.Sub(r.now())
	f := Finding{Check: "version.support", Severity: Fine, Title: fmt.Sprintf("PostgreSQL %d gets fixes until %s", r.major(), end.Format(time.DateOnly)), Read: saw}
	if left > 180*24*time.Hour {
		return []Finding{f}
	}
	f.Severity = Note
	if left < 0 {
		f.Severity, f.Title = Warning, fmt.Sprintf("PostgreSQL %d gets no more fixes since %s", r.major(), end.Format(time.DateOnly))
	}
	f.Means = "Holes and bugs found since stay open."
	f.Mend, f.Verify = []Step{{Do: "plan the upgrade to a supported major version: pg_upgrade, or logical replication"}}, "SHOW server_version;"
	return []Finding{f}
}

// corruptBuilds knows the minor versions whose concurrent builds damage indexes.
func corruptBuilds(r *Readings) []Finding {
	v := r.Server.Version
	f := Finding{Check: "version.concurrently", Severity: Critical, Read: []string{"server_version = " + r.Server.VersionText}, Verify: "SHOW server_version;"}
	prepared, _ := r.number("max_prepared_transactions")
	switch {
	case v >= 140000 && v < 140004:
		f.Title = "CREATE INDEX CONCURRENTLY can build corrupt indexes on this version"
		f.Means = "14.0 to 14.3 can leave rows out of an index that is built or rebuilt CONCURRENTLY; queries then miss them without an " +
			"error. pgmedic builds none here."
		f.Mend = []Step{{Do: "update to the last 14", Takes: Restart}, {Do: "then rebuild what was built CONCURRENTLY, or check it: " +
			"pg_amcheck --heapallindexed"}}
	case prepared > 0 && (v >= 140000 && v < 140001 || v >= 130000 && v < 130005):
		f.Title = "CREATE INDEX CONCURRENTLY can miss rows of prepared transactions on this version"
		f.Means = "Fixed in 13.5 and 14.1; it needs max_prepared_transactions above 0, as here."
		f.Mend = []Step{{Do: "update to the last minor version", Takes: Restart}}
	default:
		return nil
	}
	return []Finding{f}
}

// oldMinor says whether fixes are missing that came out half a year ago: three minor versions. They come every February, May, August and November at
// least, on the second Thursday, which is the 14th at the latest; a major's first one in the November after it came out.
func oldMinor(r *Readings) []Finding {
	major, minor := r.major(), r.Server.Version%10000
	if _, known := endsOfLife[major]; !known {
		return nil
	}
	now := r.now()
	if end := endsOfLife[major]; now.After(end) {
		now = end
	}
	now = now.AddDate(0, 0, -14)
	quarters := (now.Year()-(major+2007))*4 + int(now.Month()+1)/3 - 4 + 1 // 1 in the first November
	if minor >= quarters-2 {
		return nil
	}
	return []Finding{{
		Check: "version.minor", Severity: Warning, Title: fmt.Sprintf("PostgreSQL %s lacks fixes that are out for half a year and longer", r.Server.VersionText),
		Read:  []string{"server_version = " + r.Server.VersionText, fmt.Sprintf("by the schedule there is at least %d.%d", major, quarters)},
		Means: "Minor versions hold nothing but fixes, of crashes, lost data and holes. They need no dump: new binaries and a restart.",
		Mend:  []Step{{Do: "update the packages, or let the service do it", Takes: Restart}}, Verify: "SHOW server_version;",
	}}
}

// pendingRestart says which settings were changed and wait for a restart.
func pendingRestart(r *Readings) []Finding {
	var waiting []string
	for _, s := range r.Settings {
		if s.Pending {
			waiting = append(waiting, s.String())
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	slices.Sort(waiting)
	return []Finding{{
		Check: "settings.pending", Severity: Note,
		Title: probes.Counted(len(waiting), "setting was changed and waits", "settings were changed and wait") + " for a restart", Read: waiting,
		Means:  "A restart in the incident brings a change that nobody has in mind then.",
		Mend:   []Step{{Do: "restart in a quiet hour, or take the change back", Takes: Restart}},
		Verify: "SELECT name FROM pg_settings WHERE pending_restart;",
	}}
}

// fileErrors says which lines of the configuration files are wrong.
func fileErrors(r *Readings) []Finding {
	var read []string
	severity, title := Note, "The configuration files have values that the running server cannot take"
	for _, l := range r.BadLines {
		if l.Pending { // told as waiting for a restart
			continue
		}
		if l.Context != "postmaster" { // of that context a changed value looks like a wrong one
			severity, title = Critical, "The configuration files have errors: the server may not start again"
		}
		read = append(read, fmt.Sprintf("%s:%d %s: %s", l.File, l.Line, l.Name, l.Error))
	}
	if len(read) == 0 {
		return nil
	}
	return []Finding{{
		Check: "settings.errors", Severity: severity, Title: title, Read: read,
		Means:  "With an error a reload changes nothing any more, and after a crash or a restart the server may refuse to start.",
		Mend:   []Step{{Do: "correct these lines"}, {SQL: "SELECT pg_reload_conf();", Takes: Reload}},
		Verify: "SELECT * FROM pg_file_settings WHERE error IS NOT NULL;",
	}}
}

// buildMemory says what an index build has to sort with.
func buildMemory(r *Readings) []Finding {
	kB, known := r.number("maintenance_work_mem")
	if !known {
		return nil
	}
	if kB >= 256*1024 {
		return fine("indexes.memory", "Index builds sort with "+r.value("maintenance_work_mem"), r.saw("maintenance_work_mem")...)
	}
	return []Finding{{
		Check: "indexes.memory", Severity: Note, Title: "Index builds sort with " + r.value("maintenance_work_mem") + " of memory",
		Read:  r.saw("maintenance_work_mem"),
		Means: "Building an index on a large table then sorts on disk and takes longer, in the incident too.",
		Mend: append(r.set("maintenance_work_mem", "512MB"), Step{Do: "each autovacuum worker may take as much, unless autovacuum_work_mem " +
			"is set"}),
		Verify: "SHOW maintenance_work_mem;",
	}}
}
