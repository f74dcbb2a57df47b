package panes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/playbooks"
)

// partitioned is a draft of many statements, with all that it needs to be told.
func partitioned() *playbooks.Draft {
	d := seedDraft()
	d.SQL = []string{"SET lock_timeout = '500ms' /* pgmedic:index-build */", "CREATE INDEX idx_ev ON ONLY public.ev (tenant, ts) /* pgmedic:index-build */"}
	for i := range 27 {
		d.SQL = append(d.SQL, fmt.Sprintf("CREATE INDEX CONCURRENTLY idx_ev_%d ON public.ev_%d (tenant, ts) /* pgmedic:index-build */", i, i))
	}
	return d
}

// A low page shows what must be typed, what it takes and what to mind, however long that is which is sent.
func TestConfirmationOnALowPage(t *testing.T) {
	var s Steps
	s.Reset("index", "")
	s.ShowDrafts([]*playbooks.Draft{partitioned()}, 0)
	s.ShowChecks([]playbooks.Check{{Verdict: playbooks.Caution, Name: "disk", Saw: "not known"}}, "")
	s.ShowPrompt("idx_ev", "idx▏", "")
	got := plain(&s, 80, 20)
	for _, want := range []string{"type in full", "idx_ev", "▸ idx▏", "size       40 MB", "build time about 5 min", "▲ caution  disk", "▲ VACUUM and DDL", "▲ Cancelling"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	s.Scroll(1 << 10)
	if got = plain(&s, 80, 20); !strings.Contains(got, "idx_ev_26") {
		t.Errorf("what is sent is not there:\n%s", got)
	}
}

// A draft without words of its own is told from the others by its keys, and by nothing that pgmedic puts around them.
func TestKeysOfADraft(t *testing.T) {
	if got := keysOf(partitioned().SQL); got != "(tenant, ts)" {
		t.Errorf("keys %q", got)
	}
	if got := keysOf([]string{"REINDEX INDEX CONCURRENTLY public.x"}); got != "" {
		t.Errorf("keys %q of none", got)
	}
}

// A title that has no room says that it goes on.
func TestFindingThatIsCutSaysSo(t *testing.T) {
	var f Findings
	f.Show([]playbooks.Finding{{Title: strings.Repeat("word ", 60), Action: "watch it to its end"}}, func(playbooks.Finding) string { return "⏎" }, "", true)
	if got := plain(&f, 80, 4); !strings.Contains(got, "word …") {
		t.Errorf("cut without a word:\n%s", got)
	}
	if got := plain(&f, 80, 20); strings.Contains(got, "…") {
		t.Errorf("cut where there is room:\n%s", got)
	}
}

func TestOneTransactionIsOne(t *testing.T) {
	var s Steps
	s.Reset("index", "")
	s.ShowDrafts(seedDrafts(), 0)
	s.ShowProgress(playbooks.RunProgress{Progress: playbooks.Progress{Phase: "waiting for writers before build", Total: 1, Unit: lockers}})
	if got := plain(&s, 120, 45); !strings.Contains(got, "0 of 1 transaction has ended") {
		t.Errorf("got\n%s", got)
	}
}
