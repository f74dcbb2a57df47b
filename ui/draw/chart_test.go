package draw

import (
	"strings"
	"testing"
	"time"

	"github.com/muesli/termenv"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// every gives one point for each value, a second apart.
func every(second int, values ...float64) []Point {
	var points []Point
	for i, v := range values {
		points = append(points, Point{noon.Add(time.Duration(second+i) * time.Second), v})
	}
	return points
}

func picture(d ChartData, w, h int) string {
	var c Chart
	c.Show(d)
	return c.View(testTheme(termenv.Ascii, false), w, h)
}

func TestChart(t *testing.T) {
	d := ChartData{
		Points: every(0, 50, 50, 50, 50, 100, 100, 100, 100), From: noon, To: noon.Add(8 * time.Second), Top: 100, TopName: "max",
		Level: 50, Marks: []ChartMark{{At: noon.Add(4 * time.Second), Glyph: "▲"}},
	}
	want := "" +
		"100┤ max    ⣿⣿⣿⣿⣿⣿⡇ \n" +
		"   │        ⣿⣿⣿⣿⣿⣿⡇ \n" +
		" 50┤⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⡇ \n" +
		"  0┤⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⡇ \n" +
		"    12:00:04▲       "
	if got := picture(d, 20, 5); strings.TrimRight(got, " ") != strings.TrimRight(want, " ") {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestChartShowsSilenceAsAGap(t *testing.T) {
	d := ChartData{Points: append(every(0, 9, 9), every(50, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9)...), From: noon, To: noon.Add(time.Minute), Top: 10}
	line := strings.Split(picture(d, 34, 3), "\n")[1]
	if !strings.Contains(line, "⣿        ") || !strings.Contains(line, " ⣿") && !strings.Contains(line, " ⢸") {
		t.Errorf("no gap in %q", line)
	}
}

func TestChartKeepsItsPictureUntilSomethingChanges(t *testing.T) {
	theme := testTheme(termenv.Ascii, false)
	var c Chart
	c.Show(ChartData{Points: every(0, 5, 5), From: noon, To: noon.Add(time.Second), Top: 10})
	c.View(theme, 20, 4)
	if n := testing.AllocsPerRun(10, func() { c.View(theme, 20, 4) }); n != 0 {
		t.Errorf("drew again: %v allocations", n)
	}
	if narrow := c.View(theme, 18, 4); Width(strings.Split(narrow, "\n")[0]) != 18 {
		t.Errorf("did not follow its size: %q", narrow)
	}
}
