package ui

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/pgserver/pgtest"
	"github.com/pgmedic/pgmedic/probes/record"
)

// possible is work that nothing stands in the way of.
type possible struct{ playbooks.Work }

func (possible) Preflight(context.Context, *live.Asker) ([]playbooks.Check, error) { return nil, nil }

// A preflight ends while the workbench leaves: nobody takes its message any more, and its session is given back all the same.
func TestLeavingGivesBackAPreparedSession(t *testing.T) {
	server, err := live.New(live.Config{DSN: pgtest.Database(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	for tick := range server.Stream(t.Context()) { // nothing is changed on a server that is not looked at
		if tick.Sample != nil {
			break
		}
	}
	file, err := record.Create(t.TempDir(), "leaving", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	a := New(Deps{Engine: playbooks.NewEngine(server, file, time.Now), Now: time.Now, Theme: looks[2].theme()})
	command, _ := a.prepare(1, &playbooks.Draft{Title: "a draft", Word: "word", Work: possible{}})
	msg := command().(preparedMsg)
	if msg.err != nil || msg.prepared.Refused() != "" {
		t.Fatal(msg.err, msg.prepared.Refused())
	}
	a.close()
	if _, err := msg.prepared.Confirm("word"); err == nil || !strings.Contains(err.Error(), "abandoned already") {
		t.Errorf("the session lives on: %v", err)
	}
}
