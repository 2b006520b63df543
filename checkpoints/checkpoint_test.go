package checkpoints

import (
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/kernel"
)

// newSmall returns a checkpoint that has everything: all layers, character
// n-grams, a state, a log, tensors packed and with strides, values at the edges of
// float32.
func newSmall(t testing.TB) *Checkpoint {
	t.Helper()
	c := newWithoutNGrams(t)
	var err error
	if c.NGrams, err = tokenize.NewNGrams(c.Vocabulary, tokenize.NGramOptions{Min: 3, Max: 4, Buckets: 1000}); err != nil {
		t.Fatal(err)
	}
	c.Config.NGrams = c.NGrams.Options()
	table := Tensor{Shape: []int{c.NGrams.Rows(), 3}, Stride: 4, Data: make([]float32, 4*c.NGrams.Rows())}
	for i := range table.Rows() {
		copy(table.Row(i), []float32{float32(i), 0.5, -float32(i) / 3})
	}
	c.Tensors[NGramTensor] = table
	c.State[WordTensor] = Tensor{Shape: []int{4, 3}, Data: []float32{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}}
	return c
}

// newWithoutNGrams is the model of testdata/v1.
func newWithoutNGrams(t testing.TB) *Checkpoint {
	t.Helper()
	v, err := tokenize.NewVocabulary([]string{"the", "of", "naïve", "cat"}, []int64{90, 40, 7, 5})
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	return &Checkpoint{
		Config: Config{
			Format: 1, Kind: "skipgram", Dim: 3, Created: "2026-01-02T03:04:05Z", Version: "0.1",
			Encoder:  EncoderConfig{Hidden: 2, Project: 2, Pooling: "mean", Normalize: true},
			Options:  json.RawMessage(`{"window":5,"learning_rate":0.025,"note":"<a & b>"}`),
			Corpus:   CorpusInfo{Sources: []string{"wiki.txt.zst", "-"}, RawWords: 151, Words: 142, Lines: 9, Vocabulary: 4},
			Progress: Progress{Done: 0.5, Blocks: 3, TotalBlocks: 6, Epoch: 1, Epochs: 2, Loss: 0.6931, Seconds: 1.5},
		},
		Tokenizer:  tokenizer,
		Vocabulary: v,
		Tensors: map[string]Tensor{
			EmbeddingTensor: {Shape: []int{4, 3}, Stride: 5, Data: []float32{
				1, -2.5, 0.1, 99, 99,
				math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Copysign(0, -1)), 99, float32(math.NaN()),
				0, 1e-20, 3, 99, 99,
				7, 8, 9,
			}},
			LinearTensor:     {Shape: []int{2, 3}, Data: []float32{1, 2, 3, 4, 5, 6}},
			BiasTensor:       {Shape: []int{2}, Data: []float32{0.5, -0.5}},
			ProjectionTensor: {Shape: []int{2, 2}, Stride: 2, Data: []float32{1, 0, 0, 1}},
		},
		State: map[string]Tensor{
			OutputTensor: {Shape: []int{4, 3}, Data: []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
			"cube":       {Shape: []int{2, 2, 2}, Data: []float32{1, 2, 3, 4, 5, 6, 7, 8}},
		},
		Log: []byte(`{"progress":0.5,"loss":0.6931}` + "\n"),
	}
}

// wantSame compares everything of two checkpoints, tensors bit by bit.
func wantSame(t *testing.T, got, want *Checkpoint) {
	t.Helper()
	if !reflect.DeepEqual(got.Config, want.Config) {
		t.Errorf("config\n%+v, want\n%+v", got.Config, want.Config)
	}
	if !reflect.DeepEqual(got.Vocabulary, want.Vocabulary) {
		t.Error("vocabularies differ")
	}
	a, err1 := got.Tokenizer.MarshalJSON()
	b, err2 := want.Tokenizer.MarshalJSON()
	if string(a) != string(b) || err1 != nil || err2 != nil {
		t.Errorf("tokenizers differ (%v, %v)", err1, err2)
	}
	if got.Tokenizer.Vocabulary() != got.Vocabulary {
		t.Error("the tokenizer has a vocabulary of its own")
	}
	if (got.NGrams == nil) != (want.NGrams == nil) {
		t.Errorf("n-grams %v, want %v", got.NGrams, want.NGrams)
	} else if want.NGrams != nil && (got.NGrams.Options() != want.NGrams.Options() || !slices.Equal(got.NGrams.Buckets(), want.NGrams.Buckets())) {
		t.Error("n-grams differ")
	}
	wantSameTensors(t, got.Tensors, want.Tensors)
	wantSameTensors(t, got.State, want.State)
	if string(got.Log) != string(want.Log) {
		t.Errorf("log %q, want %q", got.Log, want.Log)
	}
}

func wantSameTensors(t *testing.T, got, want map[string]Tensor) {
	t.Helper()
	if len(got) != len(want) || (got == nil) != (want == nil) {
		t.Errorf("%d tensors, want %d", len(got), len(want))
	}
	for name, w := range want {
		g, ok := got[name]
		if !ok || !reflect.DeepEqual(g.Shape, w.Shape) {
			t.Errorf("tensor %q has shape %v, want %v", name, g.Shape, w.Shape)
			continue
		}
		if g.Stride != kernel.Stride(g.Cols()) {
			t.Errorf("tensor %q has stride %d", name, g.Stride)
		}
		if at := uintptr(unsafe.Pointer(unsafe.SliceData(g.Data))); at%64 != 0 {
			t.Errorf("tensor %q is not aligned", name)
		}
		for i := range w.Rows() {
			for j, v := range w.Row(i) {
				if math.Float32bits(g.Row(i)[j]) != math.Float32bits(v) {
					t.Errorf("tensor %q[%d][%d] = %v, want %v", name, i, j, g.Row(i)[j], v)
				}
			}
		}
		if len(w.Shape) == 1 {
			continue
		}
		for i := range g.Rows() {
			for _, v := range g.Data[i*g.Stride+g.Cols() : (i+1)*g.Stride] {
				if v != 0 {
					t.Errorf("tensor %q: padding of row %d holds %v", name, i, v)
				}
			}
		}
	}
}

// tree reads all files under root.
func tree(t testing.TB, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func mustWrite(t testing.TB, dir string, c *Checkpoint) {
	t.Helper()
	if err := Write(context.Background(), dir, c, WriteOptions{Replace: true}); err != nil {
		t.Fatal(err)
	}
}

func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	c := newSmall(t)
	mustWrite(t, dir, c)
	got, err := Read(context.Background(), dir, ReadOptions{State: true})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, got, c)
	again := filepath.Join(t.TempDir(), "again")
	mustWrite(t, again, got)
	if a, b := tree(t, dir), tree(t, again); !maps.Equal(a, b) {
		t.Error("what was read writes other bytes")
	}
	without, err := Read(context.Background(), dir, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if without.State != nil || without.Log != nil {
		t.Error("training was read unasked")
	}
	report, err := Verify(context.Background(), dir)
	if err != nil || !report.OK() || len(report.Files) != 9 || len(report.Extra) != 0 {
		t.Errorf("report %+v, %v", report, err)
	}
}

// TestRoundTripPlain is a model as the word trainers end with it: no layers,
// no state.
func TestRoundTripPlain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	c := newSmall(t)
	c.Config.Encoder = EncoderConfig{Pooling: "mean"}
	c.Config.Options, c.State, c.Log, c.NGrams, c.Config.NGrams = nil, nil, nil, nil, tokenize.NGramOptions{}
	c.Tensors = map[string]Tensor{EmbeddingTensor: c.Tensors[EmbeddingTensor]}
	mustWrite(t, dir, c)
	got, err := Read(context.Background(), dir, ReadOptions{State: true})
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, got, c)
	if _, err := os.Stat(filepath.Join(dir, "training")); err == nil {
		t.Error("an empty folder training was made")
	}
}

func TestValidate(t *testing.T) {
	for _, test := range []struct {
		want   string // all in the message
		change func(*Checkpoint)
	}{
		{"config.json kind", func(c *Checkpoint) { c.Config.Kind = "" }},
		{"config.json dim", func(c *Checkpoint) { c.Config.Dim = 0 }},
		{"config.json pooling attention", func(c *Checkpoint) { c.Config.Encoder.Pooling = "attention" }},
		{"model.safetensors pooling.weight", func(c *Checkpoint) { c.Config.Encoder.Pooling = "sif" }},
		{"config.json encoder.hidden", func(c *Checkpoint) { c.Config.Encoder.Hidden = -1 }},
		{"config.json encoder.project", func(c *Checkpoint) { c.Config.Encoder.Project = -1 }},
		{"config.json progress.done", func(c *Checkpoint) { c.Config.Progress.Done = math.NaN() }},
		{"config.json progress.loss NaN", func(c *Checkpoint) { c.Config.Progress.Loss = math.NaN() }},
		{"config.json options", func(c *Checkpoint) { c.Config.Options = json.RawMessage(`{`) }},
		{"vocab.tsv", func(c *Checkpoint) { c.Vocabulary = nil }},
		{"tokenizer.json", func(c *Checkpoint) { c.Tokenizer = nil }},
		{"tokenizer.json vocabulary", func(c *Checkpoint) { c.Tokenizer = tokenize.NewWordTokenizer(tokenize.WordOptions{}) }},
		{"tokenizer.json 4 3", func(c *Checkpoint) {
			c.Vocabulary, _ = tokenize.NewVocabulary([]string{"the", "of", "cat"}, nil)
		}},
		{`tokenizer.json token 3 "cat" "dog"`, func(c *Checkpoint) {
			c.Vocabulary, _ = tokenize.NewVocabulary([]string{"the", "of", "naïve", "dog"}, nil)
		}},
		{"model.safetensors embedding.weight", func(c *Checkpoint) { delete(c.Tensors, EmbeddingTensor) }},
		{"model.safetensors embedding.weight [4 3] [4 2]", func(c *Checkpoint) { c.Config.Dim = 2 }},
		{"model.safetensors linear.weight encoder.hidden", func(c *Checkpoint) { c.Config.Encoder.Hidden = 0 }},
		{"model.safetensors linear.bias", func(c *Checkpoint) { delete(c.Tensors, BiasTensor) }},
		{"model.safetensors projection.weight encoder.project", func(c *Checkpoint) { c.Config.Encoder.Project = 0 }},
		{"model.safetensors linear.weight needs 6", func(c *Checkpoint) {
			c.Tensors[LinearTensor] = Tensor{Shape: []int{2, 3}, Data: make([]float32, 5)}
		}},
		{"model.safetensors linear.weight stride", func(c *Checkpoint) {
			c.Tensors[LinearTensor] = Tensor{Shape: []int{2, 3}, Stride: 2, Data: make([]float32, 6)}
		}},
		{"model.safetensors no dimension", func(c *Checkpoint) { c.Tensors["x"] = Tensor{} }},
		{"model.safetensors too many", func(c *Checkpoint) {
			c.Tensors["x"] = Tensor{Shape: []int{1 << 31, 1 << 31, 4}}
		}},
		{"model.safetensors ngrams.weight config.json", func(c *Checkpoint) { c.NGrams = nil }},
		{"model.safetensors no tensor ngrams.weight", func(c *Checkpoint) { delete(c.Tensors, NGramTensor) }},
		{"model.safetensors ngrams.weight [4 3] [21 3] ngrams.txt", func(c *Checkpoint) {
			c.Tensors[NGramTensor] = NewTensor(4, 3)
		}},
		{`model.safetensors "ngrams.weight" row 2, column 1 NaN`, func(c *Checkpoint) {
			c.Tensors[NGramTensor].Row(2)[1] = float32(math.NaN())
		}},
		{"training/state.safetensors word.weight [1]", func(c *Checkpoint) {
			c.State[WordTensor] = Tensor{Shape: []int{1}, Data: []float32{1}}
		}},
		{"training/state.safetensors output.weight", func(c *Checkpoint) {
			c.State[OutputTensor] = Tensor{Shape: []int{1}, Data: []float32{1}}
		}},
		{`training/state.safetensors "x" not positive`, func(c *Checkpoint) {
			c.State["x"] = Tensor{Shape: []int{0, 3}}
		}},
		{`model.safetensors "embedding.weight" row 2, column 1 NaN`, func(c *Checkpoint) {
			c.Tensors[EmbeddingTensor].Row(2)[1] = float32(math.NaN())
		}},
		{`model.safetensors "linear.bias" value 1 Inf`, func(c *Checkpoint) {
			c.Tensors[BiasTensor].Row(0)[1] = float32(math.Inf(-1))
		}},
		{"model.safetensors cannot be the name of a tensor", func(c *Checkpoint) { c.Tensors["__metadata__"] = c.Tensors[BiasTensor] }},
	} {
		c := newSmall(t)
		test.change(c)
		root := t.TempDir()
		err := Write(context.Background(), filepath.Join(root, "model"), c, WriteOptions{})
		if err == nil {
			t.Errorf("%s: no error", test.want)
			continue
		}
		for word := range strings.FieldsSeq(test.want) {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("error %q does not have %q", err, word)
			}
		}
		if left := tree(t, root); len(left) > 0 {
			t.Errorf("%s: left %v", test.want, left)
		}
	}
}

func TestNewTensor(t *testing.T) {
	a := NewTensor(3, 17)
	if a.Stride != 32 || len(a.Data) != 96 || len(a.Row(2)) != 17 || cap(a.Row(2)) != 17 {
		t.Errorf("%d values, stride %d", len(a.Data), a.Stride)
	}
	if b := NewTensor(5); b.Stride != 16 || len(b.Data) != 5 || b.Rows() != 1 || b.Cols() != 5 {
		t.Errorf("%d values, stride %d", len(b.Data), b.Stride)
	}
	defer func() {
		if recover() != badShape {
			t.Error("no panic on a shape with 0")
		}
	}()
	NewTensor(3, 0)
}
