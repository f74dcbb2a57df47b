package ui

import (
	"context"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

func TestEndCancelsJobsAndWaits(t *testing.T) {
	j := newJobs()
	started := make(chan struct{})
	over := false
	command := j.run(0, func(ctx context.Context) tea.Msg {
		close(started)
		<-ctx.Done()
		over = true
		return nil
	})
	go command()
	<-started
	j.end()
	if !over {
		t.Error("end did not wait for the job")
	}
	late := j.run(0, func(context.Context) tea.Msg {
		t.Error("a job started after the end")
		return nil
	})
	if late() != nil {
		t.Error("a job that did not run has a message")
	}
}

func TestJobsEndOneByOne(t *testing.T) {
	j := newJobs()
	defer j.end()
	command, cancel := j.job(0, func(ctx context.Context) tea.Msg {
		<-ctx.Done()
		return ctx.Err()
	})
	cancel()
	if command() != context.Canceled {
		t.Error("cancel did not end the job")
	}
	limited := j.run(1, func(ctx context.Context) tea.Msg {
		<-ctx.Done()
		return ctx.Err()
	})
	if limited() != context.DeadlineExceeded {
		t.Error("the limit did not end the job")
	}
}
