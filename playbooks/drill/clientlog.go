package drill

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Served is what the application's clients have got done in a while.
type Served struct {
	Reports            int           // rows created
	Failed             int           // errors of any kind
	Median, P95, Worst time.Duration // of a creation, from the request to its row; 0 where there was none
}

// String says it in words.
func (s Served) String() string {
	words := []string{probes.Counted(s.Reports, "report", "reports") + " created"}
	if s.Reports > 0 {
		milliseconds := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		words = append(words, fmt.Sprintf("median %.1f ms, worst %.1f ms", milliseconds(s.Median), milliseconds(s.Worst)))
	}
	return strings.Join(append(words, probes.Counted(s.Failed, "error", "errors")), ", ")
}

// clientLog is the application's own log: what its clients have seen, by their own clock.
type clientLog struct {
	mutex     sync.Mutex
	latencies []time.Duration
	failures  int
	errors    map[errorKind]*errorCount
}

// errorKind tells errors apart: by SQLSTATE, or by a name where no server answered.
type errorKind struct{ sqlstate, name string }

// errorCount is how often an error was seen, and the first words of it.
type errorCount struct {
	n           int
	first, last time.Time
	words       string
}

// created notes how long a creation took.
func (l *clientLog) created(took time.Duration) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.latencies = append(l.latencies, took)
}

// failed notes an error of a client at a time.
func (l *clientLog) failed(err error, at time.Time) {
	kind, words := kindOf(err)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.failures++
	count := l.errors[kind]
	if count == nil {
		if l.errors == nil {
			l.errors = map[errorKind]*errorCount{}
		}
		count = &errorCount{first: at, words: words}
		l.errors[kind] = count
	}
	count.n++
	count.last = at
}

// kindOf tells what an error is, and says it in words.
func kindOf(err error) (errorKind, string) {
	var server *pgconn.PgError
	switch {
	case errors.As(err, &server):
		return errorKind{sqlstate: server.Code}, sqltext.CleanLine(server.Message)
	case errors.Is(err, errNoConnection):
		return errorKind{name: "acquire timeout"}, fmt.Sprintf("no connection from the pool within %v", acquireTimeout)
	case errors.Is(err, errTooMany):
		return errorKind{name: "queue full"}, fmt.Sprintf("%d reports in flight already", maxInFlight)
	default:
		return errorKind{name: "connection lost"}, "the connection was lost"
	}
}

// takeErrors returns an event for each kind of error since the last call, the most frequent first.
func (l *clientLog) takeErrors() []record.Event {
	l.mutex.Lock()
	taken := l.errors
	l.errors = nil
	l.mutex.Unlock()
	var events []record.Event
	for kind, count := range taken {
		events = append(events, count.event(kind))
	}
	slices.SortFunc(events, func(a, b record.Event) int {
		return cmp.Or(cmp.Compare(errorsOf(b), errorsOf(a)), cmp.Compare(a.Title, b.Title))
	})
	return events
}

func (c *errorCount) event(kind errorKind) record.Event {
	data := map[string]string{"errors": strconv.Itoa(c.n), "error": kind.name}
	title := fmt.Sprintf("%s: %d × %s", applicationName, c.n, c.words)
	if kind.sqlstate != "" {
		data = map[string]string{"errors": strconv.Itoa(c.n), "sqlstate": kind.sqlstate}
		title += " (" + kind.sqlstate + ")"
	}
	return record.Event{Kind: record.Imported, At: c.first.UTC(), End: c.last.UTC(), Basis: record.ImportClock, Source: "the application's clients",
		Title: title, Data: data}
}

func errorsOf(e record.Event) int {
	n, _ := strconv.Atoi(e.Data["errors"])
	return n
}

// takeServed returns what was done since the last call.
func (l *clientLog) takeServed() Served {
	l.mutex.Lock()
	taken, failures := l.latencies, l.failures
	l.latencies, l.failures = nil, 0
	l.mutex.Unlock()
	served := Served{Reports: len(taken), Failed: failures}
	if len(taken) > 0 {
		slices.Sort(taken)
		served.Median, served.P95, served.Worst = taken[len(taken)/2], taken[len(taken)*95/100], taken[len(taken)-1]
	}
	return served
}
