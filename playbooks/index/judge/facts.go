package judge

import (
	"time"

	"github.com/pgmedic/pgmedic/playbooks/index/table"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// facts are the figures of the table and of the indexes that it has, as the catalogue knew them at a time. Of a table that was never vacuumed or analysed it knows
// neither rows nor size.
func facts(t *table.Table, at time.Time) []record.Fact {
	const upToDate = "as of the last VACUUM or ANALYZE"
	estimated := record.Fact{Subject: sqltext.CleanLine(t.String()), From: at, To: at, Source: "catalogue", Conditions: upToDate, Status: record.Estimated}
	rows, size := estimated, estimated
	rows.Kind, rows.Value, rows.Unit, rows.Method = "table.rows", t.Rows, "rows", "pg_class.reltuples"
	size.Kind, size.Value, size.Unit, size.Method = "table.size", float64(t.Pages*t.PageSize), "bytes", "pg_class.relpages × block_size"
	var facts []record.Fact
	if t.Rows >= 0 {
		facts = append(facts, rows, size)
	}
	for _, x := range t.Indexes {
		name := sqltext.CleanLine(sqltext.Ident(t.Schema, x.Name))
		indexSize, scans := size, estimated
		indexSize.Kind, indexSize.Subject, indexSize.Value = "index.size", name, float64(x.Pages*t.PageSize)
		scans.Kind, scans.Subject, scans.Value, scans.Unit = "index.scans", name, float64(x.Scans), "scans"
		scans.Method, scans.Conditions, scans.Status = "pg_stat_get_numscans", "since the statistics were reset", record.Measured
		facts = append(facts, indexSize, scans)
	}
	return facts
}
