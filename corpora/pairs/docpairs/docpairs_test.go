package docpairs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clipperhouse/uax29/v2/sentences"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/corpora/pairs"
)

func collect(t *testing.T, files map[string]string, o Options) *Pairs {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	src, err := documents.Open(context.Background(), nil, []string{dir}, documents.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Collect(context.Background(), src, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const guide = `---
title: Sockets
description: How programs talk over a network
---
## Open
### Call connect
Connect takes an address and a port. It waits until the server answers the call or refuses it.
`

func TestCollect(t *testing.T) {
	p := collect(t, map[string]string{
		"guide.md": guide,
		"faq.jsonl": `{"id":"1","question":"May dogs come along?","answer":"Dogs are welcome in all rooms."}
`,
		"pages.jsonl": `{"id":"2","title":"Rivers of Asia","abstract":"The longest rivers by country","text":"The Yangtze is the longest river in China."}
`,
		"plain.txt": "Rain fell all night on the hills. In the morning the river had risen by two metres and more.\n",
	}, Options{HeldOut: -1})
	if len(p.HeldOut) != 0 || p.Sampled {
		t.Errorf("%d held out, sampled %v", len(p.HeldOut), p.Sampled)
	}
	type pair struct {
		kind           Kind
		question, text string
	}
	var got []pair
	for _, x := range p.Train {
		got = append(got, pair{x.Kind, x.Question, x.Text})
	}
	const section, call = "Connect takes an address and a port. It waits until the server answers the call or refuses it.",
		"It waits until the server answers the call or refuses it."
	for _, want := range []pair{
		{Field, "How programs talk over a network", section},
		{Title, "Sockets", section},
		{Heading, "Open. Call connect", section},
		{Sentence, "Connect takes an address and a port.", call},
		{Title, "May dogs come along?", "Dogs are welcome in all rooms."},
		{Title, "Rivers of Asia", "The Yangtze is the longest river in China."},
		{Field, "The longest rivers by country", "The Yangtze is the longest river in China."},
		{Sentence, "Rain fell all night on the hills.", "In the morning the river had risen by two metres and more."},
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no pair %q", want)
		}
	}
	if t.Failed() {
		for _, x := range got {
			t.Logf("%q", x)
		}
	}
}

// Held out are whole documents, and their texts are not trained on in others either.
func TestHeldOut(t *testing.T) {
	files := map[string]string{}
	for i := range 60 {
		files[fmt.Sprintf("f%d.md", i)] = fmt.Sprintf("# Topic %d\n\nThe first text of number %d is about many things. It goes on for a while after that one.\n\n## License of it\n\nAll files share this license text. It is the same in every one of them.\n", i, i)
	}
	a, b := collect(t, files, Options{HeldOut: 0.3, Seed: 5}), collect(t, files, Options{HeldOut: 0.3, Seed: 5})
	if len(a.HeldOut) == 0 || len(a.Train) == 0 {
		t.Fatalf("%d held out, %d for training", len(a.HeldOut), len(a.Train))
	}
	if !slices.Equal(a.Train, b.Train) || !slices.Equal(a.HeldOut, b.HeldOut) {
		t.Error("the pairs depend on the folder")
	}
	held := map[string]bool{}
	for _, p := range a.HeldOut {
		held[p.Text] = true
	}
	for _, p := range a.Train {
		if held[p.Text] {
			t.Errorf("%q is held out and trained on", p.Text)
		}
	}
	if share := float64(len(a.HeldOut)) / float64(len(a.HeldOut)+len(a.Train)); share < 0.1 || share > 0.9 {
		t.Errorf("%.2f are held out", share)
	}
}

func TestMaxBytes(t *testing.T) {
	files := map[string]string{}
	for i := range 20 {
		files[fmt.Sprintf("f%d.md", i)] = fmt.Sprintf("# Topic %d\n\nThe text of number %d is about many things.\n", i, i)
	}
	if p := collect(t, files, Options{MaxBytes: 300, HeldOut: -1}); !p.Sampled || p.Documents < 2 || p.Documents > 10 {
		t.Errorf("sampled %v, %d documents", p.Sampled, p.Documents)
	}
}

// The sources of pairs are read by package pairs.
func TestSources(t *testing.T) {
	list := []Pair{{Kind: Title, Question: "A \"title\"\twith tabs", Text: "text one"}, {Kind: Sentence, Question: "question", Text: "text two"}, {Kind: Neighbor, Question: "text one", Text: "text two"}}
	var texts []string
	sources := Sources(list)
	if len(sources) != 3 || sources[2].Weight != 0.25 {
		t.Fatalf("%d sources", len(sources))
	}
	if _, err := pairs.EachText(context.Background(), sources, pairs.Options{}, func(text []byte) error { texts = append(texts, string(text)); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(texts) != 6 || texts[0] != "A \"title\"\twith tabs" {
		t.Errorf("%q", texts)
	}
}

func TestHasWords(t *testing.T) {
	for _, c := range []struct {
		text string
		want int
	}{{"", 0}, {" , ", 0}, {"it's one-two", 3}, {"x_y 12", 3}, {"Ärger über", 2}, {"日本 go", 3}, {"ไทย", 3}, {"don't", 1}} {
		for n := range 6 {
			if got := hasWords(c.text, n); got != (n <= c.want) {
				t.Errorf("hasWords(%q, %d) = %v", c.text, n, got)
			}
		}
	}
}

// Where oneSentence says that a text has no second sentence, UAX 29 finds none with words either.
func TestOneSentence(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"a", "Bc", "42", ".", "!", "?", " ", " ", "\"", "'", ")", "(", ",", "\t", "e.g", "\n"}
	one := 0
	for range 20_000 {
		var b strings.Builder
		for range 1 + r.IntN(12) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		text := b.String()
		if !oneSentence(text) {
			continue
		}
		one++
		tokens := sentences.FromString(text)
		if tokens.Next(); hasWords(text[len(tokens.Value()):], 1) {
			t.Fatalf("%q: the first sentence is %q", text, tokens.Value())
		}
	}
	if one < 1000 {
		t.Errorf("only %d texts of one sentence", one)
	}
	for _, text := range []string{"One. Two", "Is it? Yes", "größer"} {
		if oneSentence(text) {
			t.Errorf("%q is one sentence", text)
		}
	}
}

// A file whose first 10,000 passages make few pairs is not read to its end; others are.
func TestBarren(t *testing.T) {
	dir := t.TempDir()
	late := strings.Repeat("short line of words\n", 12_000) + "This is the first sentence. And this one is the rest of it, with enough words.\n"
	var many strings.Builder
	for i := range 250 {
		fmt.Fprintf(&many, "This is the first sentence of %d. And this another rest of %d, with enough words.\n", i, i)
	}
	for name, text := range map[string]string{
		"a.txt": late,
		"b.txt": many.String() + late,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	src, err := documents.Open(t.Context(), nil, []string{dir}, documents.Options{Split: documents.Line})
	if err != nil {
		t.Fatal(err)
	}
	found, err := Collect(t.Context(), src, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(found.Train) + len(found.HeldOut); n != 251 || found.Documents != 2 {
		t.Errorf("%d pairs of %d documents, want the 251 of b.txt and none of a.txt", n, found.Documents)
	}
}

// A single text without headings has pairs for training and held-out ones.
func TestOneText(t *testing.T) {
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, "This is the first sentence of %d. And this is another one of %d, which has enough words.\n\n", i, i)
	}
	path := filepath.Join(t.TempDir(), "book.txt")
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	src, err := documents.Open(t.Context(), nil, []string{path}, documents.Options{Split: documents.Paragraph})
	if err != nil {
		t.Fatal(err)
	}
	found, err := Collect(t.Context(), src, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if share := float64(len(found.HeldOut)) / 2000; found.Count(Sentence) != 2000 || share < .05 || share > .4 {
		t.Errorf("%d pairs for training, %d held out, want about a fifth of 2000", len(found.Train), len(found.HeldOut))
	}
}
