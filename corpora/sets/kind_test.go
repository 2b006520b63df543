package sets

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/internal/corporatest"

	"github.com/luminavec/luminavec/corpora/data"
	"github.com/luminavec/luminavec/corpora/text"
)

func TestDetect(t *testing.T) {
	prose := "The tiger is a cat.\n\nIt lives in Asia, in 1999 there were 5,000 of them.\nTigers swim.\n"
	for text, want := range map[string]Kind{
		"tiger cat 7.35\n":                              WordsSet,
		"word1,word2,score\ntiger,cat,7.35\n":           WordsSet,
		"# comment\n\na\tb\tn\t3\nold\tnew\t1.58\tA\n":  WordsSet, // a header, and four fields
		"tiger\tcat\t7\tA\nold\tnew\t1\tA\n":            WordsSet,
		strings.Repeat("tiger cat 7.35\n", 200) + prose: WordsSet,
		"tiger cat 7.35\nold new\nbig small 3\nx y 2\n": WordsSet, // the wrong line is for the reader to report
		": family\nman king woman queen\n":              AnalogiesSet,
		"man king woman queen\nboy he girl she\n":       AnalogiesSet,
		": s\nman king woman\nboy he girl she\n":        AnalogiesSet,
		prose:                                           TextSet,
		"":                                              TextSet,
		"cats\n":                                        TextSet,
		"a b c d\nsome longer line of text here\none more of it\n": TextSet,
		strings.Repeat("no line end ", text.MaxChunk):              TextSet,
		"1 2 3\n4 5 6\n": TextSet,
	} {
		got, err := Detect(corporatest.WriteFile(t, t.TempDir(), "x.txt", text))
		if err != nil || got != want {
			t.Errorf("%.40q is %s, %v, want %s", text, got, err, want)
		}
	}
	for _, set := range []struct {
		data []byte
		want Kind
	}{{data.WordSim353, WordsSet}, {data.GoogleAnalogies, AnalogiesSet}, {data.Sample, TextSet}} {
		if got, err := detect(context.Background(), text.FromBytes("x", set.data)); err != nil || got != set.want {
			t.Errorf("a bundled file is %s, %v, want %s", got, err, set.want)
		}
	}
	if _, err := Detect(t.TempDir() + "/none"); err == nil {
		t.Error("a file that is not there: no error")
	}
}

// Whatever kind is detected, reading never panics.
func FuzzDetect(f *testing.F) {
	f.Add([]byte(": family\nman king woman queen\n"))
	f.Add([]byte("tiger cat 7.35\n"))
	f.Add([]byte("\"a,b\",c,2\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		kind, err := detect(context.Background(), text.FromReader("x", bytes.NewReader(data)))
		if err != nil {
			return
		}
		switch kind {
		case WordsSet:
			parseWordPairs(context.Background(), text.FromReader("x", bytes.NewReader(data)))
		case AnalogiesSet:
			parseAnalogies(context.Background(), text.FromReader("x", bytes.NewReader(data)))
		case TextSet:
		default:
			t.Fatalf("kind %q", kind)
		}
	})
}
