package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/mattn/go-isatty"
	"github.com/spf13/pflag"

	"github.com/pgmedic/pgmedic/ui/draw"
)

// screen holds the flags that say how the terminal is drawn on.
type screen struct {
	themeName string
	ascii     bool
}

func (s *screen) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&s.themeName, "theme", "auto", "colours for a background that is dark or light; auto reads COLORFGBG, else dark")
	flags.BoolVar(&s.ascii, "ascii", false, "draw with ASCII characters only")
}

// check refuses to draw where there is nothing to draw on; instead says what works without a terminal.
func (s *screen) check(instead string) error {
	switch s.themeName {
	case "auto", "dark", "light":
	default:
		return usageError{fmt.Errorf("--theme is auto, dark or light, not %q", s.themeName)}
	}
	if !isTerminal(os.Stdin) || !isTerminal(os.Stdout) {
		return usageError{errors.New("the workbench needs a terminal on standard input and output; " + instead)}
	}
	return nil
}

func isTerminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()) }

// theme makes the colours for the terminal behind out. NO_COLOR, CLICOLOR and TERM are respected by the renderer.
func (s *screen) theme(out *os.File) *draw.Theme {
	return draw.NewTheme(lipgloss.NewRenderer(out), s.dark(os.Getenv("COLORFGBG")), s.ascii)
}

// dark says whether the background is dark. The terminal is not asked: one that does not answer would hold the first screen up for seconds.
func (s *screen) dark(colorfgbg string) bool {
	if s.themeName != "auto" {
		return s.themeName == "dark"
	}
	parts := strings.Split(colorfgbg, ";")
	background := parts[len(parts)-1]
	return background != "7" && background != "15"
}
