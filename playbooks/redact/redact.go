// Package redact is the one gate that everything passes which is written for others: the report, the timeline, charts, plans. Values, ids and addresses become
// aliases such as value-A; at the level public so do the names of hosts, databases, roles, applications and people. An alias stands for the same thing in
// every file of an incident and each time they are written: aliases are given in the order in which the incident file holds the names. Secrets become …
// and are kept nowhere.
//
// What a text does not tell by its form stays: a customer's name in a note is a word like any other. A finished file is looked at once more by Leaks.
package redact

import (
	"fmt"
	"maps"
	"net/netip"
	"strings"

	"github.com/pgmedic/pgmedic/probes"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Level says who may read what is written.
type Level string

// The levels.
const (
	Default Level = "default" // for the people of the house: hosts, databases, roles and applications stay
	Public  Level = "public"  // for anybody
)

// ParseLevel reads a level as a person gives it.
func ParseLevel(text string) (Level, error) {
	if level := Level(text); level == Default || level == Public {
		return level, nil
	}
	return "", fmt.Errorf("%s or %s, not %q", Default, Public, text)
}

// Kind is what an alias stands for; aliases begin with it.
type Kind string

// The kinds of aliases.
const (
	Host        Kind = "host"
	Database    Kind = "database"
	Role        Kind = "role"
	Application Kind = "application"
	Client      Kind = "client" // the address of a client
	System      Kind = "system" // the system identifier of a cluster
	Person      Kind = "person" // who wrote an event
	User        Kind = "user"   // an e-mail address
	ID          Kind = "id"
	Value       Kind = "value" // of a row
)

// hidden stands for a secret. It has no alias: nobody is to look it up.
const hidden = "…"

// Gate redacts the texts of one incident. It remembers the aliases that it gave, and is for one goroutine at a time.
type Gate struct {
	level   Level
	aliases map[named]string  // by what they stand for
	key     map[string]string // what they stand for, by alias
	count   map[Kind]int
	kinds   map[string]Kind     // of the known names
	hosts   map[netip.Addr]bool // the server's own addresses
	known   matcher             // the names to be replaced: none by default
	all     string              // every known name, folded: no alias may be part of one
}

// named is what an alias stands for.
type named struct {
	Kind Kind
	Name string
}

// New returns a gate for an incident in which these names are known. See Open for one that knows all that an incident file holds.
func New(level Level, names Names) *Gate {
	g := &Gate{level: level, aliases: map[named]string{}, key: map[string]string{}, count: map[Kind]int{}, kinds: map[string]Kind{}, hosts: map[netip.Addr]bool{}}
	list := names.list()
	for _, n := range list {
		g.all += strings.ToLower(n.Name) + "\n"
		if _, known := g.kinds[n.Name]; !known {
			g.kinds[n.Name] = n.Kind
		}
		if address, err := netip.ParseAddr(n.Name); err == nil && n.Kind == Host {
			g.hosts[address.Unmap()] = true
		}
	}
	for _, n := range list {
		g.Name(n.Kind, n.Name)
	}
	return g
}

// Level returns who may read what passes the gate.
func (g *Gate) Level() Level { return g.level }

// Key returns what each alias given so far stands for. It is for the owner of the incident alone.
func (g *Gate) Key() map[string]string { return maps.Clone(g.key) }

// Name returns what is written for the name of something: itself where it may stay, else its alias.
func (g *Gate) Name(kind Kind, name string) string {
	name = sqltext.CleanLine(name)
	address, err := netip.ParseAddr(name)
	switch {
	case saysNothing(name) || g.issued(name):
		return name
	case kind == User || kind == ID || kind == Value:
		return g.alias(kind, name)
	case err == nil && kind != Host:
		return g.address(address)
	case g.level == Public:
		return g.learn(kind, name)
	case kind == Host:
		return name
	}
	return g.patterns(name) // a role may be an e-mail address, an application's name hold its client's address
}

// address returns what is written for an address.
func (g *Gate) address(a netip.Addr) string {
	a = a.Unmap()
	switch {
	case !g.hosts[a]:
		return g.alias(Client, a.String())
	case g.level == Public:
		return g.learn(Host, a.String())
	}
	return a.String()
}

// learn gives a name its alias and replaces it in all texts from now on.
func (g *Gate) learn(kind Kind, name string) string {
	if alias, known := g.aliases[named{kind, name}]; known {
		return alias
	}
	alias := g.alias(kind, name)
	for _, form := range [...]string{name, strings.ReplaceAll(name, `"`, `""`), strings.ReplaceAll(name, `'`, `''`), g.patterns(name)} {
		g.known.add(form, alias, kind == Person)
	}
	return alias
}

// alias returns the alias of something, the same each time.
func (g *Gate) alias(kind Kind, name string) string {
	if alias, known := g.aliases[named{kind, name}]; known {
		return alias
	}
	alias := ""
	for alias == "" || strings.Contains(g.all, strings.ToLower(alias)) {
		alias = string(kind) + "-" + letters(g.count[kind])
		g.count[kind]++
	}
	g.aliases[named{kind, name}], g.key[alias] = alias, name
	return alias
}

// issued says whether a text is an alias that the gate gave.
func (g *Gate) issued(text string) bool {
	_, found := g.key[text]
	return found
}

// letters counts A, B, …, Z, AA, AB, ….
func letters(n int) string {
	text := ""
	for n++; n > 0; n = (n - 1) / 26 {
		text = string(rune('A'+(n-1)%26)) + text
	}
	return text
}

// saysNothing says whether a name tells nothing of anybody: it stands for everybody's own machine, or for pgmedic.
func saysNothing(name string) bool {
	return name == "" || name == "local" || name == "[local]" || name == "localhost" || name == probes.ApplicationName
}

// Text redacts a free text, which becomes harmless for a terminal too. Doing it twice changes nothing.
func (g *Gate) Text(text string) string {
	text = sqltext.Clean(text)
	for range passes {
		next := g.pass(text)
		if next == text {
			break
		}
		text = next
	}
	return text
}

// passes is how often a text is looked at: what was replaced may show a value beside it that was taken for a part of a word before.
const passes = 8

func (g *Gate) pass(text string) string {
	text = replace(text, secrets)
	text = replace(text, g.literals)
	text = g.patterns(text)
	return replace(text, g.knownNames)
}

// patterns replaces what is told by its form alone.
func (g *Gate) patterns(text string) string {
	for _, find := range []finder{g.emails, g.uuids, g.addresses, g.ids} {
		text = replace(text, find)
	}
	return text
}
