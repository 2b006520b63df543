package sentence

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

// wordList makes n words: "wa", "wb", …
func wordList(n int) []string {
	words := make([]string, n)
	for i := range words {
		words[i] = "w" + string(rune('a'+i/26%26)) + string(rune('a'+i%26))
	}
	return words
}

func tokenizerOf(t testing.TB, words ...string) *tokenize.Tokenizer {
	t.Helper()
	v, err := tokenize.NewVocabulary(words, nil)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func randomTensor(r *rand.Rand, shape ...int) *checkpoints.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	t := &checkpoints.Tensor{Shape: shape, Data: make([]float32, n)}
	for i := range t.Data {
		t.Data[i] = float32(r.NormFloat64())
	}
	return t
}

// shapes are encoders with every combination of layers, at lengths on both
// sides of the kernels' 16 lanes.
type shape struct {
	dim, hidden, out int
	normalize        bool
}

func shapes() []shape {
	var out []shape
	for _, dim := range []int{1, 15, 16, 17, 50} {
		for _, hidden := range []int{0, 5, 33} {
			for _, project := range []int{0, 3, 20} {
				out = append(out, shape{dim, hidden, project, (dim+hidden+project)%2 == 0})
			}
		}
	}
	return out
}

func randomLayers(t testing.TB, s shape, words int) Layers {
	r := rand.New(rand.NewPCG(1, uint64(s.dim*10000+s.hidden*100+s.out)))
	l := Layers{Tokenizer: tokenizerOf(t, wordList(words)...), Embedding: *randomTensor(r, words, s.dim), Normalize: s.normalize}
	width := s.dim
	if s.hidden > 0 {
		l.Linear, l.Bias = randomTensor(r, s.hidden, s.dim), randomTensor(r, s.hidden)
		width = s.hidden
	}
	if s.out > 0 {
		l.Projection = randomTensor(r, s.out, width)
	}
	return l
}

// reference is the definition, in float64 and without a kernel.
func reference(l Layers, ids []int32) []float64 {
	multiply := func(m *checkpoints.Tensor, x []float64) []float64 {
		y := make([]float64, m.Shape[0])
		for i := range y {
			for j, v := range x {
				y[i] += float64(m.Row(i)[j]) * v
			}
		}
		return y
	}
	var features [][]float64
	for _, id := range ids {
		var f []float64
		for _, v := range l.Embedding.Row(int(id)) {
			f = append(f, float64(v))
		}
		if l.Linear != nil {
			f = multiply(l.Linear, f)
			for i := range f {
				f[i] = max(0, f[i]+float64(l.Bias.Data[i]))
			}
		}
		features = append(features, f)
	}
	mean := make([]float64, len(features[0]))
	switch l.Pooling {
	case First:
		copy(mean, features[0])
	case Last:
		copy(mean, features[len(features)-1])
	case Max:
		for i := range mean {
			mean[i] = features[0][i]
			for _, f := range features {
				mean[i] = max(mean[i], f[i])
			}
		}
	default:
		for k, f := range features {
			weight := 1.0
			if l.Pooling == SIF {
				weight = float64(l.Weights.Data[ids[k]])
			}
			for i, v := range f {
				mean[i] += weight * v / float64(len(ids))
			}
		}
	}
	if l.Projection != nil {
		mean = multiply(l.Projection, mean)
	}
	if l.Normalize {
		var s float64
		for _, v := range mean {
			s += v * v
		}
		for i := range mean {
			if s > 0 {
				mean[i] /= math.Sqrt(s)
			}
		}
	}
	return mean
}

func TestEncodeAgainstReference(t *testing.T) {
	const text = "waa, unheard-of wab WAB wac; waz wbd wab"
	for i, s := range slices.Repeat(shapes(), len(Poolings)) {
		l := randomLayers(t, s, 40)
		if l.Pooling = Poolings[i/len(shapes())]; l.Pooling == SIF {
			l.Weights = randomTensor(rand.New(rand.NewPCG(2, uint64(i))), 40)
		}
		enc, err := New(l)
		if err != nil {
			t.Fatalf("%+v: %v", s, err)
		}
		folded, err := enc.Fold()
		if err != nil {
			t.Fatalf("%+v: %v", s, err)
		}
		ids := l.Tokenizer.Encode(nil, text)
		if want := []int32{0, 1, 1, 2, 25, 29, 1}; !slices.Equal(ids, want) {
			t.Fatalf("ids = %v, want %v", ids, want)
		}
		want := reference(l, ids)
		x, err := enc.Explain(text)
		if err != nil {
			t.Fatal(err)
		}
		for name, e := range map[string]*Encoder{"encoder": enc, "folded": folded} {
			if e.Dim() != len(want) {
				t.Fatalf("%s %+v: Dim = %d, want %d", name, s, e.Dim(), len(want))
			}
			got := make([]float32, e.Dim())
			known, err := e.Encode(got, text)
			if err != nil || known != len(ids) {
				t.Fatalf("%s %+v: known = %d, err = %v", name, s, known, err)
			}
			for i := range got {
				if diff := math.Abs(float64(got[i]) - want[i]); !(diff <= 1e-5*(1+math.Abs(want[i]))) {
					t.Errorf("%s %+v: number %d is %v, want %v", name, s, i, got[i], want[i])
				}
			}
			if name == "encoder" && !slices.Equal(got, x.Vector) {
				t.Errorf("%+v: Explain and Encode differ: %v, %v", s, x.Vector, got)
			}
		}
		if !folded.Folded() && !(l.Pooling == Max && l.Projection != nil) {
			t.Errorf("%+v: the folded encoder still has layers", s)
		}
	}
}

// With whole numbers every sum is exact, so folding must change nothing at all.
func TestFoldIsExact(t *testing.T) {
	l := randomLayers(t, shape{dim: 20, hidden: 9, out: 7}, 30)
	for _, m := range []*checkpoints.Tensor{&l.Embedding, l.Linear, l.Bias, l.Projection} {
		for i, v := range m.Data {
			m.Data[i] = float32(math.Round(float64(v) * 3))
		}
	}
	enc, err := New(l)
	if err != nil {
		t.Fatal(err)
	}
	folded, err := enc.Fold()
	if err != nil {
		t.Fatal(err)
	}
	a, b := make([]float32, 7), make([]float32, 7)
	for _, text := range []string{"waa", "wab wac", "wad wae waf wag", "wah wai waj wak wal wam wan wao"} { // 1, 2, 4, 8: the mean is exact too
		if _, err := enc.Encode(a, text); err != nil {
			t.Fatal(err)
		}
		if _, err := folded.Encode(b, text); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a, b) || slices.Equal(a, make([]float32, 7)) {
			t.Errorf("%q: %v, folded %v", text, a, b)
		}
	}
	if again, err := folded.Fold(); err != nil || again != folded {
		t.Errorf("folding a folded encoder gives another one, %v", err)
	}
}

func TestEncodeNothingKnown(t *testing.T) {
	enc, err := New(randomLayers(t, shape{20, 5, 3, true}, 10))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", " \t", "?!", "zebra", "\xff\xfe"} {
		v := []float32{1, 2, 3}
		known, err := enc.Encode(v, text)
		if known != 0 || err != nil || !slices.Equal(v, []float32{0, 0, 0}) {
			t.Errorf("%q: %d known, %v, %v", text, known, v, err)
		}
	}
}

func TestNormalizeExtremes(t *testing.T) {
	for _, v := range [][]float32{{3e30, 4e30}, {3e-30, 4e-30}, {3, 4}, {0.03, 0.04}} {
		got := slices.Clone(v)
		normalize(got)
		if !(math.Abs(float64(got[0])-0.6) < 1e-6 && math.Abs(float64(got[1])-0.8) < 1e-6) {
			t.Errorf("normalize(%v) = %v, want 0.6, 0.8", v, got)
		}
	}
}

func TestEncodeOverflow(t *testing.T) {
	enc, err := New(Layers{
		Tokenizer:  tokenizerOf(t, "big"),
		Embedding:  checkpoints.Tensor{Shape: []int{1, 1}, Data: []float32{3e38}},
		Projection: &checkpoints.Tensor{Shape: []int{1, 1}, Data: []float32{10}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := enc.Encode(make([]float32, 1), "big"); err == nil {
		t.Error("an infinite vector is not an error")
	}
	if _, err := enc.Explain("big"); err == nil {
		t.Error("Explain returns an infinite vector without an error")
	}
	if _, err := enc.Fold(); err == nil {
		t.Error("Fold returns an infinite row without an error")
	}
}

func TestEncodePanicsOnLength(t *testing.T) {
	enc, err := New(randomLayers(t, shape{dim: 4}, 3))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if r := recover(); r != errLength {
			t.Errorf("recovered %v", r)
		}
	}()
	enc.Encode(make([]float32, 3), "waa")
}

func TestNewChecksShapes(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Layers)
		says   string
	}{
		{"no tokenizer", func(l *Layers) { l.Tokenizer = nil }, "tokenizer"},
		{"no vocabulary", func(l *Layers) { l.Tokenizer = tokenize.NewWordTokenizer(tokenize.WordOptions{}) }, "vocabulary"},
		{"pooling", func(l *Layers) { l.Pooling = "attention" }, `"attention"`},
		{"weights without sif", func(l *Layers) { l.Weights = &checkpoints.Tensor{Shape: []int{10}, Data: make([]float32, 10)} }, "pooling.weight"},
		{"sif without weights", func(l *Layers) { l.Pooling = SIF }, "pooling.weight"},
		{"too few weights", func(l *Layers) {
			l.Pooling, l.Weights = SIF, &checkpoints.Tensor{Shape: []int{9}, Data: make([]float32, 9)}
		}, "pooling.weight"},
		{"no table", func(l *Layers) { l.Embedding = checkpoints.Tensor{} }, "embedding.weight"},
		{"flat table", func(l *Layers) { l.Embedding.Shape = []int{40} }, "embedding.weight"},
		{"short table", func(l *Layers) { l.Embedding.Data = l.Embedding.Data[:30] }, "embedding.weight"},
		{"bad stride", func(l *Layers) { l.Embedding.Stride = 2 }, "embedding.weight"},
		{"too few rows", func(l *Layers) { l.Embedding.Shape = []int{9, 4} }, "10 tokens"},
		{"NaN", func(l *Layers) { l.Embedding.Data[7] = float32(math.NaN()) }, "embedding.weight holds NaN in row 1, column 3"},
		{"infinity", func(l *Layers) { l.Linear.Data[4] = float32(math.Inf(-1)) }, "linear.weight holds -Inf in row 1, column 0"},
		{"linear", func(l *Layers) { l.Linear.Shape = []int{4, 5} }, "linear.weight"},
		{"bias", func(l *Layers) { l.Bias.Shape = []int{4} }, "linear.bias"},
		{"bias NaN", func(l *Layers) { l.Bias.Data[2] = float32(math.NaN()) }, "linear.bias"},
		{"bias alone", func(l *Layers) { l.Linear = nil }, "linear.bias"},
		{"projection", func(l *Layers) { l.Projection.Shape = []int{5, 3} }, "projection.weight"},
	} {
		l := randomLayers(t, shape{4, 5, 3, false}, 10)
		c.change(&l)
		if _, err := New(l); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: err = %v, want one that says %q", c.name, err, c.says)
		}
	}
}

// Tensors laid out as checkpoints.Read does it are used as they are; a row
// padded with something else must not leak into the result.
func TestPaddingIsNotRead(t *testing.T) {
	l := randomLayers(t, shape{dim: 5}, 10)
	want := make([]float32, 5)
	plain, err := New(l)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plain.Encode(want, "waa wab"); err != nil {
		t.Fatal(err)
	}
	stride := kernel.Stride(5)
	for _, junk := range []float32{0, 7} {
		padded := kernel.Aligned(10 * stride)
		for i := range padded {
			padded[i] = junk
		}
		for i := range 10 {
			copy(padded[i*stride:], l.Embedding.Row(i))
		}
		p := l
		p.Embedding = checkpoints.Tensor{Shape: []int{10, 5}, Stride: stride, Data: padded}
		enc, err := New(p)
		if err != nil {
			t.Fatal(err)
		}
		if shared := &enc.table.(memoryTable).data[0] == &padded[0]; shared != (junk == 0) {
			t.Errorf("padding %v: memory shared = %v", junk, shared)
		}
		got := make([]float32, 5)
		if _, err := enc.Encode(got, "waa wab"); err != nil || !slices.Equal(got, want) {
			t.Errorf("padding %v: %v, want %v (%v)", junk, got, want, err)
		}
	}
}

func TestFromCheckpointErrors(t *testing.T) {
	for name, c := range map[string]*checkpoints.Checkpoint{"nil": nil, "empty": {}} {
		if _, err := FromCheckpoint(c); err == nil || fault.Hint(err) == "" {
			t.Errorf("%s: err = %v", name, err)
		}
	}
	enc, err := New(randomLayers(t, shape{4, 5, 3, false}, 10))
	if err != nil {
		t.Fatal(err)
	}
	c := enc.Checkpoint()
	delete(c.Tensors, checkpoints.EmbeddingTensor)
	if _, err := FromCheckpoint(c); err == nil || !strings.Contains(err.Error(), "embedding.weight") {
		t.Errorf("err = %v", err)
	}
}

// The vectors of whole texts have the bits of those that are pooled word by word.
func TestEncodeBits(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	words := append(wordList(100), "unknown")
	for _, s := range shapes() {
		for _, pooling := range Poolings {
			l := randomLayers(t, s, 100)
			if l.Pooling = pooling; pooling == SIF {
				l.Weights = randomTensor(r, 100)
			}
			e, err := New(l)
			if err != nil {
				t.Fatal(err)
			}
			got, want := make([]float32, e.features().stride), make([]float32, e.features().stride)
			for range 20 {
				var text strings.Builder
				for range r.IntN(12) {
					text.WriteString(words[r.IntN(len(words))] + " ")
				}
				b := e.scratch.Get().(*buffers)
				n, err := e.poolTokens(b, text.String())
				if err != nil {
					t.Fatal(err)
				}
				copy(got, b.pooled)
				known, err := e.poolWords(b, text.String())
				if err != nil {
					t.Fatal(err)
				}
				copy(want, b.pooled)
				for i := range want {
					if math.Float32bits(got[i]) != math.Float32bits(want[i]) || n != known {
						t.Fatalf("%+v, %s, %q: %v of %d tokens, want %v of %d", s, pooling, text.String(), got, n, want, known)
					}
				}
			}
		}
	}
}
