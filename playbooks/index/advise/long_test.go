package advise

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks/index/judge"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
)

// repeated joins n pieces, each written with its number.
func repeated(n int, format, between string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(format, i+1)
	}
	return strings.Join(all, between)
}

// TestLongStatements has statements with thousands of conditions and values judged, and refused before anything is asked where they have more; what is listed of them
// stays short.
func TestLongStatements(t *testing.T) {
	dsn := pgtest.Database(t)
	pgtest.Execute(t, pgtest.Connect(t, dsn, nil), things, "VACUUM ANALYZE things")
	const among = "SELECT note FROM things WHERE "
	for name, test := range map[string]struct {
		statement string
		failed    bool
		listed    int    // parameters in the JSON
		says      string // the text does
	}{
		"arms":     {among + repeated(3500, "(kind = %[1]d AND id = %[1]d * 3)", " OR "), false, mostLiterals, "($1 $2 $3 $4 $5 $6 $7 $8 $9 $10 $11 $12 and 10,488 more)"},
		"values":   {among + "id IN (" + repeated(3000, "$%d", ", ") + ")", false, 3000, "$12 and 2,988 more)"},
		"too many": {among + "id IN (" + repeated(17000, "$%d", ", ") + ")", true, 0, "it has 17,000 parameters"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := answerTo(t, dsn, test.statement)
			var fields jsonAnswer
			if err := json.Unmarshal([]byte(jsonOf(t, answer, false)), &fields); err != nil {
				t.Fatal(err)
			}
			text := strings.Join(strings.Fields(answer.Text(80)), " ")
			if (answer.Verdict == judge.Failed) != test.failed || len(fields.Parameters) != test.listed || !strings.Contains(text, test.says) {
				t.Errorf("%s: %s\n%d parameters listed, and the text is %.300s", answer.Verdict, answer.Reason, len(fields.Parameters), text)
			}
			if listed := strings.Contains(strings.Join(fields.Warnings, " "), "of the statement's 10,500 literals"); listed != (name == "arms") {
				t.Errorf("warnings %q", fields.Warnings)
			}
		})
	}
}
