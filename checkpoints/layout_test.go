package checkpoints

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// layoutModel returns a model of words, or of a tokenizer with [UNK] as token 1.
func layoutModel(t *testing.T, words bool, pooling string) *Checkpoint {
	t.Helper()
	tokenizer, err := tokenize.Parse("tokenizer.json", []byte(`{"pre_tokenizer":{"type":"Whitespace"},
		"model":{"type":"WordLevel","unk_token":"[UNK]","vocab":{"a":0,"[UNK]":1,"b":2}}}`))
	if words {
		var v *tokenize.Vocabulary
		if v, err = tokenize.NewVocabulary([]string{"a", "b", "c"}, nil); err == nil {
			tokenizer, err = tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	c := &Checkpoint{
		Config:    Config{Kind: "x", Dim: 2, Encoder: EncoderConfig{Pooling: pooling, Normalize: true}, Progress: Progress{Done: 1, Finished: true}},
		Tokenizer: tokenizer, Vocabulary: tokenizer.Vocabulary(),
		Tensors: map[string]Tensor{EmbeddingTensor: {Shape: []int{3, 2}, Data: []float32{1, 2, 3, 4, 5, 6}}},
	}
	if pooling == sif {
		c.Tensors[PoolingTensor] = Tensor{Shape: []int{3}, Data: []float32{0.5, 0.25, 0.125}}
	}
	return c
}

// The tensors of model.safetensors are those that other programs need, and Read returns those of
// the model, whether or not the file is mapped.
func TestLayouts(t *testing.T) {
	ctx := context.Background()
	zero := []float32{1, 2, 3, 4, 5, 6, 0, 0}
	for name, m := range map[string]struct {
		words   bool
		pooling string
		change  func(*Checkpoint)
		format  int
		opens   bool
		want    map[string][]float32
	}{
		"words":         {true, "mean", nil, 2, true, map[string][]float32{EmbeddingTensor: zero}},
		"words sif":     {true, sif, nil, 2, true, map[string][]float32{"embeddings": zero, "mapping": {0, 1, 2, 3}, "weights": {0.5, 0.25, 0.125, 0}}},
		"subwords":      {false, "mean", nil, 2, true, map[string][]float32{"embeddings": zero, "mapping": {0, 3, 2}}},
		"subwords sif":  {false, sif, nil, 2, true, map[string][]float32{"embeddings": zero, "mapping": {0, 3, 2}, "weights": {0.5, 0.25, 0.125}}},
		"other lengths": {true, "mean", func(c *Checkpoint) { c.Config.Encoder.Normalize = false }, 1, false, map[string][]float32{EmbeddingTensor: zero[:6]}},
		"other pooling": {true, "max", nil, 1, false, map[string][]float32{EmbeddingTensor: zero[:6]}},
		"counted":       {false, "mean", func(c *Checkpoint) { c.Config.Encoder.Unknown = UnknownCounted }, 1, true, map[string][]float32{EmbeddingTensor: zero[:6]}},
	} {
		c := layoutModel(t, m.words, m.pooling)
		if m.change != nil {
			m.change(c)
		}
		dir := filepath.Join(t.TempDir(), "model")
		mustWrite(t, dir, c)
		stored, err := ReadTensors(ctx, filepath.Join(dir, ModelFile))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(slices.Sorted(maps.Keys(stored)), slices.Sorted(maps.Keys(m.want))) {
			t.Errorf("%s: tensors %v", name, slices.Sorted(maps.Keys(stored)))
		}
		for tensor, want := range m.want {
			var got []float32
			for i := range stored[tensor].Rows() {
				got = append(got, stored[tensor].Row(i)...)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: tensor %s is %v, want %v", name, tensor, got, want)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, ModulesFile)); (err == nil) != m.opens {
			t.Errorf("%s: %s: %v", name, ModulesFile, err)
		}
		for _, isMapped := range []bool{false, true} {
			read, err := Read(ctx, dir, ReadOptions{Mapped: isMapped})
			if err != nil {
				t.Fatal(err)
			}
			if read.Config.Format != m.format || len(read.Tensors) != len(c.Tensors) {
				t.Errorf("%s: format %d, %d tensors", name, read.Config.Format, len(read.Tensors))
			}
			for tensor, want := range c.Tensors {
				got, err := read.Tensors[tensor].inMemory()
				if err != nil || !slices.Equal(got.Shape, want.Shape) {
					t.Fatalf("%s: tensor %s has shape %v (%v)", name, tensor, got.Shape, err)
				}
				for i := range want.Rows() {
					if !slices.Equal(got.Row(i), want.Row(i)) {
						t.Errorf("%s: tensor %s: row %d is %v, want %v", name, tensor, i, got.Row(i), want.Row(i))
					}
				}
			}
			again := filepath.Join(t.TempDir(), "again")
			mustWrite(t, again, read)
			for _, file := range []string{ModelFile, ModulesFile} {
				a, _ := os.ReadFile(filepath.Join(dir, file))
				b, _ := os.ReadFile(filepath.Join(again, file))
				if string(a) != string(b) {
					t.Errorf("%s: %s differs when it is written again", name, file)
				}
			}
		}
	}
}

// Tensors that do not fit together are refused, and the error names them.
func TestLayoutDamage(t *testing.T) {
	table := Tensor{Shape: []int{4, 2}, Data: []float32{1, 2, 3, 4, 5, 6, 0, 0}}
	row := func(values ...float32) Tensor { return Tensor{Shape: []int{len(values)}, Data: values} }
	for name, m := range map[string]struct {
		tensors map[string]Tensor
		want    string
	}{
		"another mapping":   {map[string]Tensor{"embeddings": table, "mapping": row(0, 1, 2), "weights": row(1, 1, 1)}, `tensor "mapping" maps id 1 to row 1; expected 3`},
		"no mapping":        {map[string]Tensor{"embeddings": table, "weights": row(1, 1, 1)}, `no tensor "mapping"`},
		"a long mapping":    {map[string]Tensor{"embeddings": table, "mapping": row(0, 3, 2, 3)}, `tensor "mapping" has shape [4]`},
		"few weights":       {map[string]Tensor{"embeddings": table, "mapping": row(0, 3, 2), "weights": row(1, 1)}, `tensor "weights" has shape [2]`},
		"no zeros":          {map[string]Tensor{"embeddings": {Shape: []int{4, 2}, Data: []float32{1, 2, 3, 4, 5, 6, 7, 8}}, "mapping": row(0, 3, 2)}, `tensor "embeddings": row 3, of unknown text, is not zero`},
		"another dimension": {map[string]Tensor{"embeddings": {Shape: []int{4, 1}, Data: []float32{1, 2, 3, 0}}, "mapping": row(0, 3, 2)}, `tensor "embeddings" has shape [4 1]`},
		"two tables":        {map[string]Tensor{"embeddings": table, "embedding.weight": table, "mapping": row(0, 3, 2)}, `tensor "embedding.weight" occurs beside "embeddings"`},
	} {
		c := layoutModel(t, false, sif)
		c.Config.Format, c.Tensors = 2, m.tensors
		if err := c.restore(); err == nil || !strings.Contains(err.Error(), m.want) {
			t.Errorf("%s: %v, want %q", name, err, m.want)
		}
	}
}
