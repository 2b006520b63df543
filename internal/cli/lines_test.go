package cli

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

func TestLines(t *testing.T) {
	long := strings.Repeat("word ", 60_000) // longer than four chunks
	src := text.FromReader("in", strings.NewReader("one\r\n\n"+long+"\nlast"))
	var got []Line
	for line, err := range Lines(context.Background(), src) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	want := []Line{{"one", "in", 1}, {"", "in", 2}, {long, "in", 3}, {"last", "in", 4}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %d lines, want %d, or their text differs", len(got), len(want))
	}
}

func TestLinesTooLong(t *testing.T) {
	src := text.FromReader("in", strings.NewReader("short\n"+strings.Repeat("word ", 60_000)+"\nnext\n"))
	n := 0
	var last error
	for _, err := range lines(context.Background(), src, 100_000) {
		if last = err; err == nil {
			n++
		}
	}
	if n != 1 || last == nil || fault.Hint(last) == "" || last.Error() != "in:2: the line is longer than 100 kB" {
		t.Errorf("%d lines, then %v", n, last)
	}
}

func TestLinesStopEarly(t *testing.T) {
	src := text.FromReader("in", strings.NewReader("one\ntwo\nthree\n"))
	for line, err := range Lines(context.Background(), src) {
		if err != nil || line.Text != "one" {
			t.Errorf("%v, %v", line, err)
		}
		break
	}
}

func TestLinesCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range Lines(ctx, text.FromReader("in", strings.NewReader("one\n"))) {
		if err == nil {
			t.Error("a line after the context ended")
		}
	}
}
