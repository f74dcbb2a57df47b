// Package advise says what helps a statement without the workbench: it asks the index playbook, and writes the answers as text for people and as JSON, whose fields
// are stable.
package advise

import (
	"context"
	"fmt"
	"strings"

	"github.com/pgmedic/pgmedic/playbooks/index/figure"
	"github.com/pgmedic/pgmedic/playbooks/index/judge"
	"github.com/pgmedic/pgmedic/probes/explain"
	"github.com/pgmedic/pgmedic/probes/live"
	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Answer is what is said of one statement.
type Answer struct {
	judge.Advice
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
func Judge(ctx context.Context, ask *live.Asker, q judge.Query) Answer {
	q.Statement = strings.TrimRight(q.Statement, "; \t\r\n")
	if reason := refuse(q.Statement); reason != "" {
		return notJudged(q, reason)
	}
	advice, err := judge.Statement(ctx, ask, q)
	if err != nil {
		return notJudged(q, err.Error())
	}
	return Answer{advice, parametersOf(ctx, ask, advice, q.UserOID)}
}

// mostParameters are those of a statement that is asked about: planning it with values, and counting what they select, takes about 1.5 s for so many.
const mostParameters = 5000

// refuse says what is not sent to the server at all; empty: nothing is wrong with it.
func refuse(statement string) string {
	switch {
	case strings.TrimSpace(statement) == "":
		return "there is no statement"
	case sqltext.Several(statement):
		return "these are several statements: give one at a time"
	case sqltext.Parameters(statement) > mostParameters:
		return fmt.Sprintf("it has %s parameters, and the server takes seconds for each question about more than %s: send such values as one array, as in … = ANY($1)",
			figure.Count(float64(sqltext.Parameters(statement))), figure.Count(mostParameters))
	case sqltext.IsUtility(statement):
		return "it has no plan, as it begins with none of SELECT, INSERT, UPDATE, DELETE, MERGE, WITH, VALUES and TABLE: it is a utility statement, or mistyped"
	}
	return ""
}

func notJudged(q judge.Query, reason string) Answer {
	return Answer{Advice: judge.Advice{Statement: sqltext.Public(q.Statement), QueryID: q.QueryID, Verdict: judge.Failed, Reason: sqltext.CleanLine(reason)}}
}

// parametersOf lists the statement's parameters, and behind them its literals, which its normalised text shows as parameters.
func parametersOf(ctx context.Context, ask *live.Asker, a judge.Advice, userOID uint32) []Parameter {
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
	case plan.FromHeavy, plan.FromHistogram, plan.FromNull:
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
		case judge.Recommended, judge.Rewritten:
			return 0
		case judge.Exists, judge.None:
			code = 3
		}
	}
	return code
}

// Headline is the verdict in one sentence.
func (a Answer) Headline() string {
	words := map[judge.Verdict]string{
		judge.Recommended: "An index helps", judge.Rewritten: "Rewrite it", judge.Exists: "An index exists", judge.None: "No index", judge.Failed: "Not judged",
	}
	return fmt.Sprintf("%s: %s", words[a.Verdict], sqltext.CleanLine(a.Reason))
}
