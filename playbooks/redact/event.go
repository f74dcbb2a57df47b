package redact

import (
	"bytes"
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pgmedic/pgmedic/probes/record"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Event redacts an event. Its id, times, evidence and marks stay.
func (g *Gate) Event(e record.Event) record.Event {
	e.Title = sqltext.CleanLine(g.Text(e.Title))
	e.Body = g.Text(e.Body)
	e.SQL = g.SQL(e.SQL)
	e.Author = g.author(e.Author)
	e.Source = g.Text(path.Base("/" + strings.ReplaceAll(sqltext.CleanLine(e.Source), `\`, "/"))) // a folder names people
	if e.Source == "/" {
		e.Source = ""
	}
	e.Server = g.Server(e.Server)
	e.Data = g.data(e.Data)
	e.Evidence = slices.Clone(e.Evidence)
	return e
}

// author is what is written for who wrote an event.
func (g *Gate) author(name string) string {
	if g.level == Public {
		return g.Name(Person, name)
	}
	return sqltext.CleanLine(g.Text(name))
}

// Server redacts what record.Identity made, and any other text as such.
func (g *Gate) Server(server string) string {
	id := identityOf(server)
	if id == nil {
		return sqltext.CleanLine(g.Text(server))
	}
	return g.Name(Host, id.Host) + ":" + id.Port + "/" + g.Name(Database, id.Database) + " system " + g.Name(System, id.System) + " timeline " + id.Timeline
}

// data redacts an event's data. A name under a key that says of what kind it is gets the alias of that kind.
func (g *Gate) data(data map[string]string) map[string]string {
	if data == nil {
		return nil
	}
	written := make(map[string]string, len(data))
	for _, key := range sortedKeys(data) {
		name := sqltext.CleanLine(g.patterns(replace(sqltext.CleanLine(key), secrets)))
		for _, taken := written[name]; taken; _, taken = written[name] {
			name += "_"
		}
		written[name] = g.datum(key, data[key])
	}
	return written
}

func (g *Gate) datum(key, value string) string {
	if kind, known := kindOf(key); known {
		return sqltext.CleanLine(replace(g.Name(kind, value), secrets))
	}
	switch strings.ToLower(key) {
	case "undo", "sql", "query", "statement", "internal_query", "definition":
		return g.SQL(value)
	}
	if line := sqltext.CleanLine(key) + "=" + value; len(g.ids(line)) > 0 && allDigits(value) {
		return g.Name(ID, value)
	}
	if written, ok := g.json(value); ok {
		return written
	}
	return g.Text(value)
}

// json redacts the strings of a JSON array or object; ok is false where the text is none.
func (g *Gate) json(text string) (written string, ok bool) {
	if text == "" || text[0] != '[' && text[0] != '{' {
		return "", false
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil || decoder.More() {
		return "", false
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(g.inside(value)); err != nil {
		return "", false
	}
	return strings.TrimSuffix(out.String(), "\n"), true
}

// inside redacts the strings of what was read from JSON.
func (g *Gate) inside(value any) any {
	switch v := value.(type) {
	case string:
		return g.Text(v)
	case []any:
		for i := range v {
			v[i] = g.inside(v[i])
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if text, isText := v[key].(string); isText {
				v[key] = g.datum(key, text)
			} else {
				v[key] = g.inside(v[key])
			}
		}
	}
	return value
}

// SQL redacts a whole statement, or several. Of utility statements that may hold secrets where no literal is expected, the first word stays.
func (g *Gate) SQL(statement string) string {
	statement = sqltext.Clean(statement)
	if sqltext.IsUtility(statement) && strings.TrimSpace(statement) != "" && !harmless(statement) {
		return g.names(sqltext.Public(statement))
	}
	return g.names(sqltext.Normalise(statement))
}

// names redacts a statement without literals.
func (g *Gate) names(statement string) string {
	return replace(g.patterns(replace(statement, secrets)), g.knownNames)
}

// harmless says whether every statement of a text is one that holds no secret but in its literals.
func harmless(text string) bool {
	begins := true
	for _, t := range sqltext.Solid(text) {
		switch {
		case t.Is(";"):
			begins = true
		case begins && !slices.ContainsFunc(harmlessWords, t.Is):
			return false
		default:
			begins = false
		}
	}
	for i, t := range sqltext.Solid(text) {
		if t.Kind == sqltext.Word && slices.ContainsFunc(secretWords, t.Is) && i > 0 {
			return false
		}
	}
	return true
}

// harmlessWords begin statements that pgmedic or who queries sends, and secretWords are in those that may hold a secret.
var (
	harmlessWords = []string{"CREATE", "DROP", "ALTER", "REINDEX", "ANALYZE", "VACUUM", "SET", "RESET", "SHOW", "EXPLAIN", "BEGIN", "COMMIT", "ROLLBACK", "START", "LOCK",
		"COMMENT", "CLUSTER", "TRUNCATE", "CHECKPOINT", "REFRESH", "SELECT", "VALUES", "TABLE", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE"}
	secretWords = []string{"PASSWORD", "ROLE", "USER", "GROUP", "SUBSCRIPTION", "SERVER", "MAPPING", "CONNECTION", "OPTIONS", "SECURITY"}
)

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func allDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }
