package drill

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/watch"
)

// What the story must show, or it has failed.
const (
	leastPeak  = 90 // client connections
	leastRatio = 45 // rows read by the whale's lookup, before ÷ after
)

// checkFigures fails where the story did not show what it is for.
func (s *story) checkFigures(context.Context) error {
	whale := s.drill.Patterns()[0].Name
	ratio, err := rowsRatio(s.before[whale], s.after[whale])
	if err != nil {
		return err
	}
	if s.finding.Statement.QueryID != s.lookupID() {
		return fmt.Errorf("the statement found is not the lookup: %s", s.finding.Title)
	}
	if ratio < leastRatio {
		return fmt.Errorf("the index makes the %s's lookup read %.0f times fewer rows, less than %d", whale, ratio, leastRatio)
	}
	a, connections := s.window.Assessment(), s.window.Last().Counts().Total
	if err := checkBack(a.Baseline, connections); err != nil {
		return err
	}
	s.tell.step(fmt.Sprintf("shown: peak %d connections, %d at the end, baseline %.0f; rows read by the %s's lookup ÷ %.0f",
		a.Peak, connections, a.Baseline.Median, whale, ratio))
	return nil
}

func rowsRatio(before, after *plan.Plan) (float64, error) {
	from, ok := before.RowsRead()
	to, okAfter := after.RowsRead()
	if !ok || !okAfter {
		return 0, errors.New("the rows read were not measured")
	}
	return from / max(to, 1), nil
}

// checkBack fails where there are more connections than after a recovery as watch defines it.
func checkBack(base probes.Baseline, connections int) error {
	if most := watch.RecoveryFactor*base.Median + watch.RecoveryExtra; float64(connections) > most {
		return fmt.Errorf("%d connections at the end are not the baseline of %.0f again: they may be %.0f", connections, base.Median, most)
	}
	return nil
}

// checkRemedy fails where the connections were back before the index was there: it was not the index then.
func checkRemedy(recovered, built time.Time) error {
	if recovered.Before(built) {
		return fmt.Errorf("the connections were back %.1f s before the index was there", built.Sub(recovered).Seconds())
	}
	return nil
}

// draftedIndex reads the keys and the predicate of a CREATE INDEX on the lookup's table, as the index playbook writes it, with its tag.
var draftedIndex = regexp.MustCompile(`^CREATE INDEX CONCURRENTLY \w+ ON reports\.reports \(([^()]+)\) WHERE (.+) /\* pgmedic:[\w-]+ \*/$`)

// checkDraft fails where the draft is not the index that the lookup needs: of its incomplete rows only, beginning with a column that it looks up by
// equality, and without params, whose values can be too large for an index.
func checkDraft(statements []string) error {
	sql := strings.Join(statements, "; ")
	read := draftedIndex.FindStringSubmatch(sql)
	if read == nil {
		return fmt.Errorf("the draft is not one partial index on reports.reports: %s", sql)
	}
	keys := strings.Split(read[1], ", ")
	switch equal := []string{"report_type", "title", "format", "user_id", "organization_id"}; {
	case read[2] != "completed_at IS NULL":
		return fmt.Errorf("the draft is not an index of the incomplete rows: %s", sql)
	case !slices.Contains(equal, keys[0]):
		return fmt.Errorf("the draft does not begin with a column that the lookup compares for equality: %s", sql)
	case slices.ContainsFunc(keys, func(key string) bool { return strings.HasPrefix(key, "params") }):
		return fmt.Errorf("the draft holds params, whose values can be too large for an index: %s", sql)
	}
	return nil
}
