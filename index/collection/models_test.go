package collection

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/documents"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/transformer"
)

// tinyBERT returns a copy of a small random network with prompts.
func tinyBERT(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bert")
	if err := os.CopyFS(dir, os.DirFS("../../sentence/transformer/testdata/bert")); err != nil {
		t.Fatal(err)
	}
	prompts := `{"prompts": {"query": "query: ", "passage": "passage: "}, "default_prompt_name": null, "similarity_fn_name": "cosine"}`
	if err := os.WriteFile(filepath.Join(dir, "config_sentence_transformers.json"), []byte(prompts), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func openBERT(t *testing.T, dir string) *transformer.Encoder {
	t.Helper()
	m, err := transformer.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func buildFrom(t *testing.T, dir, text string, m sentence.Model, o BuildOptions) *Summary {
	t.Helper()
	src, err := documents.Open(context.Background(), nil, []string{text}, documents.Options{Split: "file"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Build(context.Background(), dir, m, src, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// cosineOf returns the cosine of a passage and a question that the model encodes with these prompts.
func cosineOf(t *testing.T, m *transformer.Encoder, passagePrompt, passage, queryPrompt, query string) float64 {
	t.Helper()
	a, _, err := m.WithPrompt(passagePrompt).EncodeBatch(context.Background(), []string{passage}, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := m.WithPrompt(queryPrompt).EncodeBatch(context.Background(), []string{query}, 1)
	if err != nil {
		t.Fatal(err)
	}
	dot, x, y := 0.0, 0.0, 0.0
	for i := range a {
		dot, x, y = dot+float64(a[i]*b[i]), x+float64(a[i]*a[i]), y+float64(b[i]*b[i])
	}
	return dot / math.Sqrt(x*y)
}

// Passages and questions have their prompts, also after the collection is changed.
func TestTransformerPrompts(t *testing.T) {
	ctx := context.Background()
	model := tinyBERT(t)
	folder := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.txt", "the cat sat")
	own := "about: "
	for name, c := range map[string]struct {
		o               BuildOptions
		document, query string
	}{
		"of the folder": {BuildOptions{}, "passage: ", "query: "},
		"given":         {BuildOptions{DocumentPrompt: new(string), QueryPrompt: &own}, "", own},
		"not copied":    {BuildOptions{ModelPath: model}, "passage: ", "query: "},
	} {
		dir := filepath.Join(t.TempDir(), "collection")
		m := openBERT(t, model)
		buildFrom(t, dir, folder, m, c.o)
		check := func(text string) {
			t.Helper()
			opened, err := Open(ctx, dir)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			defer opened.Close()
			hits, err := opened.Query(ctx, "a dog", 5, index.SearchOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range hits {
				if h.Text != text {
					continue
				}
				if want := cosineOf(t, m, c.document, h.Input(), c.query, "a dog"); math.Abs(float64(h.Score)-want) > 0.01 {
					t.Errorf("%s: %q has the cosine %.4f, expected %.4f", name, text, h.Score, want)
				}
				return
			}
			t.Errorf("%s: %q is not found", name, text)
		}
		check("the cat sat")
		write("b.txt", "a dog ran")
		if _, err := Sync(ctx, dir, ChangeOptions{}); err != nil {
			t.Fatal(err)
		}
		check("a dog ran")
		if _, err := Verify(ctx, dir); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := os.Remove(filepath.Join(folder, "b.txt")); err != nil {
			t.Fatal(err)
		}
	}
}

// A model that is not copied must be there, and what it was.
func TestModelNotCopied(t *testing.T) {
	ctx := context.Background()
	model := tinyBERT(t)
	text := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("the cat sat on the mat ", 40)), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "collection")
	m := openBERT(t, model)
	s := buildFrom(t, dir, text, m, BuildOptions{ModelPath: model})
	if limit := m.Config().MaxTokens; s.Truncated != 1 || s.MaxTokens != limit || s.LongestTokens <= int64(limit) {
		t.Errorf("truncated %d, %d of %d", s.Truncated, s.MaxTokens, s.LongestTokens)
	}
	if _, err := os.Stat(filepath.Join(dir, modelDir)); !os.IsNotExist(err) {
		t.Errorf("the model was copied: %v", err)
	}
	open := func() error {
		c, err := Open(ctx, dir)
		if err == nil {
			c.Close()
		}
		return err
	}
	weights := filepath.Join(model, "model.safetensors")
	data, err := os.ReadFile(weights)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(weights, data, 0o600); err != nil { // another time, the same content
		t.Fatal(err)
	}
	if err := open(); err != nil {
		t.Error(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(weights, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(); err == nil || !strings.Contains(err.Error(), "has changed since the collection was built: model.safetensors") {
		t.Error(err)
	}
	if _, err := Verify(ctx, dir); err == nil || !strings.Contains(err.Error(), "model.safetensors") {
		t.Error(err)
	}
	if err := os.Rename(model, model+"-elsewhere"); err != nil {
		t.Fatal(err)
	}
	if err := open(); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "does not exist any more") {
		t.Error(err)
	}
}

// With a model of questions, the other one is not needed to ask.
func TestQueryModel(t *testing.T) {
	ctx := context.Background()
	large, small := tinyBERT(t), tinyBERT(t)
	text := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(text, []byte("the cat sat"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "collection")
	buildFrom(t, dir, text, openBERT(t, large), BuildOptions{ModelPath: large, QueryModel: openBERT(t, small)})
	if err := os.RemoveAll(large); err != nil {
		t.Fatal(err)
	}
	c, err := Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if hits, err := c.Query(ctx, "a dog", 1, index.SearchOptions{}); err != nil || len(hits) != 1 {
		t.Error(hits, err)
	}
	if _, err := Sync(ctx, dir, ChangeOptions{}); err != nil {
		t.Error(err) // nothing has to be encoded
	}
}
