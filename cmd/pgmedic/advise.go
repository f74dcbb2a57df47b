package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pgmedic/pgmedic/playbooks/index/advise"
	"github.com/pgmedic/pgmedic/playbooks/index/judge"
	"github.com/pgmedic/pgmedic/probes/live"
)

// Limits of what pgmedic advise takes.
const (
	defaultTop  = 10
	mostTop     = 100
	mostSQLText = 1 << 20 // bytes
)

// advice holds the flags of pgmedic advise.
type advice struct {
	server connection
	file   string
	top    int
	json   bool
	width  int
	values []string
}

func newAdvise() *cobra.Command {
	var a advice
	cmd := &cobra.Command{
		Use:   "advise [DSN] [SQL | -f FILE | --top N]",
		Short: "Say which index, or which other wording, helps a statement",
		Long: `Say which index helps a statement, or how to write it anew, or that nothing does and why: the SQL to send, with the rows it reads, its cost, the index's size,
the time to build it and what every write pays. Existing indexes come first: what serves already is named, and what becomes superfluous.

Nothing is changed and the statement is not run: it is planned, read-only, with timeouts, and its conditions are counted in a sample of the table that is bounded
too. Planning runs functions that are declared immutable or stable, as it does for the application. It may have literals or parameters ($1), whose values are
then taken from the table's statistics: those that hurt, and typical ones; --param gives one, as in --param 1=open. Values are not shown; what is to be sent (the
predicate of a partial index, the rewritten statement) holds the statement's own literals where it needs them.

Without SQL and -f the --top statements of pg_stat_statements of this database are judged, those first that took the most time in all.

With --json one object a statement: over several lines, or with --top one on each line. Its fields are stable.

DSN, -h, -p, -U and -d are as for the workbench. A single argument of several words is the SQL, unless it is a connection string.

Exit codes: 0 an index or another wording is recommended (for one statement at least), 3 none is needed or possible, 1 the server could not be reached or no statement
could be judged, 2 the command line was not understood.`,
		Args: usageArgs(cobra.MaximumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error { return a.run(cmd, args) },
	}
	a.server.addFlags(cmd.Flags())
	cmd.Flags().StringVarP(&a.file, "file", "f", "", "file that holds the statement; - is standard input")
	cmd.Flags().IntVar(&a.top, "top", defaultTop, fmt.Sprintf("how many statements of pg_stat_statements to judge, 1 to %d", mostTop))
	cmd.Flags().BoolVar(&a.json, "json", false, "JSON, one object a statement")
	cmd.Flags().StringArrayVar(&a.values, "param", nil, "value of a parameter, N=VALUE; may be repeated")
	cmd.Flags().IntVar(&a.width, "width", 0, fmt.Sprintf("width of the text, %d or more (default: the terminal's, else %d)", advise.LeastWidth, pipeWidth))
	return cmd
}

func (a *advice) run(cmd *cobra.Command, args []string) error {
	target, sql, err := a.split(args, cmd.Flags().Changed("top"))
	if err != nil {
		return usageError{err}
	}
	dsn, err := a.server.dsn(target)
	if err != nil {
		return err
	}
	values, err := parameterValues(a.values)
	if err != nil {
		return usageError{err}
	}
	if a.file != "" {
		if sql, err = readSQL(cmd.InOrStdin(), a.file); err != nil {
			return err
		}
	}
	source, err := live.New(live.Config{DSN: dsn, LookOnly: true, ReadOnly: "advise only reads", Analyze: "advise only plans"})
	if err != nil {
		return usageError{err}
	}
	defer closeSoon(source)
	ask := source.Ask()
	if _, err := ask.Server(cmd.Context()); err != nil {
		return fmt.Errorf("connecting to %s: %w", source.Target(), err)
	}
	queries := []judge.Query{{Statement: sql, Values: values}}
	several := sql == ""
	if several {
		if queries, err = advise.Top(cmd.Context(), ask, a.top); err != nil {
			return err
		}
	}
	return a.answer(cmd.Context(), cmd.OutOrStdout(), ask, queries, several)
}

// split tells the server from the statement, and refuses what cannot be understood.
func (a *advice) split(args []string, top bool) (target []string, sql string, err error) {
	switch {
	case len(args) == 2:
		target, sql = args[:1], args[1]
	case len(args) == 1 && isStatement(args[0]):
		sql = args[0]
	default:
		target = args
	}
	sources := 0
	for _, given := range []bool{len(args) == 2 || sql != "", a.file != "", top} {
		if given {
			sources++
		}
	}
	switch {
	case sources > 1:
		return nil, "", errors.New("give one of: the SQL as an argument, -f, --top")
	case len(args) == 2 && strings.TrimSpace(sql) == "":
		return nil, "", errors.New("the SQL is empty")
	case a.top < 1 || a.top > mostTop:
		return nil, "", fmt.Errorf("--top is 1 to %d, not %d", mostTop, a.top)
	case a.width != 0 && a.width < advise.LeastWidth:
		return nil, "", fmt.Errorf("--width is %d or more, not %d", advise.LeastWidth, a.width)
	case len(a.values) > 0 && a.file == "" && sql == "":
		return nil, "", errors.New("--param is for one statement, given as SQL or with -f")
	}
	return target, sql, nil
}

// isStatement tells SQL from the name of a database and from a connection string: its first word is not all of it, and holds no =.
func isStatement(argument string) bool {
	words := strings.Fields(argument)
	return len(words) > 1 && !isConnectionString(words[0])
}

// parameterValues reads N=VALUE.
func parameterValues(texts []string) (map[int]*string, error) {
	values := map[int]*string{}
	for _, text := range texts {
		number, value, found := strings.Cut(text, "=")
		n, err := strconv.Atoi(strings.TrimPrefix(number, "$"))
		if !found || err != nil || n < 1 {
			return nil, errors.New("--param is N=VALUE, for example 1=open")
		}
		values[n] = &value
	}
	return values, nil
}

// readSQL reads a file, or standard input.
func readSQL(in io.Reader, path string) (string, error) {
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return "", fmt.Errorf("reading the statement: %w", err)
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, mostSQLText+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("reading the statement: %w", err)
	case len(text) > mostSQLText:
		return "", fmt.Errorf("reading the statement: %s holds more than %d bytes", path, mostSQLText)
	case strings.TrimSpace(string(text)) == "":
		return "", usageError{fmt.Errorf("%s holds no statement", path)}
	}
	return string(text), nil
}

// answer judges the statements and writes each answer as soon as it is there.
func (a *advice) answer(ctx context.Context, out io.Writer, ask *live.Asker, queries []judge.Query, several bool) error {
	var answers []advise.Answer
	for i, q := range queries {
		one := advise.Judge(ctx, ask, q)
		if ctx.Err() != nil {
			return fmt.Errorf("interrupted: %w", ctx.Err())
		}
		answers = append(answers, one)
		title := ""
		if several {
			title = fmt.Sprintf("%d of %d", i+1, len(queries))
		}
		if err := a.write(out, one, title); err != nil {
			return err
		}
	}
	if code := advise.ExitCode(answers); code != exitOK {
		return verdict(code)
	}
	return nil
}

// write writes one answer; with a title where several follow each other.
func (a *advice) write(out io.Writer, one advise.Answer, title string) error {
	var text string
	switch {
	case a.json:
		var err error
		if text, err = one.JSON(title == ""); err != nil {
			return err
		}
	case title == "":
		text = one.Text(textWidth(a.width))
	default:
		text = title + "\n" + one.Text(textWidth(a.width)) + "\n"
	}
	if _, err := io.WriteString(out, text); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}
