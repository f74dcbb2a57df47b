package redact

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

var (
	email = regexp.MustCompile(`([\p{L}\p{M}\p{N}._%+-]+(?:@[\p{L}\p{M}\p{N}._%+-]*)*@[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)+)`)
	uuid  = regexp.MustCompile(`([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})`)

	ipv4     = regexp.MustCompile(`\d+(?:\.\d+){3,}`)
	ipv4Name = regexp.MustCompile(`\bip-(\d{1,3}(?:-\d{1,3}){3})\b`) // as the names of machines have it
	ipv6     = regexp.MustCompile(`[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*`)

	// rowID is the id of something, with the word before it: user_id=42, "id": 42, customer id 42.
	rowID = regexp.MustCompile(`(?i)(?:\b|_)([a-z0-9]+[ _])?id["']?\s*[=:#]?\s*["']?(\d+)\b`)
	// rowNumber is one of those things of which applications have many: order #42.
	rowNumber = regexp.MustCompile(`(?i)\b(?:user|customer|account|tenant|order|invoice|organi[sz]ation|member|patient)\s+(?:#|no\.? |number )(\d+)\b`)
)

// ownIDs are words before ids of the server's and pgmedic's own, which tell of nobody.
var ownIDs = []string{"query", "plan", "process", "transaction", "fact", "event", "relation", "system", "session", "backend", "thread", "worker", "toplevel"}

func (g *Gate) emails(text string) []span {
	if !strings.Contains(text, "@") {
		return nil
	}
	return groups(text, email, 1, "an e-mail address", func(found string) (string, bool) { return g.nameOr(User, found), true })
}

// nameOr is the alias of a known name that is replaced, else of something of this kind.
func (g *Gate) nameOr(kind Kind, found string) string {
	if its, known := g.kinds[found]; known && g.level == Public {
		return g.learn(its, found)
	}
	return g.alias(kind, found)
}

func (g *Gate) uuids(text string) []span {
	return groups(text, uuid, 1, "a UUID", func(found string) (string, bool) { return g.nameOr(ID, strings.ToLower(found)), true })
}

// ids finds the ids of rows.
func (g *Gate) ids(text string) []span {
	var spans []span
	for _, m := range rowID.FindAllStringSubmatchIndex(text, -1) {
		if m[2] >= 0 && slices.Contains(ownIDs, strings.ToLower(strings.TrimRight(text[m[2]:m[3]], " _"))) {
			continue
		}
		spans = append(spans, span{m[4], m[5], g.alias(ID, text[m[4]:m[5]]), "an id"})
	}
	return joined(append(spans, groups(text, rowNumber, 1, "an id", func(found string) (string, bool) { return g.alias(ID, found), true })...))
}

// addresses finds IP addresses, but for those of the server where they may be seen.
func (g *Gate) addresses(text string) []span {
	var spans []span
	if strings.Count(text, ":") > 1 {
		for _, m := range ipv6.FindAllStringIndex(text, -1) {
			spans = append(spans, g.addressIn(text, m[0], m[1])...)
		}
	}
	for _, m := range ipv4.FindAllStringIndex(text, -1) {
		spans = append(spans, g.addressAt(text, m[0], m[1], text[m[0]:m[1]])...)
	}
	for _, m := range ipv4Name.FindAllStringSubmatchIndex(text, -1) {
		spans = append(spans, g.addressAt(text, m[2], m[3], strings.ReplaceAll(text[m[2]:m[3]], "-", "."))...)
	}
	return joined(spans)
}

// addressIn finds the IPv6 address in a run of what one is made of, beside which a word and a port may stand: pool:2001:db8::7. A cast ($1::date) and a time of
// the day are none.
func (g *Gate) addressIn(text string, from, to int) []span {
	for to > from && (text[to-1] == '.' || text[to-1] == ':' && (to-from < 2 || text[to-2] != ':')) {
		to--
	}
	whole := from // the run without what is no part of it
	for whole < to && text[whole] == ':' && !strings.HasPrefix(text[whole:to], "::") {
		whole++
	}
	if whole == from && (wordBefore(text, from) || from > 0 && text[from-1] == '$') || wordStarts(text[to:]) {
		if colon := strings.IndexByte(text[from:to], ':'); colon >= 0 && whole == from {
			whole = from + colon + 1 // the word before is no part of the address
		}
		if wordStarts(text[to:]) {
			return nil
		}
	}
	first, last := strings.IndexByte(text[whole:to], ':'), strings.LastIndexByte(text[whole:to], ':')
	if first < 0 {
		return nil
	}
	for _, piece := range [][2]int{{whole, to}, {whole, whole + last}, {whole + first + 1, to}} {
		if found := g.addressAt(text, piece[0], piece[1], text[piece[0]:max(piece[0], piece[1])]); found != nil && strings.ContainsAny(text[piece[0]:piece[1]], "0123456789") {
			return found
		}
	}
	return nil
}

// addressAt returns the span of an address; none where the text is no address or may be seen.
func (g *Gate) addressAt(text string, from, to int, address string) []span {
	a, err := netip.ParseAddr(address)
	if err != nil || g.level == Default && g.hosts[a.Unmap()] {
		return nil
	}
	return []span{{from, to, g.address(a), "an IP address"}}
}
