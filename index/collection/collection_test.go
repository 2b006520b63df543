package collection

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

// passage is a line of the file "f.txt".
func passage(text string, line int) documents.Passage {
	return documents.Passage{Text: text, Path: "f.txt", FirstLine: line, LastLine: line}
}

// yield returns an iterator over texts of the file "f.txt", followed by err.
func yield(err error, texts ...string) iter.Seq2[documents.Passage, error] {
	return func(next func(documents.Passage, error) bool) {
		for i, text := range texts {
			if !next(passage(text, i+1), nil) {
				return
			}
		}
		if err != nil {
			next(documents.Passage{}, err)
		}
	}
}

func buildTexts(t testing.TB, texts ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "docs")
	if _, err := BuildPassages(context.Background(), dir, sentence.WorkedExample(), yield(nil, texts...), BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open1(t testing.TB, dir string) *Collection {
	t.Helper()
	c, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// randomEncoder returns an encoder that knows the words w0 … w(n-1), with random vectors.
func randomEncoder(t testing.TB, n, dim int) *sentence.Encoder {
	t.Helper()
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("w%d", i)
	}
	v, err := tokenize.NewVocabulary(words, nil)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	data := make([]float32, n*dim)
	for i := range data {
		data[i] = float32(r.NormFloat64())
	}
	enc, err := sentence.New(sentence.Layers{Tokenizer: tok, Embedding: checkpoints.Tensor{Shape: []int{n, dim}, Data: data}})
	if err != nil {
		t.Fatal(err)
	}
	return enc
}

func TestBuildAndQuery(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "docs")
	var progress []int64
	s, err := BuildPassages(context.Background(), dir, sentence.WorkedExample(),
		yield(nil, "how are you", "nothing known", "who are you", "", "who am I"),
		BuildOptions{Index: index.Options{Metric: index.Dot, Kind: index.Flat}, OnProgress: func(p Progress) { progress = append(progress, p.Passages) }})
	if err != nil {
		t.Fatal(err)
	}
	if s.Documents != 3 || s.Passages != 5 || s.Skipped != 2 || s.FirstSkipped != "f.txt:2" || s.Dim != 2 || s.Bytes <= 0 {
		t.Errorf("summary %+v", s)
	}
	if fmt.Sprint(progress) != "[5]" {
		t.Errorf("progress %v", progress)
	}
	c := open1(t, dir)
	if i := c.Info(); c.Len() != 5 || i.Passages != 5 || i.Format != FormatVersion || i.Documents != 3 || i.Skipped != 2 || i.Metric != "dot" || i.Kind != "flat" || i.Dim != 2 {
		t.Errorf("info %+v", i)
	}
	if !c.Model().(*sentence.Encoder).Folded() {
		t.Error("the model in the collection is not folded")
	}
	hits, err := c.Query(context.Background(), "am I you", 10, index.SearchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Hit{
		{Stored{4, passage("who am I", 5)}, 62. / 9},
		{Stored{0, passage("how are you", 1)}, 44. / 9},
		{Stored{2, passage("who are you", 3)}, 42. / 9},
	}
	if len(hits) != len(want) {
		t.Fatalf("found %d documents", len(hits))
	}
	for i, h := range hits {
		if !reflect.DeepEqual(h.Stored, want[i].Stored) || h.Score < want[i].Score-1e-6 || h.Score > want[i].Score+1e-6 {
			t.Errorf("hit %d is %+v, want %+v", i, h, want[i])
		}
	}
	hits, err = c.Query(context.Background(), "am I you", 1, index.SearchOptions{Filter: func(label int64) bool { return label == 2 }})
	if err != nil || len(hits) != 1 || hits[0].Label != 2 {
		t.Errorf("with a filter: %v, error %v", hits, err)
	}
}

// With many batches and skipped documents, every document is found by its own words, with
// its own text, file and line.
func TestManyDocuments(t *testing.T) {
	const n = 2*batchPassages + 500
	enc := randomEncoder(t, n, 24)
	texts, skipped := make([]string, n), int64(0)
	for i := range texts {
		if texts[i] = fmt.Sprintf("w%d, number %d", i, i); i%10 == 3 {
			texts[i] = "unheard"
			skipped++
		}
		if i%500 == 7 { // a batch that ends by its size
			texts[i] += strings.Repeat(" unheard", batchBytes/8)
		}
	}
	dir := filepath.Join(t.TempDir(), "docs")
	s, err := BuildPassages(context.Background(), dir, enc, yield(nil, texts...), BuildOptions{Index: index.Options{Kind: index.Flat}})
	if err != nil {
		t.Fatal(err)
	}
	if s.Skipped != skipped || s.Documents != n-skipped || s.FirstSkipped != "f.txt:4" {
		t.Fatalf("got %+v", s)
	}
	c := open1(t, dir)
	var wg sync.WaitGroup
	for from := range 4 {
		wg.Go(func() {
			for i := from; i < n; i += 4 * 13 {
				if i%10 == 3 {
					continue
				}
				hits, err := c.Query(context.Background(), fmt.Sprintf("w%d", i), 1, index.SearchOptions{})
				if err != nil || len(hits) != 1 || hits[0].Text != texts[i] || hits[0].FirstLine != i+1 || hits[0].Path != "f.txt" {
					t.Errorf("document %d: %.60v, %v", i, hits, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestBuildOfNothing(t *testing.T) {
	broken := errors.New("f.txt:3: broken")
	for _, c := range []struct {
		name string
		docs iter.Seq2[documents.Passage, error]
		says string
	}{
		{"no documents", yield(nil), "no documents"},
		{"nothing known", yield(nil, "x y", "z"), "none of the 2 documents"},
		{"reading fails", yield(broken, "how are you"), "f.txt:3: broken"},
	} {
		parent := t.TempDir()
		_, err := BuildPassages(context.Background(), filepath.Join(parent, "docs"), sentence.WorkedExample(), c.docs, BuildOptions{})
		if err == nil || !strings.Contains(err.Error(), c.says) || (fault.Hint(err) == "") != errors.Is(err, broken) {
			t.Errorf("%s: error %v, hint %q", c.name, err, fault.Hint(err))
		}
		wantEmpty(t, parent)
	}
}

func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("files left behind: %v, error %v", entries, err)
	}
}

func TestBuildCancelled(t *testing.T) {
	parent := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	docs := func(next func(documents.Passage, error) bool) {
		for i := 1; i < 50*batchPassages && next(passage("how are you", i), nil); i++ {
			if i == 3*batchPassages/2 {
				cancel()
			}
		}
	}
	_, err := BuildPassages(ctx, filepath.Join(parent, "docs"), sentence.WorkedExample(), docs, BuildOptions{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	wantEmpty(t, parent)
}

func TestBuildReplaces(t *testing.T) {
	dir := buildTexts(t, "how are you")
	again := func(o BuildOptions) error {
		_, err := BuildPassages(context.Background(), dir, sentence.WorkedExample(), yield(nil, "who am I", "who are you"), o)
		return err
	}
	if err := again(BuildOptions{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("existing collection: error %v", err)
	}
	old := open1(t, dir)
	if err := again(BuildOptions{Replace: true}); err != nil {
		t.Fatal(err)
	}
	if c := open1(t, dir); c.Len() != 2 {
		t.Errorf("after replacing, the collection has %d documents", c.Len())
	}
	// A collection that is already open keeps the old documents.
	if hits, err := old.Query(context.Background(), "you", 5, index.SearchOptions{}); err != nil || len(hits) != 1 || hits[0].Text != "how are you" {
		t.Errorf("old collection: %v, error %v", hits, err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "thesis.tex"), []byte("years of work"), 0o644); err != nil {
		t.Fatal(err)
	}
	dir = other
	if err := again(BuildOptions{Replace: true}); err == nil {
		t.Error("a folder that is not a collection was replaced")
	}
}

func TestBuildDimensionMismatch(t *testing.T) {
	_, err := BuildPassages(context.Background(), filepath.Join(t.TempDir(), "docs"), sentence.WorkedExample(), yield(nil, "you"), BuildOptions{Index: index.Options{Dim: 3}})
	if err == nil || fault.Hint(err) == "" {
		t.Errorf("error %v", err)
	}
}

func TestOpenNoCollection(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	model := filepath.Join(dir, "model")
	if err := checkpoints.Write(context.Background(), model, sentence.WorkedExample().Checkpoint(), checkpoints.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		filepath.Join(dir, "nowhere"): "no such collection",
		file:                          "is a file",
		dir:                           "is not a collection",
		model:                         "is a model",
	} {
		_, err := Open(context.Background(), path)
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(fault.Hint(err), "build") {
			t.Errorf("%s: error %v, hint %q", path, err, fault.Hint(err))
		}
	}
}

func TestQueryErrors(t *testing.T) {
	c := open1(t, buildTexts(t, "how are you", "who am I"))
	for _, q := range []struct {
		text string
		k    int
		says string
	}{
		{"you", 0, "must be positive"},
		{"", 3, "no word"},
		{" ?! ", 3, "no word"},
		{"zebras", 3, `"zebras"`},
	} {
		hits, err := c.Query(context.Background(), q.text, q.k, index.SearchOptions{})
		if err == nil || hits != nil || !strings.Contains(err.Error(), q.says) {
			t.Errorf("%q: %v, %v", q.text, hits, err)
		}
	}
	_, err := c.Query(context.Background(), "hou", 3, index.SearchOptions{})
	if !strings.Contains(fault.Hint(err), "how") {
		t.Errorf("the hint %q does not suggest how", fault.Hint(err))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Query(ctx, "you", 3, index.SearchOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: error %v", err)
	}
	if _, err := Open(ctx, c.dir); !errors.Is(err, context.Canceled) {
		t.Errorf("Open, canceled: error %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Query(context.Background(), "you", 3, index.SearchOptions{}); err == nil {
		t.Error("Query after Close succeeded")
	}
}
