package draw

import "strings"

// Finish makes a screen ready for the terminal. In an ASCII theme every character that pgmedic draws with becomes one ASCII character of the
// same width; otherwise the screen stays as it is. The root calls it once on what it shows.
func (t *Theme) Finish(screen string) string {
	if !t.ascii {
		return screen
	}
	return strings.Map(toASCII, screen)
}

// toASCII leaves letters of any script alone: they are data.
func toASCII(r rune) rune {
	if r < 0x80 {
		return r
	}
	if r >= 0x2800 && r <= 0x28FF {
		return brailleToASCII(r - 0x2800)
	}
	if plain, known := asciiTwin[r]; known {
		return plain
	}
	return r
}

// brailleToASCII keeps which half of the cell has dots.
func brailleToASCII(dots rune) rune {
	const upper, lower = 0x1B, 0xE4
	switch {
	case dots == 0:
		return ' '
	case dots&upper == 0:
		return '.'
	case dots&lower == 0:
		return '\''
	default:
		return ':'
	}
}

var asciiTwin = map[rune]rune{
	'╭': '+', '╮': '+', '╰': '+', '╯': '+', '─': '-', '│': '|', '┤': '|', '├': '|', '└': '`', '┄': '-', '┊': '|',
	'▸': '>', '▶': '>', '◀': '<', '▲': '^', '▼': 'v', '●': '*', '○': 'o', '◆': '*', '◇': 'o', '✓': '+', '✗': 'x', '✎': '#', '↓': 'v', '↑': '^',
	'→': '>', '←': '<', '↵': '<', '⏎': '<', '█': '#', '▉': '#', '▊': '#', '▋': '#', '▌': '=', '▍': '=', '▎': '-', '▏': '-', '░': '.',
	'×': 'x', '–': '-', '—': '-', '…': '~', '·': '-', '≈': '~', '≥': '>', '≤': '<', 'Δ': 'd', '÷': '/', 'µ': 'u', '“': '"', '”': '"', '‖': '|',
}
