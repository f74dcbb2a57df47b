package drill

import (
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/probes/watch"
)

// A panic of the goroutine comes to the reader, here because there is no application.
func TestDirectHandsAPanicOver(t *testing.T) {
	updates := make(chan watch.Update, 1)
	updates <- watch.Update{}
	var last watch.Update
	for last = range (&Drill{}).Direct(t.Context(), updates, nil, nil) {
	}
	if last.Failed == nil || !strings.Contains(last.Failed.Error(), "nil pointer") || !strings.Contains(last.Failed.Error(), "react") {
		t.Errorf("the last update is %+v: no panic, or not where it was", last)
	}
}
