package embed

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

// encodeAll returns the vectors of texts.
func encodeAll(t *testing.T, c *checkpoints.Checkpoint, texts ...string) [][]float32 {
	t.Helper()
	e, err := sentence.FromCheckpoint(c)
	if err != nil {
		t.Fatal(err)
	}
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		vectors[i] = make([]float32, e.Dim())
		if _, err := e.Encode(vectors[i], text); err != nil {
			t.Fatal(err)
		}
	}
	return vectors
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab, aa, bb = ab+float64(a[i])*float64(b[i]), aa+float64(a[i])*float64(a[i]), bb+float64(b[i])*float64(b[i])
	}
	return ab / math.Sqrt(aa*bb)
}

// Models that model2vec 0.10.0 wrote, with random numbers, and the vectors that it encodes:
// golden.json. Those of "half" are rounded to 16 bits there.
func TestImportModel2Vec(t *testing.T) {
	var golden struct {
		Texts   []string
		Vectors map[string][][]float32
	}
	data, err := os.ReadFile("testdata/model2vec/golden.json")
	if err == nil {
		err = json.Unmarshal(data, &golden)
	}
	if err != nil {
		t.Fatal(err)
	}
	nested := t.TempDir() // the layout of sentence-transformers
	if err := os.CopyFS(filepath.Join(nested, "0_StaticEmbedding"), os.DirFS("testdata/model2vec/weights")); err != nil {
		t.Fatal(err)
	}
	const modules = `[{"idx":0,"name":"0","path":"0_StaticEmbedding","type":"sentence_transformers.models.StaticEmbedding"},
		{"idx":1,"name":"1","path":"1_Normalize","type":"sentence_transformers.models.Normalize"}]`
	if err := os.WriteFile(filepath.Join(nested, "modules.json"), []byte(modules), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, want := range golden.Vectors {
		paths := []string{filepath.Join("testdata/model2vec", name)}
		if name == "weights" {
			paths = append(paths, nested)
		}
		for _, path := range paths {
			c, report, err := exchange.Import(context.Background(), path, exchange.ImportOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if report.Unreachable > 0 || report.Renamed > 0 {
				t.Errorf("%s: %+v", path, report)
			}
			for i, got := range encodeAll(t, c, golden.Texts...) {
				for j, v := range got {
					tolerance := 1e-7
					if name == "half" {
						tolerance = 1e-3
					}
					if math.Abs(float64(v-want[i][j])) > tolerance {
						t.Errorf("%s: %q has %v, want %v", path, golden.Texts[i], got, want[i])
						break
					}
				}
			}
		}
	}
	_, _, err = exchange.Import(context.Background(), "testdata/model2vec/plain", exchange.ImportOptions{Tokenizer: tokenize.NewWordTokenizer(tokenize.WordOptions{})})
	if err == nil || !strings.Contains(err.Error(), "Tokenizer, Cased and Locale cannot be chosen") {
		t.Errorf("another tokenizer: %v", err)
	}
	first := exchange.ImportOptions{Options: exchange.Options{Limit: 3}}
	_, _, err = exchange.Import(context.Background(), "testdata/model2vec/plain", first)
	if err == nil || !strings.HasPrefix(err.Error(), "Limit cannot be used with ") {
		t.Errorf("some tokens of a model: %v", err)
	}
}

// A folder that needs more than a table is refused, and the message says what it needs.
func TestImportRefused(t *testing.T) {
	for name, c := range map[string]struct{ modules, want string }{
		"transformer": {`[{"path":"","type":"sentence_transformers.models.Transformer"},{"path":"1_Pooling","type":"sentence_transformers.models.Pooling"}]`, `the module "Transformer", which is not supported`},
		"words":       {`[{"path":"0_WordEmbeddings","type":"sentence_transformers.models.WordEmbeddings"}]`, `the module "WordEmbeddings"`},
		"outside":     {`[{"path":"../x","type":"sentence_transformers.models.StaticEmbedding"}]`, `module "StaticEmbedding" is at "../x"`},
		"damaged":     {`{"a":1}`, "modules.json: expected an array but found an object"},
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS("testdata/model2vec/weights")); err != nil {
			t.Fatal(err)
		}
		os.Remove(filepath.Join(dir, "modules.json"))
		if err := os.WriteFile(filepath.Join(dir, "modules.json"), []byte(c.modules), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, _, err := exchange.Import(context.Background(), dir, exchange.ImportOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// layered returns a sentence model of three words with the given parts.
func layered(t *testing.T, linear, project, weights, grams bool, pooling string) *checkpoints.Checkpoint {
	t.Helper()
	v, err := tokenize.NewVocabulary([]string{"red", "green", "blue"}, []int64{5, 3, 2})
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, err := tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: true}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	tensor := func(rows, cols int, data ...float32) checkpoints.Tensor {
		return checkpoints.Tensor{Shape: []int{rows, cols}, Data: data}
	}
	c := &checkpoints.Checkpoint{
		Config: checkpoints.Config{Kind: sentence.Kind, Dim: 2, Encoder: checkpoints.EncoderConfig{Pooling: pooling, Normalize: true},
			Progress: checkpoints.Progress{Done: 1, Finished: true}},
		Tokenizer: tokenizer, Vocabulary: v,
		Tensors: map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: tensor(3, 2, 1, 2, -3, 1, 0.5, -2)},
	}
	width := 2
	if linear {
		width, c.Config.Encoder.Hidden = 3, 3
		c.Tensors[checkpoints.LinearTensor] = tensor(3, 2, 1, -1, 0.5, 2, -1, 0.25)
		c.Tensors[checkpoints.BiasTensor] = checkpoints.Tensor{Shape: []int{3}, Data: []float32{0.5, 1, 2}}
	}
	if project {
		c.Config.Encoder.Project = 4
		p := checkpoints.NewTensor(4, width)
		for i := range 4 {
			for j := range width {
				p.Row(i)[j] = float32((i*5+j*3)%7) - 2.5
			}
		}
		c.Tensors[checkpoints.ProjectionTensor] = p
	}
	if weights {
		c.Tensors[checkpoints.PoolingTensor] = checkpoints.Tensor{Shape: []int{3}, Data: []float32{0.2, 0.7, 0.9}}
	}
	if grams {
		if c.NGrams, err = tokenize.NewNGrams(v, tokenize.NGramOptions{Min: 3, Max: 3, Buckets: 1000}); err != nil {
			t.Fatal(err)
		}
		c.Config.NGrams = c.NGrams.Options()
		table := checkpoints.NewTensor(c.NGrams.Rows(), 2)
		for i := range table.Rows() {
			table.Row(i)[0], table.Row(i)[1] = float32(i)-3, float32(i*i%5)
		}
		c.Tensors[checkpoints.NGramTensor] = table
	}
	return c
}

// A sentence model that is imported gives the same vectors, bit for bit. So do its exported rows,
// averaged, up to the length, unless the pooling has no such rows.
func TestSentenceModel(t *testing.T) {
	texts := []string{"red", "green blue", "red red green blue", "greener blue", "Red"}
	for _, m := range []struct {
		linear, project, weights, grams bool
		pooling                         string
	}{
		{pooling: "mean"}, {weights: true, pooling: "sif"}, {linear: true, pooling: "mean"}, {project: true, pooling: ""},
		{linear: true, project: true, weights: true, pooling: "sif"}, {grams: true, weights: true, project: true, pooling: "sif"},
		{linear: true, grams: true, pooling: "mean"}, {linear: true, project: true, pooling: "max"}, {pooling: "cls"}, {pooling: "sep"},
	} {
		c := layered(t, m.linear, m.project, m.weights, m.grams, m.pooling)
		want := encodeAll(t, c, texts...)
		dir := filepath.Join(t.TempDir(), "m")
		if err := checkpoints.Write(context.Background(), dir, c, checkpoints.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		imported, _, err := exchange.Import(context.Background(), dir, exchange.ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range encodeAll(t, imported, texts...) {
			if !slices.Equal(got, want[i]) {
				t.Errorf("%+v: %q has %v, want %v", m, texts[i], got, want[i])
			}
		}
		one := exchange.ImportOptions{Options: exchange.Options{Limit: 1}}
		if _, _, err := exchange.Import(context.Background(), dir, one); err == nil || !strings.HasPrefix(err.Error(), "Limit cannot be used with ") {
			t.Errorf("%+v: one token: %v", m, err)
		}
		layers := m.linear || m.project || m.weights || m.pooling != "mean" && m.pooling != ""
		rows, err := exchange.Open(context.Background(), dir, exchange.Options{Unnamed: true})
		if (err != nil) != layers {
			t.Errorf("%+v: reading the rows: %v", m, err)
		} else if err == nil {
			rows.Close()
		}
		var b bytes.Buffer
		if err := exchange.Export(context.Background(), &b, c, "word2vec"); (err != nil) != layers {
			t.Errorf("%+v: exporting the rows: %v", m, err)
		}
		folded, err := sentence.WordVectors(c)
		if m.pooling == "max" || m.pooling == "cls" || m.pooling == "sep" {
			if err == nil || fault.Hint(err) == "" {
				t.Errorf("%+v was exported", m)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		b.Reset()
		if err := exchange.Export(context.Background(), &b, folded, "word2vec"); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "v.txt")
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		words, _, err := exchange.Import(context.Background(), path, exchange.ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range encodeAll(t, words, texts[:3]...) {
			if x := cosine(got, want[i]); x < 1-1e-6 {
				t.Errorf("%+v: %q has %v, want %v: cosine %v", m, texts[i], got, want[i], x)
			}
		}
		// Without its MANIFEST, a model is all there or refused. The weights of tokens become part of
		// the rows.
		os.Remove(filepath.Join(dir, checkpoints.ManifestFile))
		bare, _, err := exchange.Import(context.Background(), dir, exchange.ImportOptions{})
		if complete := !m.linear && !m.project && !m.grams; complete != (err == nil) {
			t.Errorf("%+v without MANIFEST: %v", m, err)
		} else if complete {
			for i, got := range encodeAll(t, bare, texts...) {
				if slices.ContainsFunc(got, func(x float32) bool { return x != 0 }) && cosine(got, want[i]) < 1-1e-6 {
					t.Errorf("%+v without MANIFEST: %q has %v, want %v", m, texts[i], got, want[i])
				}
			}
		}
	}
}
