package distill

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/transformer"
)

func teacher(t *testing.T) *transformer.Encoder {
	t.Helper()
	e, err := transformer.Open(context.Background(), "../transformer/testdata/bert")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func texts() (all []string) {
	words := strings.Fields("the bank of a river is in town and money to was he she on it at for with as by")
	for i := range 600 {
		var text []string
		for j := range 2 + i%7 {
			text = append(text, words[(i*i+3*j*i+j)%len(words)])
		}
		all = append(all, strings.Join(text, " "))
	}
	return all
}

func small() Options {
	o := DefaultOptions()
	o.Texts, o.BatchSize, o.Epochs, o.LearningRate, o.Whiten, o.Exact = 500, 32, 10, 0.1, 0, 0
	return o
}

func sampled(e *transformer.Encoder, o Options) *Sample {
	s := NewSample(e.Tokenizer().Vocabulary().Len(), o)
	for _, text := range texts() {
		s.Add(e.Tokenizer().Encode(nil, text))
	}
	return s
}

// meanCosine compares the vectors of a model with the teacher's.
func meanCosine(t *testing.T, e *transformer.Encoder, c *checkpoints.Checkpoint) float64 {
	t.Helper()
	student, err := sentence.FromCheckpoint(c)
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := e.EncodeBatch(context.Background(), texts(), 1)
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := student.EncodeBatch(context.Background(), texts(), 1)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i := range a { // both have length 1
		sum += float64(a[i]) * float64(b[i])
	}
	return sum / float64(len(texts()))
}

func TestTrain(t *testing.T) {
	e, ctx := teacher(t), context.Background()
	o := small()
	o.Epochs = 0
	before, _, err := Train(ctx, e, sampled(e, o), o)
	if err != nil {
		t.Fatal(err)
	}
	o = small()
	after, report, err := Train(ctx, e, sampled(e, o), o)
	if err != nil {
		t.Fatal(err)
	}
	first, last := meanCosine(t, e, before), meanCosine(t, e, after)
	if !(last > 0.9 && last > first+0.05) || math.Abs(report.LastCosine-last) > 0.02 {
		t.Errorf("the mean cosine to the teacher is %.3f, %.3f before training; reported %.3f", last, first, report.LastCosine)
	}
	if report.Texts != 500 || report.Of != 600 {
		t.Errorf("%d texts of %d", report.Texts, report.Of)
	}
	o.Threads = 3
	again, _, err := Train(ctx, e, sampled(e, o), o)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(after.Tensors[checkpoints.EmbeddingTensor].Data, again.Tensors[checkpoints.EmbeddingTensor].Data) {
		t.Error("another number of threads makes another model")
	}
}

// With Whiten 1 and all components, the vectors of the texts, before they are scaled, have the
// covariance of the unit matrix times a number; rotation alone leaves cosines as they are.
func TestWhiten(t *testing.T) {
	e, ctx := teacher(t), context.Background()
	o := small()
	plain, _, err := Train(ctx, e, sampled(e, o), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Dim = 4
	short, report, err := Train(ctx, e, sampled(e, o), o)
	if err != nil {
		t.Fatal(err)
	}
	if got := short.Config.VectorDim(); got != 4 || !(report.Variance > 0.3 && report.Variance < 1) {
		t.Errorf("%d dimensions with %.2f of the variance", got, report.Variance)
	}
	d := &distillation{sample: sampled(e, o), o: small(), weights: make([]float32, e.Tokenizer().Vocabulary().Len()), report: new(Report)}
	for i := range d.weights {
		d.weights[i] = 1
	}
	d.o.Whiten, d.o.Dim, d.o.Threads, d.teacher, d.tokenizer = 1, e.Dim(), 1, e, e.Tokenizer()
	if err := d.begin(ctx); err != nil {
		t.Fatal(err)
	}
	old, dim := d.table(), d.e.Dim
	if err := d.whiten(ctx); err != nil {
		t.Fatal(err)
	}
	n := float64(len(d.sample.texts))
	mean, square := make([]float64, dim), make([]float64, dim*dim)
	for _, text := range d.sample.texts {
		before, after := make([]float64, dim), make([]float64, dim)
		for _, id := range text {
			for j := range dim {
				before[j] += float64(old.Row(int(id))[j])
				after[j] += float64(d.table().Row(int(id))[j])
			}
		}
		length := 0.0
		for _, v := range before {
			length += v * v
		}
		for i := range dim {
			after[i] /= math.Sqrt(length)
			mean[i] += after[i] / n
			for j := range i + 1 {
				square[i*dim+j] += after[i] * after[j] / n
			}
		}
	}
	for i := range 12 { // the last ones have hardly any variance, and are not enlarged without end
		for j := range i + 1 {
			covariance, want := square[i*dim+j]-mean[i]*mean[j], 0.0
			if i == j {
				want = square[0] - mean[0]*mean[0]
			}
			if math.Abs(covariance-want) > 0.01*(square[0]-mean[0]*mean[0]) {
				t.Errorf("the covariance of components %d and %d is %g, want %g", i, j, covariance, want)
			}
		}
	}
	if d.e.Rows != plain.Vocabulary.Len() || d.e.Dim != e.Dim() {
		t.Errorf("a table of %d rows of %d", d.e.Rows, d.e.Dim)
	}
}

// An interrupted run goes on with the vectors that it has, and ends with the same model.
func TestResume(t *testing.T) {
	e := teacher(t)
	o := small()
	o.Cache = filepath.Join(t.TempDir(), "teacher")
	want, _, err := Train(context.Background(), e, sampled(e, o), o)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(o.Cache)
	if err != nil {
		t.Fatal(err)
	}
	if size := cacheStart + 500*2*e.Dim(); len(whole) != size {
		t.Fatalf("the cache has %d bytes, want %d", len(whole), size)
	}
	for _, n := range []int{0, cacheStart, cacheStart + 100*2*e.Dim() + 7, len(whole)} {
		if err := os.WriteFile(o.Cache, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		got, report, err := Train(context.Background(), e, sampled(e, o), o)
		if err != nil {
			t.Fatal(err)
		}
		if reused := max(0, n-cacheStart) / (2 * e.Dim()); report.Reused != reused {
			t.Errorf("%d bytes: reused %d vectors, want %d", n, report.Reused, reused)
		}
		if !slices.Equal(got.Tensors[checkpoints.EmbeddingTensor].Data, want.Tensors[checkpoints.EmbeddingTensor].Data) {
			t.Errorf("%d bytes: another model", n)
		}
	}
	other := o
	other.Seed = 2 // other texts
	if _, _, err := Train(context.Background(), e, sampled(e, other), other); err == nil || !strings.Contains(err.Error(), "Cache has vectors of another teacher, other texts or other options") {
		t.Errorf("vectors of other texts: %v", err)
	}
	if kept, err := os.ReadFile(o.Cache); err != nil || !bytes.Equal(kept, whole) {
		t.Errorf("the vectors of other texts were changed: %v", err)
	}
	other.ReplaceCache = true
	if _, report, err := Train(context.Background(), e, sampled(e, other), other); err != nil || report.Reused != 0 {
		t.Errorf("vectors of other texts were reused: %v", err)
	}
	if err := os.WriteFile(o.Cache, []byte("some file of the user, which is not ours to replace, however long it is......"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Train(context.Background(), e, sampled(e, o), o); err == nil || !strings.Contains(err.Error(), "is not a file of a teacher's vectors") {
		t.Errorf("a file of the user: %v", err)
	}
}

func TestRefuses(t *testing.T) {
	e := teacher(t)
	for _, change := range []func(*Options){
		func(o *Options) { o.Texts = 0 }, func(o *Options) { o.MaxTokens = 2 }, func(o *Options) { o.Dim = 17 }, func(o *Options) { o.Epochs = -1 },
		func(o *Options) { o.BatchSize = 0 }, func(o *Options) { o.LearningRate = math.NaN() }, func(o *Options) { o.SIF = 0 }, func(o *Options) { o.Whiten = 2 },
	} {
		o := small()
		s := sampled(e, o)
		change(&o)
		var field *fault.FieldError
		if _, _, err := Train(context.Background(), e, s, o); !errors.As(err, &field) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	o := small()
	if _, _, err := Train(context.Background(), e, NewSample(e.Tokenizer().Vocabulary().Len(), o), o); err == nil || !strings.Contains(err.Error(), "no texts") {
		t.Errorf("no texts: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Train(ctx, e, sampled(e, o), o); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

// All texts are equally likely to be chosen.
func TestSample(t *testing.T) {
	hits := make([]int, 20)
	for seed := range uint64(2000) {
		o := Options{Texts: 5, MaxTokens: 64, Seed: seed}
		s := NewSample(20, o)
		for i := range int32(20) {
			s.Add([]int32{i})
		}
		s.Add(nil)
		if s.Len() != 5 || s.Seen() != 20 {
			t.Fatalf("%d of %d", s.Len(), s.Seen())
		}
		for _, text := range s.texts {
			hits[text[0]]++
		}
	}
	for i, n := range hits {
		if n < 400 || n > 600 { // 500 ± 5 deviations
			t.Errorf("text %d was chosen %d times of 2,000, want about 500", i, n)
		}
	}
}

// given is a teacher whose vectors are its texts.
type given struct {
	Teacher
	vectors []float32
}

func (g given) EncodeTokens(context.Context, [][]int32, int, int) ([]float32, error) {
	return g.vectors, nil
}

// The vectors are the mean (1, 2, 3) and ±2, ±1 and ±½ along perpendicular axes, of which two lie between
// the coordinates. With power 1, all are ±2 along the same axes; with 0.5, ±2, ±√2 and ±1.
func TestSpread(t *testing.T) {
	h := float32(math.Sqrt(0.5))
	axes := [][]float32{{h, h, 0}, {h, -h, 0}, {0, 0, 1}}
	lengths := []float32{2, 1, 0.5}
	var vectors []float32
	for a, axis := range axes {
		for _, sign := range []float32{1, -1} {
			for i, m := range []float32{1, 2, 3} {
				vectors = append(vectors, m+sign*lengths[a]*axis[i])
			}
		}
	}
	o := DefaultOptions()
	o.Threads = 1
	s := NewSample(1, o)
	for range 6 {
		s.Add([]int32{0})
	}
	c, _, err := openCache("", false, [32]byte{}, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close(true)
	if err := c.fill(context.Background(), given{vectors: vectors}, s, o, 0); err != nil {
		t.Fatal(err)
	}
	for power, want := range map[float64][]float64{1: {2, 2, 2}, 0.5: {2, math.Sqrt2, 1}} {
		o.WhitenTeacher = power
		change, err := newSpread(context.Background(), c, 6, o)
		if err != nil {
			t.Fatal(err)
		}
		x := slices.Clone(vectors)
		change.apply(x, 3, 1, false)
		for i, v := range x {
			a, sign := i/6, 1-2*(i/3%2)
			if w := want[a] * float64(sign) * float64(axes[a][i%3]); math.Abs(float64(v)-w) > 0.005 {
				t.Errorf("power %g: vector %d has %g, want %g", power, i/3, v, w)
			}
		}
	}
	o.WhitenTeacher = 0
	if change, err := newSpread(context.Background(), c, 6, o); err != nil || change != nil {
		t.Errorf("power 0: %v, %v", change, err)
	}
}
