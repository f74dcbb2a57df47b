package snapshot

import (
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"strings"

	"github.com/pgmedic/pgmedic/probes"
)

// local is what the activity calls a client on a unix-domain socket; that is no address.
const local = "local"

// aliases stand for addresses: client-1 has the most connections. The same alias is the same address within one snapshot only.
type aliases struct {
	names map[string]string
	host  string // the server as the connection string names it, which is no secret to who gets the snapshot
	shown bool   // addresses are shown as they are
}

func newAliases(s *probes.Sample, shown bool) aliases {
	a := aliases{names: map[string]string{}, host: s.Server.Host, shown: shown}
	for _, g := range s.GroupClients(func(b probes.Backend) string { return b.Client }) {
		a.add(g.Name)
	}
	return a
}

func (a aliases) add(address string) {
	if key := sameAddress(address); address != local && a.names[key] == "" {
		a.names[key] = fmt.Sprintf("client-%d", len(a.names)+1)
	}
}

// of is the alias of a client's address.
func (a aliases) of(address string) string {
	if alias, found := a.names[sameAddress(address)]; found && !a.shown {
		return alias
	}
	return address
}

// sameAddress writes an address in one way.
func sameAddress(text string) string {
	if address, err := netip.ParseAddr(text); err == nil {
		return address.Unmap().String()
	}
	return text
}

// redact replaces every address in every text of the snapshot but for the server's own: application_name, too, may hold the client's (PgBouncer's
// application_name_add_host), and a replica without a name goes by its address.
func (a aliases) redact(s *Snapshot) {
	if a.shown {
		return
	}
	eachText(reflect.ValueOf(s).Elem(), a.in)
	s.Server.Host = a.host
}

// eachText changes every text that is reached from v.
func eachText(v reflect.Value, change func(string) string) {
	switch {
	case !v.CanSet(): // the inside of a time
	case v.Kind() == reflect.String:
		v.SetString(change(v.String()))
	case v.Kind() == reflect.Pointer && !v.IsNil():
		eachText(v.Elem(), change)
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			eachText(v.Index(i), change)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			eachText(v.Field(i), change)
		}
	}
}

var (
	// ipv4 is also an address as the names of machines have it: ip-10-1-2-3.
	ipv4 = regexp.MustCompile(`\d{1,3}(?:(?:\.\d{1,3}){3}|(?:-\d{1,3}){3})`)
	// mayBeIPv6 is a run of what an IPv6 address, a port behind it and a word before it are made of.
	mayBeIPv6 = regexp.MustCompile(`[0-9A-Za-z_$.]*:[0-9A-Za-z_$.]*:[0-9A-Za-z_$.:]*`)
)

// in replaces the addresses in a text.
func (a aliases) in(text string) string {
	if strings.Count(text, ":") > 1 {
		text = mayBeIPv6.ReplaceAllStringFunc(text, a.inRun)
	}
	return ipv4.ReplaceAllStringFunc(text, func(found string) string {
		address := strings.ReplaceAll(found, "-", ".")
		if alias, _ := a.alias(address); alias != address {
			return alias
		}
		return found
	})
}

// inRun replaces the address in word:address:port, of which word and port may be missing.
func (a aliases) inRun(run string) string {
	run, end := strings.TrimRight(run, ".:"), run[len(strings.TrimRight(run, ".:")):]
	if alias, found := a.alias(run); found {
		return alias + end
	}
	if word, rest, _ := strings.Cut(run, ":"); rest != "" {
		if alias, found := a.alias(rest); found {
			return word + ":" + alias + end
		}
	}
	return run + end
}

// alias returns the alias of an address, which it makes where there is none, and false with the text itself where that is none. A cast between names of hex
// digits (a::b) is none: an address has a figure.
func (a aliases) alias(text string) (string, bool) {
	address, err := netip.ParseAddr(text)
	if err != nil || !strings.ContainsAny(text, "0123456789") {
		return text, false
	}
	if _, client := a.names[sameAddress(text)]; !client && address.Unmap().String() == sameAddress(a.host) {
		return text, true
	}
	a.add(text)
	return a.of(text), true
}

// redactions says what was left out or replaced.
func redactions(addresses bool) []string {
	list := []string{
		"statements without their constants ($1), utility statements but for their first word",
	}
	if !addresses {
		list = append(list, "clients' addresses, within names too (client-1 is one and the same throughout)")
	}
	return list
}
