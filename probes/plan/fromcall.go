package plan

import (
	"strings"

	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// WithCalls writes the calls of the functions in FROM in the place of what they yield: (docs.tsv @@ q.q) is (docs.tsv @@ to_tsquery($1, $2)) where q is that
// function's alias. It is for what a parameter means, not for the server.
func (p *Plan) WithCalls(condition string) string {
	calls := map[string]string{}
	p.Walk(func(n *Node, _ int) {
		if call := n.Fields["Function Call"]; n.Type == "Function Scan" && call != "" {
			calls[n.Alias] = call
		}
	})
	tokens := sqltext.Scan(condition)
	var b strings.Builder
	for i := 0; i < len(tokens); i++ {
		if i+2 < len(tokens) && isName(tokens[i]) && tokens[i+1].Is(".") && isName(tokens[i+2]) {
			if call, known := calls[unquote(tokens[i].Text)]; known {
				b.WriteString(call)
				i += 2
				continue
			}
		}
		b.WriteString(tokens[i].Text)
	}
	return b.String()
}
