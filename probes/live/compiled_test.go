package live

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/plan"
)

// What is only planned is not compiled, whatever it is thought to cost; what is run is, as the application's statements are. The plan mentions neither.
func TestOnlyWhatRunsIsCompiled(t *testing.T) {
	dsn := pgtest.Database(t)
	s := newServer(t, Config{DSN: dsn})
	lookAt(t, s)
	var jit string
	err := s.Ask().Read(t.Context(), func(ctx context.Context, tx pgx.Tx) error {
		return tx.QueryRow(ctx, "SELECT current_setting('jit')").Scan(&jit)
	})
	if err != nil || jit != "off" {
		t.Errorf("asked with jit = %q: %v", jit, err)
	}
	const asApplications = "SELECT n FROM generate_series(1, 3) AS n WHERE current_setting('jit') = $1"
	own := pgtest.Value(t, dsn, "SELECT current_setting('jit')")
	p := explained(t, s.Ask(), explain.Question{Statement: asApplications, Values: map[int]*string{1: &own}, Class: plan.Given, Analyze: true})
	if p.Root.ActualRows != 3 || p.Settings["jit"] != "" {
		t.Errorf("run with another jit than the application's: %.0f rows, settings %v", p.Root.ActualRows, p.Settings)
	}
}

// Each of many values reaches the parameter that it is given for.
func TestManyValues(t *testing.T) {
	const n = 250
	s := newServer(t, Config{DSN: pgtest.Database(t)})
	lookAt(t, s)
	values, names, numbers := map[int]*string{}, make([]string, n), make([]string, n)
	for i := range n {
		number := strconv.Itoa(i + 1)
		values[i+1], names[i], numbers[i] = &number, "$"+number+"::text", "'"+number+"'"
	}
	statement := "SELECT n FROM generate_series(1, 7) AS n WHERE ARRAY[" + strings.Join(names, ", ") + "] = ARRAY[" + strings.Join(numbers, ", ") + "]"
	p := explained(t, s.Ask(), explain.Question{Statement: statement, Values: values, Class: plan.Given, Analyze: true})
	if p.Root.ActualRows != 7 {
		t.Errorf("%.0f rows with the values", p.Root.ActualRows)
	}
}
