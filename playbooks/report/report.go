// Package report writes the post-incident report from an incident file: report.md, facts.json and charts. Every figure in it is a fact of the file.
package report

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/pgmedic/pgmedic/probes/record"
)

// The names of the report's files in its folder.
const (
	reportName = "report.md"
	newName    = "report.md.new" // where report.md holds a person's edits
	factsName  = "facts.json"
)

// Write makes the report of an incident file in folder (made where needed) and returns the path of report.md. It writes nothing that it could not finish:
// files are written beside, synced and renamed. A report.md that a person has edited stays as it is: the new text goes to report.md.new beside it,
// and that path is returned.
func Write(incident, folder string) (string, error) {
	in, err := load(incident)
	if err != nil {
		return "", err
	}
	files, err := render(in)
	if err != nil {
		return "", fmt.Errorf("making the report of %s: %w", incident, err)
	}
	text := &files[len(files)-1]
	kept, err := edited(filepath.Join(folder, reportName))
	if err != nil {
		return "", err
	}
	if kept {
		text.Name = newName
	}
	if err := writeAll(folder, files); err != nil {
		return "", err
	}
	return filepath.Join(folder, text.Name), nil
}

// render makes every file of the report, the text last. The same incident gives the same bytes.
func render(in *incident) ([]output, error) {
	facts := factsOf(in)
	files, err := charts(in)
	if err != nil {
		return nil, err
	}
	list, err := factsJSON(facts.facts)
	if err != nil {
		return nil, err
	}
	text, err := reportText(in, facts)
	if err != nil {
		return nil, err
	}
	return append(files, output{factsName, list}, output{reportName, []byte(seal(text))}), nil
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
