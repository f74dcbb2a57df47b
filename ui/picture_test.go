package ui

import (
	"encoding/xml"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/pgmedic/pgmedic/ui/draw"
)

// picturePath is the README's picture, drawn from a golden screen.
const picturePath = "../.github/workbench.svg"

// The README's picture is the golden screen, and nothing else.
func TestPictureOfTheReadme(t *testing.T) {
	screen, err := os.ReadFile("testdata/workbench-160x45-dark.golden")
	if err != nil {
		t.Fatal(err)
	}
	picture := svg(strings.TrimSuffix(string(screen), "\n"))
	if *update {
		if err := os.WriteFile(picturePath, []byte(picture), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(picturePath); err != nil || string(got) != picture {
		t.Errorf("%s is not the golden screen (%v); go test ./ui -update draws it anew", picturePath, err)
	}
}

// The README lists the keys as the table of actions has them.
func TestKeysOfTheReadme(t *testing.T) {
	const path, open, end = "../README.md", "<!-- keys -->\n", "<!-- /keys -->"
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(readme), open)
	listed, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the keys between %q and %q", path, open, end)
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+open+KeyTable()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if listed != KeyTable() {
		t.Errorf("the keys in %s are not those of the actions; go test ./ui -update writes them anew", path)
	}
}

// The size of a cell in the picture.
const cellWidth, cellHeight = 7.8, 16.0

var styled = regexp.MustCompile("\x1b\\[([0-9;]*)m")

// svg draws a screen with its colours. Each run of one style is stretched to its cells, so that no font moves what stands behind it.
func svg(screen string) string {
	lines := strings.Split(screen, "\n")
	var b strings.Builder
	width, height := float64(draw.Width(lines[0]))*cellWidth, float64(len(lines))*cellHeight
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13">`+"\n",
		width, height)
	b.WriteString(`<rect width="100%" height="100%" fill="#101418"/>` + "\n")
	for row, line := range lines {
		svgLine(&b, line, float64(row)*cellHeight)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// svgLine draws one line whose upper edge is at y.
func svgLine(b *strings.Builder, line string, y float64) {
	style, x, from := "", 0.0, 0
	run := func(text string) {
		cells := draw.Width(text)
		if strings.TrimSpace(text) != "" || strings.Contains(style, "48;2;") {
			svgRun(b, text, style, x, y, float64(cells)*cellWidth)
		}
		x += float64(cells) * cellWidth
	}
	for _, at := range styled.FindAllStringSubmatchIndex(line, -1) {
		run(line[from:at[0]])
		style, from = line[at[2]:at[3]], at[1]
	}
	run(line[from:])
}

func svgRun(b *strings.Builder, text, style string, x, y, width float64) {
	if back, ok := colour(style, "48;2;"); ok {
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`+"\n", x, y, width, cellHeight, back)
	}
	ink, ok := colour(style, "38;2;")
	if !ok {
		ink = "#e6e6e6"
	}
	weight := ""
	if strings.HasPrefix(style, "1") {
		weight = ` font-weight="bold"`
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" textLength="%.1f" lengthAdjust="spacingAndGlyphs" fill="%s"%s xml:space="preserve">`, x, y+12.5, width, ink, weight)
	_ = xml.EscapeText(b, []byte(text))
	b.WriteString("</text>\n")
}

// colour reads a colour of 24 bits behind its prefix.
func colour(style, prefix string) (string, bool) {
	_, rest, ok := strings.Cut(style, prefix)
	var red, green, blue int
	if !ok {
		return "", false
	}
	_, err := fmt.Sscanf(rest, "%d;%d;%d", &red, &green, &blue)
	return fmt.Sprintf("#%02x%02x%02x", red, green, blue), err == nil
}
