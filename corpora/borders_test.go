package corpora

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"github.com/luminavec/luminavec/corpora/text"
)

// A line ends at a line break, a blank line, the end of a file or of a record, wherever the
// text is split into batches; empty lines have no LineEnd.
func TestBorders(t *testing.T) {
	const e = LineEnd
	for _, test := range []struct {
		name, text string
		want       []int32
	}{
		{"lines", "a b\na c\n", []int32{0, 1, e, 0, 2, e}},
		{"documents", "a b\n\na c", []int32{0, 1, e, 0, 2, e}},
		{"documents, and white space", "\n\n \na b\r\n\t\n\r\n\n\na c\n\n", []int32{0, 1, e, 0, 2, e}},
		{"one line", "a b a c", []int32{0, 1, 0, 2, e}},
	} {
		c := buildText(t, test.text, BuildOptions{})
		if got := ids(t, c); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	dir := t.TempDir()
	src, err := text.Open(corporatest.WriteFile(t, dir, "1", "a b"), corporatest.WriteFile(t, dir, "2", "a c"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Build(context.Background(), src, BuildOptions{MinCount: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := ids(t, c); !slices.Equal(got, []int32{0, 1, e, 0, 2, e}) {
		t.Errorf("files: %v", got)
	}
	// A line end after every 7 words, over many batches.
	document := "a b c d e f g\n\n"
	c = buildText(t, strings.Repeat(document, 100_000), BuildOptions{})
	if c.Lines() != 100_000 || c.Words() != 700_000 {
		t.Fatalf("%d words in %d lines", c.Words(), c.Lines())
	}
	for i, id := range ids(t, c) {
		if (i%8 == 7) != (id == e) {
			t.Fatalf("entry %d is %d", i, id)
		}
	}
}

// A line of any length is split into blocks and has a single LineEnd.
func TestOneLine(t *testing.T) {
	c := buildText(t, strings.Repeat("one two three four five ", 300_000), BuildOptions{})
	all := ids(t, c)
	if len(all) != 1_500_001 || c.Lines() != 1 || slices.Index(all, LineEnd) != len(all)-1 || c.Blocks() != 92 {
		t.Errorf("%d entries in %d lines and %d blocks", len(all), c.Lines(), c.Blocks())
	}
}
