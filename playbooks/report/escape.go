package report

import "github.com/pgmedic/pgmedic/playbooks/markdown"

// md is markdown that is safe to print: whatever came from a server or a person has passed escape, code or fence.
type md = markdown.Text

// escape makes a text one line of plain words, whatever it holds.
func escape(text string) md { return markdown.Escape(text) }

// code shows an identifier as inline code.
func code(text string) md { return markdown.Code(text) }

// fence shows a text of any number of lines as a block.
func fence(language, text string) md { return markdown.Fence(language, text) }
