package advise

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks"
	"github.com/pgmedic/pgmedic/playbooks/index/figure"
	"github.com/pgmedic/pgmedic/playbooks/index/judge"
	"github.com/pgmedic/pgmedic/playbooks/index/price"
	"github.com/pgmedic/pgmedic/playbooks/index/rewrite"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// The fields of the JSON. They are stable: names and meanings stay, new ones may come. Lists are never null.
type (
	jsonAnswer struct {
		Statement  string          `json:"statement"` // normalised: literals are $n
		QueryID    string          `json:"queryid"`   // as text, because not every reader keeps 64 bits; empty: not known
		Verdict    judge.Verdict   `json:"verdict"`
		Reason     string          `json:"reason"`
		Drafts     []jsonDraft     `json:"drafts"`  // best first
		Rewrite    *jsonRewrite    `json:"rewrite"` // null: none
		Existing   []string        `json:"existing"`
		Redundant  []string        `json:"redundant"`
		Parameters []jsonParameter `json:"parameters"`
		Winners    []jsonEffect    `json:"winners"`
		Losers     []jsonEffect    `json:"losers"`
		Warnings   []string        `json:"warnings"`
	}
	jsonDraft struct {
		DDL          []string   `json:"ddl"` // every statement, in order, each to be sent alone
		Kind         string     `json:"kind"`
		Reasons      []string   `json:"reasons"`
		For          string     `json:"for"`
		RowsRead     jsonRows   `json:"rows_read"`
		Cost         jsonChange `json:"cost"` // of the whole statement, in the planner's units
		SizeBytes    int64      `json:"size_bytes"`
		BuildSeconds float64    `json:"build_seconds"` // 0: not known
		WriteCost    string     `json:"write_cost"`
		HOTLost      bool       `json:"hot_lost"`
	}
	jsonChange struct {
		Before float64 `json:"before"`
		After  float64 `json:"after"`
	}
	jsonRows struct {
		jsonChange
		How       price.Source `json:"how"`        // after is known: estimated, sampled or measured
		HowBefore price.Source `json:"how_before"` // likewise
	}
	jsonRewrite struct {
		From       string     `json:"from"`
		To         string     `json:"to"`
		SQL        string     `json:"sql"`
		Equivalent bool       `json:"equivalent"`
		Caveat     string     `json:"caveat"`
		Cost       jsonChange `json:"cost"` // as it is written, and rewritten: with the best draft of a rewrite, else with the indexes that there are
	}
	jsonParameter struct {
		N     int    `json:"n"`
		Type  string `json:"type"`
		Class Class  `json:"class"`
	}
	jsonEffect struct {
		QueryID   string     `json:"queryid"`
		Statement string     `json:"statement"`
		Cost      jsonChange `json:"cost"`
	}
)

// JSON is the answer as one object: over several lines, or on one where several follow each other.
func (a Answer) JSON(pretty bool) (string, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if pretty {
		encoder.SetIndent("", "  ")
	}
	if err := encoder.Encode(a.fields()); err != nil {
		return "", fmt.Errorf("writing the answer as JSON: %w", err)
	}
	return escaped(b.String()), nil
}

// escaped writes the characters that a terminal could act on, or a person be fooled by, as JSON's escapes: the texts stay what they are.
func escaped(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case sqltext.Clean(string(r)) == string(r):
			out.WriteRune(r)
		case r > 0xFFFF:
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xD800+(r-0x10000)>>10, 0xDC00+(r-0x10000)&0x3FF)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}

func (a Answer) fields() jsonAnswer {
	fields := jsonAnswer{
		Statement: a.Statement, QueryID: idText(a.QueryID), Verdict: a.Verdict, Reason: a.reason(), Drafts: []jsonDraft{}, Rewrite: fieldsOfRewrite(a.Rewrite, a.Wording),
		Existing: listed(a.Existing), Redundant: listed(a.Redundant), Parameters: []jsonParameter{}, Winners: effects(a.Winners), Losers: effects(a.Losers),
		Warnings: a.warnings(),
	}
	if a.Others != "" {
		fields.Warnings = append(fields.Warnings, a.Others)
	}
	for _, v := range a.Drafts {
		fields.Drafts = append(fields.Drafts, fieldsOfDraft(v))
	}
	literals := 0
	for _, p := range a.Parameters {
		if p.Class == Literal {
			literals++
		}
		if p.Class != Literal || literals <= mostLiterals {
			fields.Parameters = append(fields.Parameters, jsonParameter(p))
		}
	}
	if literals > mostLiterals {
		fields.Warnings = append(fields.Warnings, fmt.Sprintf("parameters has the first %d of the statement's %s literals", mostLiterals, figure.Count(float64(literals))))
	}
	return fields
}

// mostLiterals is how many of the statement's literals are listed as parameters; those that values were chosen for, or given, are all.
const mostLiterals = 100

func fieldsOfDraft(v judge.Variant) jsonDraft {
	return jsonDraft{
		DDL: listed(v.DDL()), Kind: v.Kind, Reasons: reasons(v.Reasons), For: cmp.Or(v.For, v.Purpose), RowsRead: jsonRows{rounded(v.RowsRead, 0), v.Known.After, v.Known.Before}, Cost: rounded(v.Cost, 2),
		SizeBytes: int64(v.Bytes), BuildSeconds: round(v.Build.Seconds(), 1), WriteCost: v.Write, HOTLost: v.HOTLost,
	}
}

func fieldsOfRewrite(r *rewrite.Rewrite, cost judge.Change) *jsonRewrite {
	if r == nil {
		return nil
	}
	return &jsonRewrite{r.From, r.To, r.SQL, r.Equivalent, r.Caveat, rounded(cost, 2)}
}

// reason says why, and what would help instead.
func (a Answer) reason() string {
	if a.Instead == "" {
		return a.Reason
	}
	return a.Reason + ". Instead: " + a.Instead
}

// warnings are those of the statement, of the values that it was judged with, and of the best draft.
func (a Answer) warnings() []string {
	all := listed(a.Warnings)
	if a.Before != nil && a.Before.Origin.Note != "" {
		all = append(all, a.Before.Origin.Note)
	}
	if len(a.Drafts) > 0 {
		all = append(all, a.Drafts[0].Caveats...)
	}
	return all
}

func reasons(all []playbooks.Reason) []string {
	texts := []string{}
	for _, r := range all {
		texts = append(texts, r.Part+": "+r.Why)
	}
	return texts
}

func effects(all []judge.Effect) []jsonEffect {
	list := []jsonEffect{}
	for _, e := range all {
		list = append(list, jsonEffect{idText(e.QueryID), e.Statement, rounded(e.Cost, 2)})
	}
	return list
}

func idText(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

func listed(names []string) []string { return append([]string{}, names...) }

func rounded(c judge.Change, digits int) jsonChange {
	return jsonChange{round(c.Before, digits), round(c.After, digits)}
}

func round(n float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(n*scale) / scale
}
