package ui

import (
	"context"
	"os"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// jobs owns the goroutines that commands run on: bubbletea neither cancels them nor waits for them.
type jobs struct {
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	ended   bool
	last    []func() // done at the end
	running sync.WaitGroup
}

func newJobs() *jobs {
	ctx, cancel := context.WithCancel(context.Background())
	return &jobs{ctx: ctx, cancel: cancel}
}

// atEnd keeps what a running job has to have done at the end, whatever became of its message.
func (j *jobs) atEnd(do func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last = append(j.last, do)
}

// end cancels what runs, waits for it and does what was kept for the end. Nothing starts afterwards.
func (j *jobs) end() {
	j.mu.Lock()
	j.ended = true
	j.mu.Unlock()
	j.cancel()
	j.running.Wait()
	for _, do := range j.last {
		do()
	}
}

func (j *jobs) begin() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.ended {
		j.running.Add(1)
	}
	return !j.ended
}

// job makes a command of work that may wait. Its context ends after limit (0: no limit), with the workbench, or by cancel.
func (j *jobs) job(limit time.Duration, work func(ctx context.Context) tea.Msg) (command tea.Cmd, cancel context.CancelFunc) {
	ctx := j.ctx
	if limit > 0 {
		ctx, cancel = context.WithTimeout(ctx, limit)
	} else {
		ctx, cancel = context.WithCancel(ctx)
	}
	return func() tea.Msg {
		defer cancel()
		if !j.begin() {
			return nil
		}
		defer j.running.Done()
		return work(ctx)
	}, cancel
}

// run is job for work that is never cancelled on its own.
func (j *jobs) run(limit time.Duration, work func(ctx context.Context) tea.Msg) tea.Cmd {
	command, _ := j.job(limit, work)
	return command
}

// terminal is the screen that frames and single sequences are written to, one after the other and never into each other.
type terminal struct {
	*os.File
	mu sync.Mutex
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.File.Write(p)
}
