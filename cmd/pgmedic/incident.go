package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
)

// incidentPath is the incident file that a person means: a path, or the name of a file where pgmedic keeps its own.
func incidentPath(name string) string {
	if _, err := os.Stat(name); err == nil || strings.ContainsRune(name, filepath.Separator) {
		return name
	}
	for _, kept := range [...]string{name, name + record.Extension} {
		path := filepath.Join(record.Folder(), kept)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return name
}

// addTo opens an incident file to add to it, and closes it after fn.
func addTo(name string, fn func(*record.File) error) (err error) {
	f, err := record.OpenToAdd(incidentPath(name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return fn(f)
}

// zoneOf is the time zone that was asked for, else that of the file, else UTC.
func zoneOf(f *record.File, asked string) (*time.Location, error) {
	if asked != "" {
		zone, err := record.Zone(asked)
		if err != nil {
			return nil, usageError{fmt.Errorf("--zone: %w", err)}
		}
		return zone, nil
	}
	name, err := f.ZoneName()
	if err != nil || name == "" {
		return time.UTC, err
	}
	return record.Zone(name)
}
