package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	osc52 "github.com/aymanbagabas/go-osc52/v2"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/report"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/ui/draw"
	"github.com/pgmedic/pgmedic/ui/panes"
)

// How long a command may take. The server's own statement_timeout ends most of them earlier.
const (
	explainLimit = 15 * time.Second
	analyzeLimit = 45 * time.Second
	tablesLimit  = 15 * time.Second
	draftLimit   = time.Minute
	prepareLimit = time.Minute
	cancelLimit  = 10 * time.Second
	recordLimit  = 10 * time.Second
	reportLimit  = time.Minute
)

// waitUpdate waits for what the source says next.
func (a *App) waitUpdate() tea.Cmd {
	updates := a.deps.Updates
	return a.jobs.run(0, func(ctx context.Context) tea.Msg {
		select {
		case update, open := <-updates:
			if !open {
				return updatesEndedMsg{}
			}
			return updateMsg{update}
		case <-ctx.Done():
			return nil
		}
	})
}

// tick tells the time in a second, for the ages on screen.
func (a *App) tick() tea.Cmd {
	now := a.deps.Now
	return tea.Tick(time.Second, func(time.Time) tea.Msg { return clockMsg(now()) })
}

// draftFix asks the playbook for the treatment of the finding.
func (a *App) draftFix(request int, book playbooks.Playbook, finding playbooks.Finding) (tea.Cmd, context.CancelFunc) {
	return a.jobs.job(draftLimit, func(ctx context.Context) tea.Msg {
		draft, err := book.Draft(ctx, a.deps.Ask, finding)
		return draftMsg{request, draft, err}
	})
}

// adjust asks for the draft with what was typed.
func (a *App) adjust(request int, draft *playbooks.Draft, typed string) (tea.Cmd, context.CancelFunc) {
	return a.jobs.job(draftLimit, func(ctx context.Context) tea.Msg {
		adjusted, err := draft.Adjust.Draft(ctx, a.deps.Ask, typed)
		return adjustedMsg{request, typed, adjusted, err}
	})
}

// prepare runs the draft's preflight. The workbench gives its session back when it leaves, even where the message came too late.
func (a *App) prepare(request int, draft *playbooks.Draft) (tea.Cmd, context.CancelFunc) {
	return a.jobs.job(prepareLimit, func(ctx context.Context) tea.Msg {
		prepared, err := a.deps.Engine.Prepare(ctx, draft)
		if prepared != nil {
			a.jobs.atEnd(prepared.Abandon)
		}
		return preparedMsg{request, prepared, err}
	})
}

// abandon gives the session of a prepared draft back.
func (a *App) abandon(prepared *playbooks.Prepared) tea.Cmd {
	return a.jobs.run(cancelLimit, func(context.Context) tea.Msg {
		prepared.Abandon()
		return nil
	})
}

// confirm hands the typed word to the engine, which decides.
func (a *App) confirm(request int, prepared *playbooks.Prepared, typed string) tea.Cmd {
	return a.jobs.run(0, func(context.Context) tea.Msg {
		run, err := prepared.Confirm(typed)
		if err == nil && panes.Acts(prepared.Draft) {
			a.stopAtEnd(run)
		}
		return runMsg{request, run, err}
	})
}

// follow waits for the run's next word: its progress or, at the end, its outcome.
func (a *App) follow(request int, run *playbooks.Run) tea.Cmd {
	return a.jobs.run(0, func(ctx context.Context) tea.Msg {
		select {
		case progress, open := <-run.Progress():
			if !open {
				return outcomeMsg{request, run.Outcome()}
			}
			return progressMsg{request, run, progress}
		case <-ctx.Done():
			return nil
		}
	})
}

// cancelRun cancels the apply and tells what follows. What became of it comes as the run's outcome.
func (a *App) cancelRun(run *playbooks.Run, follows string) tea.Cmd {
	return a.jobs.run(cancelLimit, func(ctx context.Context) tea.Msg {
		if err := run.Cancel(ctx); err != nil {
			return noticeMsg{text: "cancelling: " + err.Error(), bad: true}
		}
		return noticeMsg{text: follows}
	})
}

// writeNote puts a person's words onto the timeline.
func (a *App) writeNote(text string) tea.Cmd {
	a.now = a.deps.Now()
	event := record.Event{Kind: record.Said, At: a.serverNow(), Basis: a.timeBasis(), Author: a.deps.Author, Source: "workbench", Title: text}
	return a.jobs.run(recordLimit, func(context.Context) tea.Msg {
		if err := a.addEvent(event); err != nil {
			return noticeMsg{text: "writing the note: " + err.Error(), bad: true}
		}
		return a.timeline()
	})
}

// addEvent stores an event. A recorded incident is open to read alone, and is opened to add to it for a moment.
func (a *App) addEvent(event record.Event) error {
	if !a.isReplay() {
		_, err := a.deps.Record.AddEvent(event)
		return err
	}
	path := a.deps.Record.Path()
	file, err := record.OpenToAdd(path)
	if err == nil {
		_, err = file.AddEvent(event)
		err = errors.Join(err, file.Close())
	}
	if err != nil { // what to do stands behind the path, and the line is short
		return errors.New(strings.ReplaceAll(err.Error(), path, filepath.Base(path)))
	}
	return nil
}

// readTimeline reads the timeline again after something of ours was added to it.
func (a *App) readTimeline() tea.Cmd {
	if a.deps.Record == nil {
		return nil
	}
	return a.jobs.run(recordLimit, func(context.Context) tea.Msg { return a.timeline() })
}

func (a *App) timeline() tea.Msg {
	events, err := a.deps.Record.Events()
	return timelineMsg{events, err}
}

// writeReport makes the report of everything recorded so far.
func (a *App) writeReport() tea.Cmd {
	return a.jobs.run(reportLimit, func(context.Context) tea.Msg {
		written, err := report.Write(a.deps.Record.Path(), a.deps.ReportFolder)
		if err != nil {
			return noticeMsg{text: "writing the report: " + err.Error(), bad: true}
		}
		text := "report written:"
		if n := len(written.Kept); n > 0 {
			text = fmt.Sprintf("report written; %s that you edited would be different now, see report.md.new beside it:", draw.Counted(int64(n), "block", "blocks"))
		}
		return noticeMsg{text: text, path: fromHome(written.Path)}
	})
}

// fromHome is a path with the person's home as ~.
func fromHome(path string) string {
	home, err := os.UserHomeDir()
	if rest, inside := strings.CutPrefix(path, home+"/"); err == nil && inside {
		return "~/" + rest
	}
	return path
}

// copyText sends the text to the terminal's clipboard (OSC 52). Whether the terminal took it cannot be known. tmux takes the sequence as it is or
// wrapped, as it is configured, so it gets both.
func (a *App) copyText(text, what string) tea.Cmd {
	screen := a.screen
	return a.jobs.run(0, func(context.Context) tea.Msg {
		sequence := osc52.New(text).String()
		if os.Getenv("TMUX") != "" {
			sequence += osc52.New(text).Tmux().String()
		}
		if _, err := screen.Write([]byte(sequence)); err != nil {
			return noticeMsg{text: "copying: " + err.Error(), bad: true}
		}
		return noticeMsg{text: what + " sent to the clipboard"}
	})
}
