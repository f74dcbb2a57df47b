package redact

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// A secret's value: in quotes, closed or not, or up to what ends a word.
const secretValue = `((?:'(?:[^'\\\n]|\\.|'')*'?|"(?:[^"\\\n]|\\.)*"?|\$[a-z0-9_]*\$[^$\n]*\$?[a-z0-9_]*\$?|[^\s,;&"'$)}\]])+)`

// secretForm is a form in which secrets are written; of its first group that matched nothing may be seen.
type secretForm struct {
	pattern *regexp.Regexp
	least   int // bytes; a shorter one has to hold a digit
}

var secretForms = []secretForm{
	{regexp.MustCompile(`(?i)(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)["']?\s*(?:=>|[=:])\s*` + secretValue), 0},
	{regexp.MustCompile(`(?i)\bpassword\s+(?:E|U&)?('(?:[^']|'')*'?|\$[a-z0-9_]*\$[^$]*\$?[a-z0-9_]*\$?)`), 0},
	{regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://[^\s/@:]*:([^\s/]*|[^\s@]*)@`), 0},
	{regexp.MustCompile(`(?i)\bauthorization["']?\s*[=:]\s*["']?(?:basic|bearer|digest|negotiate)\s+([^\s"',]+)`), 0},
	{regexp.MustCompile(`(?i)\bbearer\s+([a-z0-9._~+/=-]{8,})`), 20},
	{regexp.MustCompile(`\b(eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?)`), 0},                               // a JSON web token
	{regexp.MustCompile(`\b((?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_\w{20,}|xox[a-z]-[\w-]{10,})`), 0}, // keys of clouds and chats
	{regexp.MustCompile(`(SCRAM-SHA-256\$[^\s'",;]+|\bmd5[0-9a-f]{32}\b)`), 0},                     // pg_authid.rolpassword
	{regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----(.*?)(?:-----END|$)`), 0},
}

// secrets finds passwords, tokens and keys.
func secrets(text string) []span {
	var all []span
	for _, form := range secretForms {
		all = append(all, groups(text, form.pattern, 1, "a secret", func(found string) (string, bool) {
			told := strings.Trim(found, ` "'`+"\n") == hidden || len(found) < form.least && !strings.ContainsAny(found, "0123456789")
			return hidden, !told
		})...)
	}
	return joined(all)
}

// joined sorts spans, and makes one of those that overlap.
func joined(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(b.To, a.To)) })
	var all []span
	for _, s := range spans {
		if n := len(all); n > 0 && s.From < all[n-1].To {
			all[n-1].To = max(all[n-1].To, s.To)
			continue
		}
		all = append(all, s)
	}
	return all
}
