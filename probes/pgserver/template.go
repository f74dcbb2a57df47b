package pgserver

import (
	"context"
	"fmt"
)

// Template is a cluster that many servers are copied from, which takes a fraction of initdb's time. They all have one password and one system identifier.
type Template struct{ cluster *Server }

// NewTemplate initialises a cluster that is never started. Remove it at the end.
func NewTemplate(ctx context.Context) (*Template, error) {
	s, err := newServer(ctx, Options{})
	if err != nil {
		return nil, err
	}
	if err := s.makeCluster(ctx, s.initdb); err != nil {
		return nil, err
	}
	return &Template{s}, nil
}

// Start is pgserver.Start with a copy of the template.
func (t *Template) Start(ctx context.Context, settings map[string]string) (*Server, error) {
	s := &Server{bin: t.cluster.bin, account: t.cluster.account, settings: settings, password: t.cluster.password}
	return s.startAs(ctx, func(context.Context) error {
		if err := copyFolder(s.account, t.cluster.data(), s.data(), nil); err != nil {
			return fmt.Errorf("copying the template of a throw-away server: %w", err)
		}
		return nil
	})
}

// Remove removes its folder.
func (t *Template) Remove() error { return t.cluster.Stop() }
