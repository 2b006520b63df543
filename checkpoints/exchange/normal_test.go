package exchange

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
)

// Words in other forms than text gets: decomposed letters, and composed ones that normal form C
// decomposes (Bengali, Hebrew, Devanagari, Gurmukhi, Odia, Tibetan). The second column is
// unicodedata.normalize('NFC', word), the third the same of word.lower(), by Python 3.11.
var forms = [][3]string{
	{"cafe\u0301", "caf\u00e9", "caf\u00e9"},
	{"Vie\u0302\u0323t", "Vi\u1ec7t", "vi\u1ec7t"},
	{"\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165", "\ud55c\uad6d\uc5b4", "\ud55c\uad6d\uc5b4"},
	{"\u09b8\u09ae\u09df", "\u09b8\u09ae\u09af\u09bc", "\u09b8\u09ae\u09af\u09bc"},
	{"\u09ac\u09dc", "\u09ac\u09a1\u09bc", "\u09ac\u09a1\u09bc"},
	{"\ufb2a\u05dc\u05d5\u05dd", "\u05e9\u05c1\u05dc\u05d5\u05dd", "\u05e9\u05c1\u05dc\u05d5\u05dd"},
	{"\u0958\u0932\u092e", "\u0915\u093c\u0932\u092e", "\u0915\u093c\u0932\u092e"},
	{"\u0a33", "\u0a32\u0a3c", "\u0a32\u0a3c"},
	{"\u0b5c", "\u0b21\u0b3c", "\u0b21\u0b3c"},
	{"\u0f43", "\u0f42\u0fb7", "\u0f42\u0fb7"},
	{"\u212bngstr\u00f6m", "\u00c5ngstr\u00f6m", "\u00e5ngstr\u00f6m"},
	{"\u2126", "\u03a9", "\u03c9"},
	{"\u1f71\u03bb\u03c6\u03b1", "\u03ac\u03bb\u03c6\u03b1", "\u03ac\u03bb\u03c6\u03b1"},
	{"s\u0307\u0323", "\u1e69", "\u1e69"},
	{"\u0627\u0653", "\u0622", "\u0622"},
}

// Every word of a file is found by text in either form, and exported as it was spelt.
func TestImportNormalForms(t *testing.T) {
	var file strings.Builder
	fmt.Fprintf(&file, "%d 2\n", len(forms))
	for i, f := range forms {
		fmt.Fprintf(&file, "%s %d 1\n", f[0], i+2)
	}
	for column, o := range map[int]tokenize.WordOptions{1: {Cased: true}, 2: {}} {
		c, report, err := Import(context.Background(), fileOf(t, "v.vec", file.String()), ImportOptions{Tokenizer: tokenize.NewWordTokenizer(o)})
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range forms {
			if got := c.Vocabulary.Token(int32(i)); got != f[column] {
				t.Errorf("%+q is stored as %+q, want %+q", f[0], got, f[column])
			}
			for _, text := range []string{f[0], f[1]} {
				if ids := c.Tokenizer.Encode(nil, text); !slices.Equal(ids, []int32{int32(i)}) {
					t.Errorf("the text %+q has the tokens %v, want %d", text, ids, i)
				}
				v := make([]float32, 2)
				if !c.Vector(v, text) || v[0] != float32(i+2) {
					t.Errorf("the word %+q has the vector %v, want %d", text, v, i+2)
				}
			}
		}
		if report.Renamed != len(forms) || report.Collisions != 0 || report.Unreachable != 0 {
			t.Errorf("%+v", report)
		}
		dir := filepath.Join(t.TempDir(), "m")
		if err := checkpoints.Write(context.Background(), dir, c, checkpoints.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		again, _, err := Import(context.Background(), dir, ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []*checkpoints.Checkpoint{c, again} {
			if got := export(t, c, "word2vec"); got != file.String() {
				t.Errorf("exported %+q, want %+q", got, file.String())
			}
		}
	}
}

// Two words with the same normal form are the same text: one row is used, that in the normal form
// if there is one. Words that differ in case stay two, and text finds the one in small letters.
func TestImportCollisions(t *testing.T) {
	path := fileOf(t, "v.txt", "cafe\u0301 1 0\nParis 2 0\nUS 3 0\ncaf\u00e9 4 0\nus 5 0\nDelhi 6 0\nDELHI 7 0\n\u212b 8 0\nA\u030a 9 0\nE\u0301 t 1 1\n")
	c, report, err := Import(context.Background(), path, ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const want = "\"paris\" 8 [2 0]\n\"US\" 4 [3 0]\n\"café\" 2 [4 0]\n\"us\" 2 [5 0]\n\"delhi\" 1 [6 0]\n\"DELHI\" 1 [7 0]\n\"å\" 1 [8 0]\n\"É t\" 1 [1 1]\n"
	if got := described(c); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if report.Renamed != 4 || report.FirstRenamed != `"paris" for "Paris"` ||
		report.Collisions != 2 || report.FirstCollision != `"cafe\u0301", which is "caf\u00e9"` || report.Unreachable != 3 {
		t.Errorf("%+v", report)
	}
	v := make([]float32, 2)
	for word, want := range map[string]float32{"Paris": 2, "US": 3, "us": 5, "Us": 5, "cafe\u0301": 4, "Cafe\u0301": 4, "Delhi": 6, "DELHI": 7, "E\u0301 t": 1} {
		if !c.Vector(v, word) || v[0] != want {
			t.Errorf("%+q has the vector %v, want %v", word, v, want)
		}
	}
	spelt := "Paris US café us Delhi DELHI \u212b E\u0301 t"
	var got []string
	for _, line := range strings.Split(strings.TrimSpace(export(t, c, "jsonl")), "\n") {
		got = append(got, line[len(`{"text":"`):strings.Index(line, `","known"`)])
	}
	if strings.Join(got, " ") != spelt {
		t.Errorf("exported %+q, want %+q", got, spelt)
	}
}
