package ui

import (
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Scene is how far the person and the incident are, for a guide's line.
type Scene struct {
	probes.Assessment
	Drafted  bool   // a draft that can be confirmed, or soon, is on the page
	Word     string // that confirms it
	Applying bool
	Applied  bool
	Waiting  int // sessions that wait for a lock now
}

func (a *App) scene() Scene {
	s := Scene{Assessment: a.window.Assessment()}
	if now := a.window.Current(); now != nil {
		s.Waiting = now.Blocking().Waiting
	}
	if t := a.treatment; t != nil {
		if s.Drafted = a.page == playbookPage && (t.stage == preparing || t.stage == ready); s.Drafted {
			s.Word = sqltext.CleanLine(t.draft.Word)
		}
		s.Applying, s.Applied = t.underWay(), t.stage == finished && t.outcome.State == playbooks.Applied
	}
	return s
}
