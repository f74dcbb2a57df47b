package candidate

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/pgmedic/pgmedic/probes/plan"
	"github.com/pgmedic/pgmedic/probes/sqltext"
)

// Beginning is the text that all values begin with which a condition's constant regular expression finds, as far as the server sees it for sure; false:
// there is none.
func Beginning(c plan.Condition) (string, bool) {
	if kind(c) != plan.Search || c.Op != "~" || !isLiteral(c.Value) {
		return "", false
	}
	pattern, anchored := strings.CutPrefix(constantText(c.Value), "^")
	if !anchored || strings.Contains(pattern, "|") {
		return "", false
	}
	var plain []rune
	rest := []rune(pattern)
	for len(rest) > 0 {
		r, length := rest[0], 1
		if r == '\\' && len(rest) > 1 && !isWord(rest[1]) && rest[1] != '_' {
			r, length = rest[1], 2
		} else if strings.ContainsRune(`.*+?()[]{}^$\\`, r) {
			break
		}
		plain, rest = append(plain, r), rest[length:]
	}
	if len(rest) > 0 && strings.ContainsRune("*?{", rest[0]) && len(plain) > 0 {
		plain = plain[:len(plain)-1] // it may not be there
	}
	return string(plain), len(plain) > 0
}

// IsWithin says whether a condition is that a network address lies within a constant network.
func IsWithin(c plan.Condition) bool {
	_, ok := Within(c)
	return ok
}

// Within is the stretch of addresses that the server looks for in a b-tree where a condition asks for those within a constant network.
func Within(c plan.Condition) ([]plan.Condition, bool) {
	if c.Kind != plan.Opaque || c.Op != "<<=" && c.Op != "<<" || c.Column == "" || !isLiteral(c.Value) {
		return nil, false
	}
	network, ok := networkOf(constantText(c.Value))
	if !ok {
		return nil, false
	}
	from := map[string]string{"<<=": ">=", "<<": ">"}[c.Op]
	limit := func(op, value string) plan.Condition {
		text := fmt.Sprintf("(%s %s %s::inet)", sqltext.Ident(c.Column), op, sqltext.Literal(value))
		return plan.Condition{Kind: plan.Range, Column: c.Column, Op: op, Text: text, Columns: []string{c.Column}}
	}
	return []plan.Condition{limit(from, network.String()), limit("<=", lastOf(network).String())}, true
}

// networkOf reads a network as the server prints it, an address alone too.
func networkOf(text string) (netip.Prefix, bool) {
	if address, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(address, address.BitLen()), true
	}
	network, err := netip.ParsePrefix(text)
	return network.Masked(), err == nil
}

// lastOf is the last address of a network.
func lastOf(network netip.Prefix) netip.Addr {
	bytes := network.Addr().AsSlice()
	for bit := network.Bits(); bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	return last
}
