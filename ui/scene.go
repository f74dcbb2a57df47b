package ui

import (
	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/probes"
)

// Scene is how far the person and the incident are, for a guide's line.
type Scene struct {
	probes.Assessment
	Drafted  bool // a draft that can be confirmed, or soon, is on the page
	Applying bool
	Applied  bool
}

func (a *App) scene() Scene {
	s := Scene{Assessment: a.window.Assessment()}
	if t := a.treatment; t != nil {
		s.Drafted = a.page == playbookPage && (t.stage == preparing || t.stage == ready)
		s.Applying, s.Applied = t.underWay(), t.stage == finished && t.outcome.State == playbooks.Applied
	}
	return s
}
