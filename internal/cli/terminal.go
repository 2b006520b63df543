package cli

import (
	"os"
	"strings"

	"github.com/rivo/uniseg"
	"golang.org/x/term"
)

// IsTerminal reports whether v, a reader or a writer, is a terminal.
func IsTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Width returns the columns of the terminal w, and 80 if w is not a terminal.
func Width(w any) int {
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return 80
}

// Columns is the width of s in the cells of a terminal: 2 for a wide East Asian
// character, 0 for a combining mark.
func Columns(s string) int { return uniseg.StringWidth(s) }

// Cut shortens s to at most width columns; what is cut off shows as "…".
func Cut(s string, width int) string {
	if Columns(s) <= width {
		return s
	}
	if width < 1 {
		return ""
	}
	head, _ := takeColumns(s, width-1)
	return strings.TrimRight(head, " ") + "…"
}

// takeColumns splits s after as many whole characters as fit in width columns.
func takeColumns(s string, width int) (head, rest string) {
	rest, state, used := s, -1, 0
	for len(rest) > 0 {
		_, after, w, next := uniseg.FirstGraphemeClusterInString(rest, state)
		if used+w > width {
			break
		}
		used, rest, state = used+w, after, next
	}
	return s[:len(s)-len(rest)], rest
}

// cutWords is Cut between two words, where that leaves at least half a line.
func cutWords(s string, width int) string {
	cut := Cut(s, width)
	if cut == s {
		return s
	}
	head := strings.TrimSuffix(cut, "…")
	if strings.HasPrefix(s[len(head):], " ") {
		return cut
	}
	if i := strings.LastIndexByte(head, ' '); i > 0 && Columns(head[:i]) >= width/2 {
		return strings.TrimRight(head[:i], " ") + "…"
	}
	return cut
}

// Wrap lays text out in lines of at most width columns, breaking at spaces (and
// inside a word only when it is longer than a line). With lines > 0 it keeps
// that many lines, the last one ending in "…" when text is left.
func Wrap(text string, width, lines int) []string {
	width = max(width, 10)
	var out []string
	for rest := strings.TrimSpace(text); rest != ""; {
		if lines > 0 && len(out) == lines-1 {
			return append(out, cutWords(rest, width))
		}
		head, after := takeColumns(rest, width)
		if after != "" && after[0] != ' ' {
			if i := strings.LastIndexByte(head, ' '); i > 0 {
				head, after = head[:i], rest[i:]
			} else if head == "" {
				head, after = rest, ""
			}
		}
		out = append(out, strings.TrimRight(head, " "))
		rest = strings.TrimLeft(after, " ")
	}
	return out
}

// Hanging returns text after label, on a terminal w in lines that fit, the others of which begin below the
// text; elsewhere in one line.
func Hanging(w any, label, text string) string {
	if !IsTerminal(w) {
		return label + text + "\n"
	}
	indent := Columns(label)
	rows := Wrap(text, Width(w)-1-indent, 0)
	return label + strings.Join(rows, "\n"+strings.Repeat(" ", indent)) + "\n"
}
