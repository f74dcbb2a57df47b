// Package advise says what helps a statement without the workbench: it asks the index playbook, and writes the answers as text for people and as JSON, whose fields
// are stable.
package advise

import (
	"context"
	"fmt"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Answer is what is said of one statement.
type Answer struct {
	index.Advice
	Parameters []Parameter // by their numbers in Advice.Statement
}

// Parameter says with what kind of value a statement was judged; never with which.
type Parameter struct {
	N     int
	Type  string // as the server resolved it, for example "uuid"; "unknown" where it could not
	Class Class
}

// Class says where the value came from that a parameter was judged with.
type Class string

// The classes of values.
const (
	Heavy   Class = "heavy"   // one that hurts, of pg_stats
	Typical Class = "typical" // of middling frequency, or one that stands for any
	Literal Class = "literal" // it stood in the statement
	Given   Class = "given"   // a person typed it
)

// Judge asks the playbook about one statement. What could not be judged is an answer too.
func Judge(ctx context.Context, ask *live.Asker, q index.Query) Answer {
	q.Statement = strings.TrimRight(q.Statement, "; \t\r\n")
	if reason := refuse(q.Statement); reason != "" {
		return notJudged(q, reason)
	}
	advice, err := index.Advise(ctx, ask, q)
	if err != nil {
		return notJudged(q, err.Error())
	}
	return Answer{advice, parametersOf(ctx, ask, advice, q.UserOID)}
}

// refuse says what is not sent to the server at all; empty: nothing is wrong with it.
func refuse(statement string) string {
	switch {
	case strings.TrimSpace(statement) == "":
		return "there is no statement"
	case sqltext.Several(statement):
		return "these are several statements: give one at a time"
	case sqltext.IsUtility(statement):
		return "it has no plan, as it begins with none of SELECT, INSERT, UPDATE, DELETE, MERGE, WITH, VALUES and TABLE: it is a utility statement, or mistyped"
	}
	return ""
}

func notJudged(q index.Query, reason string) Answer {
	return Answer{Advice: index.Advice{Statement: sqltext.Public(q.Statement), QueryID: q.QueryID, Verdict: index.Failed, Reason: sqltext.CleanLine(reason)}}
}

// parametersOf lists the statement's parameters, and behind them its literals, which its normalised text shows as parameters.
func parametersOf(ctx context.Context, ask *live.Asker, a index.Advice, userOID uint32) []Parameter {
	var all []Parameter
	if a.Before != nil {
		for _, p := range a.Before.Origin.Parameters {
			all = append(all, Parameter{p.N, typeName(p.Type), classOf(p.From)})
		}
	}
	literals := sqltext.Parameters(a.Statement) - len(all)
	if literals <= 0 {
		return all
	}
	types := map[int]string{}
	if p, err := ask.Explain(ctx, explain.Question{Statement: a.Statement, UserOID: userOID, Class: plan.Generic}); err == nil {
		for _, parameter := range p.Origin.Parameters {
			types[parameter.N] = parameter.Type
		}
	}
	for range literals {
		n := len(all) + 1
		all = append(all, Parameter{n, typeName(types[n]), Literal})
	}
	return all
}

func typeName(resolved string) string {
	if resolved == "" {
		return "unknown"
	}
	return sqltext.CleanLine(resolved)
}

func classOf(from plan.ValueFrom) Class {
	switch from {
	case plan.FromHeavy, plan.FromRare, plan.FromHistogram, plan.FromNull:
		return Heavy
	case plan.FromGiven:
		return Given
	}
	return Typical
}

// ExitCode is what the command ends with: 0 an index or a rewrite is recommended for a statement at least, 3 none is needed or possible, 1 not one could be judged.
func ExitCode(answers []Answer) int {
	code := 1
	for _, a := range answers {
		switch a.Verdict {
		case index.Recommended, index.Rewritten:
			return 0
		case index.Exists, index.None:
			code = 3
		}
	}
	return code
}

// Headline is the verdict in one sentence.
func (a Answer) Headline() string {
	words := map[index.Verdict]string{
		index.Recommended: "An index helps", index.Rewritten: "Rewrite it", index.Exists: "An index exists", index.None: "No index", index.Failed: "Not judged",
	}
	return fmt.Sprintf("%s: %s", words[a.Verdict], sqltext.CleanLine(a.Reason))
}
