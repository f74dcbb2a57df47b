package doctor

import (
	"bytes"
	"encoding/json"
	"time"
)

// jsonFormat is raised when a field changes its meaning; new fields do not raise it.
const jsonFormat = 1

type jsonReport struct {
	Format   int            `json:"format"`
	Verdict  string         `json:"verdict"`
	Severity Severity       `json:"severity"`
	ExitCode int            `json:"exit_code"`
	Server   jsonServer     `json:"server"`
	Counts   map[string]int `json:"counts"`
	Findings []Finding      `json:"findings"`
	Reads    int            `json:"reads"`
	TookMS   int64          `json:"took_ms"`
}

type jsonServer struct {
	Target           string `json:"target"`
	Database         string `json:"database"`
	Role             string `json:"role"`
	Version          string `json:"version"`
	Kind             Kind   `json:"kind"`
	Standby          bool   `json:"standby"`
	TLS              bool   `json:"tls"`
	SystemIdentifier string `json:"system_identifier,omitempty"` // empty: this role may not read it
	At               string `json:"at"`                          // server's clock, RFC 3339
}

type jsonGrants struct {
	Format   int      `json:"format"`
	Role     string   `json:"role"`
	Database string   `json:"database"`
	Version  string   `json:"version"`
	Kind     Kind     `json:"kind"`
	Look     []Grant  `json:"look"`
	Act      []Grant  `json:"act"`
	Blind    []string `json:"blind,omitempty"`
}

// JSON is the report for programs; the package comment lists its fields.
func (r *Report) JSON() (string, error) {
	s := r.Readings.Server
	counts := map[string]int{"blind": r.blind()}
	for _, severity := range severities {
		counts[string(severity)] = r.count(severity)
	}
	return indented(jsonReport{
		Format: jsonFormat, Verdict: r.Verdict(), Severity: r.Severity(), ExitCode: r.ExitCode(), Counts: counts, Findings: r.Findings,
		Reads: r.Reads, TookMS: r.Took.Milliseconds(),
		Server: jsonServer{
			Target: comment(r.Readings.Target), Database: comment(s.Database), Role: comment(r.Readings.me()), Version: comment(s.VersionText), Kind: r.Readings.kind(),
			Standby: s.InRecovery, TLS: s.TLS, SystemIdentifier: s.SystemIdentifier, At: r.Readings.now().UTC().Format(time.RFC3339),
		},
	})
}

// JSON is the grants for programs.
func (g Grants) JSON() (string, error) {
	return indented(jsonGrants{jsonFormat, comment(g.Role), comment(g.Database), comment(g.Version), g.Kind, g.Look, g.Act, g.Blind})
}

// indented writes JSON that people can read too; < and > stay as they are, for they stand in SQL.
func indented(value any) (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(value)
	return b.String(), err
}
