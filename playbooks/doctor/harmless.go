package doctor

import (
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// unshowable stands for SQL that cannot be shown as it would have to be sent.
const unshowable = "a name in the statement that mends this holds characters that are not shown here; write it by hand from the name above"

// harmless makes all texts of a finding fit for a terminal. SQL that would have to be changed for that is taken out: it would hit something else.
func (f Finding) harmless() Finding {
	f.Title, f.Means = sqltext.CleanLine(f.Title), sqltext.CleanLine(f.Means)
	f.Read = cleanLines(f.Read)
	if f.Verify != sqltext.CleanLine(f.Verify) {
		f.Verify = ""
	}
	mend := make([]Step, len(f.Mend))
	for i, step := range f.Mend {
		mend[i] = step.harmless()
	}
	f.Mend = mend
	return f
}

func (s Step) harmless() Step {
	s.Do = sqltext.CleanLine(s.Do)
	if !showable(s.SQL) {
		s.SQL, s.Do = "", unshowable
	}
	return s
}

// showable says whether the SQL is harmless as it stands, on one line.
func showable(sql string) bool { return sql == sqltext.Clean(sql) && !strings.ContainsAny(sql, "\n\t") }

func cleanLines(lines []string) []string {
	clean := make([]string, len(lines))
	for i, line := range lines {
		clean[i] = sqltext.CleanLine(line)
	}
	return clean
}
