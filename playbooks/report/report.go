// Package report writes the post-incident report from an incident file: report.md, facts.json and charts. Every figure in it is a fact of the file.
package report

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/aymanbagabas/go-udiff"

	"github.com/pgmedic/pgmedic/probes/record"
)

// The names of the report's files in its folder.
const (
	reportName = "report.md"
	newName    = "report.md.new" // where blocks of report.md would be others and people have edited them
	factsName  = "facts.json"
)

// Written is what became of a report.
type Written struct {
	Path  string   // of report.md, or of report.md.new where report.md is a file that pgmedic did not write
	Kept  []string // the blocks that people have edited and that would be others now: they are kept, and stand anew in report.md.new
	Diff  string   // what they would be; unified
	Lints []Lint   // what speaks against the report, as it stands there now
}

// Write makes the report of an incident file in folder (made where needed). It writes nothing that it could not finish: files are written beside, synced and renamed.
// What people wrote into a report.md that is there stays; only blocks that nobody has changed are made anew.
func Write(incident, folder string) (Written, error) {
	in, err := load(incident)
	if err != nil {
		return Written{}, err
	}
	facts := factsOf(in)
	fresh, files, err := render(in, facts)
	if err != nil {
		return Written{}, fmt.Errorf("making the report of %s: %w", incident, err)
	}
	existing, err := readReport(folder)
	if err != nil {
		return Written{}, err
	}
	written, texts := placed(folder, existing, fresh)
	if err := writeAll(folder, append(files, texts...)); err != nil {
		return Written{}, err
	}
	if len(texts) == 1 && texts[0].Name == reportName {
		if err := removeNew(folder); err != nil {
			return Written{}, err
		}
	}
	written.Lints = lint(string(texts[0].Data), linesOf(string(texts[0].Data), fresh.text()), knownOf(in, facts.facts))
	return written, nil
}

// placed says where a fresh report goes, beside or into one that is there.
func placed(folder, existing string, fresh document) (Written, []output) {
	at := func(name string) string { return filepath.Join(folder, name) }
	if existing == "" {
		return Written{Path: at(reportName)}, []output{{reportName, []byte(fresh.text())}}
	}
	m, ours := merge(existing, fresh)
	switch {
	case !ours:
		return Written{Path: at(newName)}, []output{{newName, []byte(fresh.text())}}
	case m.anew == "":
		return Written{Path: at(reportName)}, []output{{reportName, []byte(m.text)}}
	}
	return Written{Path: at(reportName), Kept: m.kept, Diff: udiff.Unified(reportName, newName, m.text, m.anew)},
		[]output{{reportName, []byte(m.text)}, {newName, []byte(m.anew)}}
}

// render makes the report's text in its parts, and every other file of it. The same incident gives the same bytes.
func render(in *incident, facts *ledger) (document, []output, error) {
	files, err := charts(in)
	if err != nil {
		return document{}, nil, err
	}
	list, err := factsJSON(facts.facts)
	if err != nil {
		return document{}, nil, err
	}
	text, err := reportText(in, facts)
	if err != nil {
		return document{}, nil, err
	}
	return generated(text), append(files, output{factsName, list}), nil
}

// jsonFact is a fact as facts.json holds it.
type jsonFact struct {
	ID         string        `json:"id"`
	Kind       string        `json:"kind"`
	Subject    string        `json:"subject,omitempty"`
	Value      float64       `json:"value"`
	Unit       string        `json:"unit"`
	N          int64         `json:"n,omitempty"`
	From       *time.Time    `json:"from,omitempty"`
	To         *time.Time    `json:"to,omitempty"`
	Method     string        `json:"method"`
	Conditions string        `json:"conditions,omitempty"`
	Source     string        `json:"source"`
	Status     record.Status `json:"status"`
}

func factsJSON(facts []record.Fact) ([]byte, error) {
	list := make([]jsonFact, len(facts))
	for i, f := range facts {
		list[i] = jsonFact{f.ID, f.Kind, f.Subject, f.Value, f.Unit, f.N, jsonTime(f.From), jsonTime(f.To), f.Method, f.Conditions, f.Source, f.Status}
	}
	data, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the facts as JSON: %w", err)
	}
	return append(data, '\n'), nil
}

func jsonTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
