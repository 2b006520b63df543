package compress

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

// model returns a model of words w0, w1, … with the given rows and falling counts.
func model(t *testing.T, rows [][]float32) *checkpoints.Checkpoint {
	t.Helper()
	var words []string
	var counts []int64
	x := checkpoints.NewTensor(len(rows), len(rows[0]))
	for i, row := range rows {
		words, counts = append(words, fmt.Sprintf("w%d", i)), append(counts, int64(2*(len(rows)-i)))
		copy(x.Row(i), row)
	}
	v, err := tokenize.NewVocabulary(words, counts)
	if err != nil {
		t.Fatal(err)
	}
	tokenizer, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	c := &checkpoints.Checkpoint{Tokenizer: tokenizer, Vocabulary: v, Tensors: map[string]checkpoints.Tensor{checkpoints.EmbeddingTensor: x},
		Log: []byte("{}\n"), State: map[string]checkpoints.Tensor{"x": checkpoints.NewTensor(2, 2)}}
	c.Config = checkpoints.Config{Format: 1, Kind: "sentence", Dim: len(rows[0]), Encoder: checkpoints.EncoderConfig{Pooling: "mean"}}
	return c
}

// random returns n rows of normally distributed values.
func random(n, dim int, seed uint64) [][]float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	rows := make([][]float32, n)
	for i := range rows {
		rows[i] = make([]float32, dim)
		for k := range rows[i] {
			rows[i][k] = float32(r.NormFloat64())
		}
	}
	return rows
}

// encode returns the vectors of texts.
func encode(t *testing.T, c *checkpoints.Checkpoint, texts ...string) []float32 {
	t.Helper()
	e, err := sentence.FromCheckpoint(c)
	if err != nil {
		t.Fatal(err)
	}
	v, _, err := e.EncodeBatch(context.Background(), texts, 1)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func largest(a, b []float32) (d float64) {
	for i := range a {
		d = max(d, math.Abs(float64(a[i])-float64(b[i])))
	}
	return d
}

// The error of a value is at most half a step, and that of a vector no more than that of its rows.
func TestSteps(t *testing.T) {
	for _, shape := range [][2]int{{1, 1}, {1, 5}, {40, 1}, {40, 33}, {2000, 20}} {
		rows := random(shape[0], shape[1], 7)
		c := model(t, rows)
		for _, test := range []struct {
			d     checkpoints.DType
			steps float64
		}{{checkpoints.Int8, 127}, {checkpoints.Int4, 7}} {
			small, r, err := Compress(context.Background(), c, Options{DType: test.d})
			if err != nil {
				t.Fatal(err)
			}
			if err := small.Validate(); err != nil {
				t.Fatal(err)
			}
			worst := 0.0
			for i, row := range rows {
				most := 0.0
				for _, v := range row {
					most = max(most, math.Abs(float64(v)))
				}
				if d := largest(small.Embedding().Row(i), row); d > most/test.steps/2*(1+1e-5) {
					t.Fatalf("%s, %v: row %d differs by %g, more than half a step of %g", test.d, shape, i, d, most/test.steps)
				}
				worst = max(worst, most/test.steps/2)
			}
			text := "w0 w0"
			if shape[0] > 30 {
				text = "w1 w7 w30 w7 unknown"
			}
			if d := largest(encode(t, small, text), encode(t, c, text)); d > worst*(1+1e-5) {
				t.Errorf("%s: a vector differs by %g", test.d, d)
			}
			if small.State != nil || small.Log != nil || r.Tokens != shape[0] || r.KeptDim != shape[1] || r.Clusters != 0 {
				t.Errorf("%s: %+v", test.d, r)
			}
			// The root of the mean square, from the error of uniform rounding, step/√12.
			if shape[0] == 2000 && (r.Error < 0.2/test.steps || r.Error > 1.2/test.steps) {
				t.Errorf("%s: error %g", test.d, r.Error)
			}
		}
	}
	if c := model(t, random(4, 3, 1)); c.State == nil {
		t.Error("the model has changed")
	}
}

// Rows of zeros stay zeros in every type.
func TestZeroRows(t *testing.T) {
	for _, d := range checkpoints.DTypes {
		c := model(t, [][]float32{{0, 0, 0, 0, 0}, {1, 2, 3, 4, 5}, {0, 0, 0, 0, 0}})
		small, _, err := Compress(context.Background(), c, Options{DType: d})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range append(small.Embedding().Row(0), small.Embedding().Row(2)...) {
			if v != 0 {
				t.Errorf("%s: %v", d, small.Embedding().Row(0))
				break
			}
		}
		if off := largest(small.Embedding().Row(1), []float32{1, 2, 3, 4, 5}); off > 0.36 {
			t.Errorf("%s: %v", d, small.Embedding().Row(1))
		}
	}
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
		if _, _, err := Compress(context.Background(), model(t, [][]float32{{1, bad}}), Options{}); err == nil {
			t.Errorf("%v: no error", bad)
		}
	}
}

// With at most 256 different parts, product quantization is exact up to rounding; with more, the
// scale of a row makes the error least, so that it is orthogonal to what is stored.
func TestPQ(t *testing.T) {
	rows := random(200, 10, 3)
	c := model(t, rows)
	small, r, err := Compress(context.Background(), c, Options{DType: checkpoints.PQ})
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		if d := largest(small.Embedding().Row(i), row); d > 1e-5 {
			t.Fatalf("row %d differs by %g", i, d)
		}
	}
	if r.Error > 1e-6 {
		t.Errorf("error %g", r.Error)
	}
	rows = random(3000, 16, 4)
	small, r, err = Compress(context.Background(), model(t, rows), Options{DType: checkpoints.PQ})
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		got := small.Embedding().Row(i)
		var inner, square float64
		for k, v := range got {
			inner += float64(v) * (float64(row[k]) - float64(v))
			square += float64(v) * float64(v)
		}
		if math.Abs(inner) > 1e-5*square {
			t.Fatalf("row %d: a better scale exists: %g of %g", i, inner, square)
		}
	}
	// 4 dimensions with 8 bits: the rate of 2 bits a dimension bounds the error below by 1/4, for
	// normally distributed values.
	if r.Error < 0.25 || r.Error > 0.4 {
		t.Errorf("error %g", r.Error)
	}
}

// Tokens whose rows have the same direction share a row and keep their lengths.
func TestClusters(t *testing.T) {
	a, b := []float32{127, 0, -127, 127}, []float32{0, 127, 127, 0}
	scaled := func(x []float32, by float32) []float32 {
		out := make([]float32, len(x))
		for k, v := range x {
			out[k] = by * v
		}
		return out
	}
	rows := [][]float32{a, b, scaled(a, 2), scaled(b, 0.5), scaled(a, 0.25), {0, 0, 0, 0}}
	for _, d := range checkpoints.DTypes[1:] {
		c := model(t, rows)
		small, r, err := Compress(context.Background(), c, Options{DType: d, Clusters: 3})
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			if d := largest(small.Embedding().Row(i), row); d > 1e-4 {
				t.Errorf("row %d is %v, want %v", i, small.Embedding().Row(i), row)
			}
		}
		q := small.Embedding().Quantized
		if r.Clusters != 3 || q.Clusters() != 3 || q.Mapping[0] != q.Mapping[2] || q.Mapping[0] != q.Mapping[4] || q.Mapping[1] != q.Mapping[3] || q.Mapping[0] == q.Mapping[1] {
			t.Errorf("%s: mapping %v", d, q.Mapping)
		}
		if small.Config.Compression.Clusters != 3 || small.Config.Compression.Seed != 1 {
			t.Errorf("%+v", small.Config.Compression)
		}
	}
	// As many clusters as tokens: none.
	small, r, err := Compress(context.Background(), model(t, rows), Options{DType: checkpoints.Int8, Clusters: 6})
	if err != nil || r.Clusters != 0 || small.Embedding().Quantized.Mapping != nil {
		t.Errorf("6 clusters of 6 tokens: %+v, %v", r, err)
	}
}

// As many clusters as rows, or more, change nothing: each row keeps its length. The values are
// multiples of a step, so they stay as they are.
func TestClustersOfAllRows(t *testing.T) {
	c := model(t, [][]float32{{127, 1, -5}, {12.7, 0.5, -12.7}, {0, 0, 0}, {-254, 8, 100}})
	for _, clusters := range []int{4, 5, 1000} {
		small, r, err := Compress(context.Background(), c, Options{DType: checkpoints.Int8, Clusters: clusters})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			if d := largest(small.Embedding().Row(i), c.Embedding().Row(i)); d > 1e-5 {
				t.Errorf("%d clusters: row %d is %v, want %v", clusters, i, small.Embedding().Row(i), c.Embedding().Row(i))
			}
		}
		if r.Clusters != 0 || r.Error > 1e-6 {
			t.Errorf("%d clusters: reported are %d, and an error of %g", clusters, r.Clusters, r.Error)
		}
	}
}

// More clusters are never worse than fewer, nor worse than the frequent tokens that they start from.
func TestClusterError(t *testing.T) {
	rows := random(600, 24, 5)
	before := math.Inf(1)
	for _, n := range []int{50, 200, 500} {
		_, r, err := Compress(context.Background(), model(t, rows), Options{DType: checkpoints.Int8, Clusters: n})
		if err != nil {
			t.Fatal(err)
		}
		if r.Error >= before || r.Error <= 0 {
			t.Errorf("%d clusters: error %g, %g with fewer", n, r.Error, before)
		}
		before = r.Error
	}
}

// The result depends on the seed only.
func TestThreads(t *testing.T) {
	c := model(t, random(1500, 20, 6))
	for _, o := range []Options{{DType: checkpoints.PQ}, {DType: checkpoints.Int8, Clusters: 100}, {DType: checkpoints.PQ, Clusters: 500, Dim: 10}} {
		var first *checkpoints.Checkpoint
		for _, threads := range []int{1, 2, 5, 0} {
			o.Threads = threads
			small, _, err := Compress(context.Background(), c, o)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = small
			} else if !reflect.DeepEqual(small.Tensors, first.Tensors) {
				t.Errorf("%+v: the tables differ", o)
			}
		}
		o.Seed = 2
		small, _, err := Compress(context.Background(), c, o)
		if err != nil {
			t.Fatal(err)
		}
		if o.DType == checkpoints.PQ && reflect.DeepEqual(small.Tensors, first.Tensors) {
			t.Errorf("%+v: the seed has no effect", o)
		}
	}
}

// Rows of a plane keep their lengths and angles in two dimensions, and inner products of other rows
// change by no more than what is left out.
func TestPrincipal(t *testing.T) {
	rows := random(50, 6, 8)
	u, v := random(1, 6, 9)[0], random(1, 6, 10)[0]
	for i := range rows {
		a, b := rows[i][0], rows[i][1]
		for k := range rows[i] {
			rows[i][k] = a*u[k] + b*v[k]
		}
	}
	c := model(t, rows)
	small, r, err := Compress(context.Background(), c, Options{DType: checkpoints.Float32, Dim: 2})
	if err != nil {
		t.Fatal(err)
	}
	if small.Config.Dim != 2 || r.KeptDim != 2 || r.KeptVariance < 1-1e-6 || r.KeptVariance > 1+1e-6 {
		t.Errorf("%+v", r)
	}
	product := func(t checkpoints.Tensor, i, j int) (sum float64) {
		x, y := t.Row(i), t.Row(j)
		for k := range x {
			sum += float64(x[k]) * float64(y[k])
		}
		return sum
	}
	for i := range rows {
		for j := range rows {
			want := product(c.Embedding(), i, j)
			if got := product(small.Embedding(), i, j); math.Abs(got-want) > 1e-4*(1+math.Abs(want)) {
				t.Fatalf("%d and %d: %g, want %g", i, j, got, want)
			}
		}
	}
	// A table by hand: most of the squares, 4 of 5, are along the second axis.
	small, r, err = Compress(context.Background(), model(t, [][]float32{{1, 0}, {0, 2}}), Options{DType: checkpoints.Float32, Dim: 1})
	if err != nil {
		t.Fatal(err)
	}
	if x := small.Embedding(); math.Abs(float64(x.Row(0)[0])) > 1e-6 || math.Abs(float64(x.Row(1)[0])-2) > 1e-6 || math.Abs(r.KeptVariance-0.8) > 1e-6 {
		t.Errorf("%v %v %g", x.Row(0), x.Row(1), r.KeptVariance)
	}
	if small.Config.Compression.Dim != 2 {
		t.Errorf("%+v", small.Config.Compression)
	}
}

// The rarest words go, with their weights and spellings, and n-grams still compose them.
func TestVocabulary(t *testing.T) {
	c := model(t, random(10, 4, 11))
	c.Config.Encoder.Pooling = "sif"
	weights := checkpoints.NewTensor(10)
	for i := range weights.Data {
		weights.Data[i] = 1 / float32(i+1)
	}
	c.Tensors[checkpoints.PoolingTensor] = weights
	c.Spellings = map[string]string{"w1": "W1", "w9": "W9"}
	before := encode(t, c, "w0 w3 w4")
	small, r, err := Compress(context.Background(), c, Options{DType: checkpoints.Float32, Vocabulary: 5})
	if err != nil {
		t.Fatal(err)
	}
	if d := largest(encode(t, small, "w0 w3 w4"), before); d > 1e-6 {
		t.Errorf("differs by %g", d)
	}
	if small.Vocabulary.Len() != 5 || r.KeptTokens != 5 || len(small.Spellings) != 1 || small.Config.Encoder.Pooling != "mean" || !r.Folded {
		t.Errorf("%d tokens, %v, %+v", small.Vocabulary.Len(), small.Spellings, r)
	}
	if want := 1 - (20+18+16+14+12)/110.0; math.Abs(r.DroppedTokens-want) > 1e-9 {
		t.Errorf("dropped %g, want %g", r.DroppedTokens, want)
	}
	grams, err := tokenize.NewNGrams(c.Vocabulary, tokenize.NGramOptions{Min: 2, Max: 2, Buckets: 100})
	if err != nil {
		t.Fatal(err)
	}
	c = model(t, random(10, 4, 11))
	c.NGrams, c.Config.NGrams = grams, grams.Options()
	x := checkpoints.NewTensor(grams.Rows(), 4)
	for i, row := range random(grams.Rows(), 4, 12) {
		copy(x.Row(i), row)
	}
	c.Tensors[checkpoints.NGramTensor] = x
	composed := make([]float32, 4)
	if n := c.Compose(composed, "w9"); n == 0 {
		t.Fatal("no n-gram of w9")
	}
	for _, d := range []checkpoints.DType{checkpoints.Int8, checkpoints.PQ} {
		small, _, err = Compress(context.Background(), c, Options{DType: d, Vocabulary: 5})
		if err != nil {
			t.Fatal(err)
		}
		if err := small.Validate(); err != nil {
			t.Fatal(err)
		}
		got := make([]float32, 4)
		if ok := small.Vector(got, "w9"); !ok || largest(got, composed) > 0.02 {
			t.Errorf("%s: w9 is %v, want %v", d, got, composed)
		}
		if small.Tensors[checkpoints.NGramTensor].Quantized == nil {
			t.Errorf("%s: the n-grams are not quantized", d)
		}
	}
}

// Layers fold exactly; what cannot fold stays, and its table is quantized all the same.
func TestLayers(t *testing.T) {
	for _, pooling := range []sentence.Pooling{sentence.Mean, sentence.SIF, sentence.Max, sentence.Last} {
		for _, hidden := range []int{0, 3} {
			c := model(t, random(6, 4, 13))
			c.Config.Encoder = checkpoints.EncoderConfig{Pooling: string(pooling), Hidden: hidden, Project: 2, Normalize: true}
			tensor := func(seed uint64, shape ...int) checkpoints.Tensor {
				x := checkpoints.NewTensor(shape...)
				for i := range x.Rows() {
					copy(x.Row(i), random(1, x.Cols(), seed+uint64(i))[0])
				}
				return x
			}
			width := 4
			if hidden > 0 {
				c.Tensors[checkpoints.LinearTensor], c.Tensors[checkpoints.BiasTensor] = tensor(20, hidden, 4), tensor(30, hidden)
				width = hidden
			}
			c.Tensors[checkpoints.ProjectionTensor] = tensor(40, 2, width)
			if pooling == sentence.SIF {
				c.Tensors[checkpoints.PoolingTensor] = tensor(50, 6)
			}
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			texts := []string{"w0 w1", "w5", "w2 w3 w2 w0"}
			small, _, err := Compress(context.Background(), c, Options{DType: checkpoints.Float32})
			if err != nil {
				t.Fatal(err)
			}
			if d := largest(encode(t, small, texts...), encode(t, c, texts...)); d > 1e-5 {
				t.Errorf("%s, hidden %d: differs by %g", pooling, hidden, d)
			}
			small, _, err = Compress(context.Background(), c, Options{DType: checkpoints.Int8})
			if err != nil {
				t.Fatal(err)
			}
			if err := small.Validate(); err != nil {
				t.Errorf("%s, hidden %d: %v", pooling, hidden, err)
			}
			if d := largest(encode(t, small, texts...), encode(t, c, texts...)); d > 0.1 {
				t.Errorf("%s, hidden %d: int8 differs by %g", pooling, hidden, d)
			}
			_, _, err = Compress(context.Background(), c, Options{Dim: 1})
			if (err == nil) != (pooling != sentence.Max) {
				t.Errorf("%s, hidden %d: Dim: %v", pooling, hidden, err)
			}
		}
	}
}

func TestKeepState(t *testing.T) {
	c := model(t, random(6, 4, 13))
	small, _, err := Compress(context.Background(), c, Options{DType: checkpoints.Int8, KeepState: true})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(small.State, c.State) || string(small.Log) != string(c.Log) || small.Embedding().Quantized == nil {
		t.Error("the state is not kept")
	}
}

func TestErrors(t *testing.T) {
	c := model(t, random(6, 4, 13))
	small, _, err := Compress(context.Background(), c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if small.Embedding().Quantized.DType != checkpoints.Int4 {
		t.Errorf("default %s", small.Embedding().Quantized.DType)
	}
	if _, _, err := Compress(context.Background(), small, Options{}); err == nil || !strings.Contains(err.Error(), "compressed already") || fault.Hint(err) == "" {
		t.Errorf("compressed twice: %v", err)
	}
	for _, test := range []struct {
		o    Options
		want string
	}{
		{Options{DType: "int3"}, "DType"},
		{Options{Vocabulary: -1}, "Vocabulary"},
		{Options{Clusters: -1}, "Clusters"},
		{Options{Dim: -1}, "Dim"},
		{Options{Dim: 5}, "Dim must be at most 4"},
		{Options{Threads: -1}, "Threads"},
		{Options{Clusters: 2, DType: checkpoints.Float32}, "Clusters"},
		{Options{KeepState: true, Dim: 2}, "Dim"},
		{Options{KeepState: true, Clusters: 2}, "Clusters"},
		{Options{KeepState: true, Vocabulary: 2}, "Vocabulary"},
	} {
		if _, _, err := Compress(context.Background(), c, test.o); err == nil || !strings.Contains(err.Error(), test.want) || fault.Hint(err) == "" {
			t.Errorf("%+v: %v, hint %q", test.o, err, fault.Hint(err))
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Compress(ctx, c, Options{DType: checkpoints.PQ}); err == nil {
		t.Error("canceled: no error")
	}
}
