package cli

import (
	"strings"
	"testing"
)

func TestCut(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{
		{"short", 5, "short"}, {"too long", 6, "too l…"}, {"a word", 3, "a…"}, {"日本語", 6, "日本語"}, {"日本語", 5, "日本…"},
		{"日本語", 4, "日…"}, {"e\u0301e\u0301e\u0301", 2, "e\u0301…"}, {"x", 0, ""}, {"", 0, ""},
	} {
		got := Cut(test.text, test.width)
		if got != test.want || Columns(got) > test.width {
			t.Errorf("Cut(%q, %d) = %q, want %q", test.text, test.width, got, test.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct {
		name, text   string
		width, lines int
		want         string
	}{
		{"one line", "a few words", 20, 2, "a few words"},
		{"exact", "0123456789", 10, 2, "0123456789"},
		{"at a space", "one two three four", 10, 0, "one two|three four"},
		{"space at the edge", "0123456789 next", 10, 0, "0123456789|next"},
		{"long word", "0123456789abcdef x", 10, 0, "0123456789|abcdef x"},
		{"shortened", "one two three four five six", 10, 2, "one two|three…"},
		{"one line shortened", "one two three", 10, 1, "one two…"},
		{"shortened at a space", "one two t three", 10, 1, "one two t…"},
		{"shortened inside a long word", "a bcdefghijklm", 10, 1, "a bcdefgh…"},
		{"spaces", "  one  two  ", 20, 2, "one  two"},
		{"nothing", " ", 20, 2, ""},
		{"narrow", "abcdefghijklm", 2, 0, "abcdefghij|klm"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := strings.Join(Wrap(test.text, test.width, test.lines), "|"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestPrintable(t *testing.T) {
	if got := Printable("a\tb\x1b[31m\u202ec\u0000é\u2066"); got != "a b\ufffd[31m\ufffdc\ufffdé\ufffd" {
		t.Errorf("got %q", got)
	}
	if got := OneLine("one\ntwo\r\n"); got != "one; two" {
		t.Errorf("got %q", got)
	}
}

func TestHanging(t *testing.T) {
	if got := Hanging(&strings.Builder{}, "label  ", "one line where there is no terminal"); got != "label  one line where there is no terminal\n" {
		t.Errorf("%q", got)
	}
}
