package evaluate

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora/sets"
)

func stsSet() (*fakeEncoder, *sets.STS) {
	e := &fakeEncoder{dim: 3, vectors: map[string][]float32{"x": {2, 0, 0}, "xy": {1, 1, 0}, "y": {0, 3, 0}, "-x": {-1, 0, 5}}}
	return e, &sets.STS{Name: "made", Pairs: []sets.STSPair{
		{A: "x", B: "x", Score: 5, Subset: "news"}, {A: "x", B: "xy", Score: 3, Subset: "news"}, {A: "x", B: "y", Score: 1, Subset: "forum"},
		{A: "x", B: "nothing", Score: 2, Subset: "forum"}, {A: "x", B: "-x", Score: 0, Subset: "forum"},
	}}
}

func TestSTS(t *testing.T) {
	e, set := stsSet()
	r, err := STS(context.Background(), e, set, STSOptions{Resamples: 200})
	if err != nil {
		t.Fatal(err)
	}
	cosines := []float64{1, math.Sqrt(0.5), 0, 0, -1 / math.Sqrt(26)}
	scores := []float64{5, 3, 1, 2, 0}
	if math.Abs(r.Spearman-Spearman(cosines, scores)) > 1e-12 || math.Abs(r.Pearson-Pearson(cosines, scores)) > 1e-7 ||
		r.Pairs != 5 || r.Missing != 1 || !r.Defined || r.Dim != 3 || r.Name != "made" {
		t.Errorf("got %+v", r)
	}
	if len(r.Subsets) != 2 || r.Subsets[0].Name != "forum" || r.Subsets[0].Pairs != 3 || math.Abs(r.Subsets[1].Spearman-1) > 1e-12 {
		t.Errorf("subsets %+v", r.Subsets)
	}
	if r.Interval == nil || r.Interval.High < r.Spearman || r.Interval.Low > r.Spearman {
		t.Errorf("interval %v of %v", r.Interval, r.Spearman)
	}
	// With one dimension every cosine of known sentences is 1 or -1.
	short, err := STS(context.Background(), e, set, STSOptions{Dim: 1})
	if want := Spearman([]float64{1, 1, 0, 0, -1}, scores); err != nil || math.Abs(short.Spearman-want) > 1e-12 || short.Dim != 1 || short.Interval != nil {
		t.Errorf("%+v, %v, want %v", short, err, want)
	}
	var b strings.Builder
	if err := WriteSTS(&b, []STSResult{r}); err != nil || !strings.Contains(b.String(), "  forum") || strings.Count(b.String(), "\n") != 4 {
		t.Errorf("error %v\n%s", err, &b)
	}
	data, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(data), `"spearman_ci95":[`) || !strings.Contains(string(data), `"missing":1`) {
		t.Errorf("got %s, error %v", data, err)
	}
}

func TestSTSUndefined(t *testing.T) {
	e, set := stsSet()
	e.vectors = nil
	r, err := STS(context.Background(), e, set, STSOptions{Resamples: 10})
	if err != nil || r.Defined || r.Spearman != 0 || r.Missing != 5 || r.Interval != nil {
		t.Errorf("no known tokens: %+v, error %v", r, err)
	}
	if data, err := json.Marshal(r); err != nil || strings.Contains(string(data), "ci95") {
		t.Errorf("got %s, error %v", data, err)
	}
	var b strings.Builder
	if err := WriteSTS(&b, []STSResult{r}); err != nil || !strings.Contains(b.String(), "undefined") {
		t.Errorf("error %v\n%s", err, &b)
	}
	if r, err := STS(context.Background(), e, &sets.STS{}, STSOptions{}); err != nil || r.Defined {
		t.Errorf("no pairs: %+v, error %v", r, err)
	}
}

func TestSTSErrors(t *testing.T) {
	e, set := stsSet()
	if _, err := STS(context.Background(), e, set, STSOptions{Dim: 4}); err == nil || !strings.Contains(err.Error(), "Dim must not exceed the 3 dimensions") {
		t.Errorf("Dim 4: error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := STS(ctx, e, set, STSOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: error %v", err)
	}
	e.err = errors.New("broken")
	if _, err := STS(context.Background(), e, set, STSOptions{}); err == nil || !strings.Contains(err.Error(), "made: broken") {
		t.Errorf("broken encoder: error %v", err)
	}
}

// The result for several blocks of texts equals that for one.
func TestSTSBlocks(t *testing.T) {
	e, set := stsSet()
	whole, err := STS(context.Background(), e, set, STSOptions{})
	if err != nil {
		t.Fatal(err)
	}
	many := &sets.STS{}
	for range 1000 {
		many.Pairs = append(many.Pairs, set.Pairs...)
	}
	r, err := STS(context.Background(), e, many, STSOptions{})
	if err != nil || r.Missing != 1000 || math.Abs(r.Spearman-whole.Spearman) > 1e-9 {
		t.Errorf("got %+v, error %v", r, err)
	}
}

// The interval computed by counting equals that of drawing pairs and ranking them.
func TestSpearmanInterval(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{5, 60} {
		x, y := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i] = float64(r.IntN(20))
			y[i] = x[i] + float64(r.IntN(20))
		}
		want := bootstrap(n, 100, func(times []int32) float64 {
			var a, b []float64
			for i, t := range times {
				for range t {
					a, b = append(a, x[i]), append(b, y[i])
				}
			}
			return Spearman(a, b)
		})
		got := spearmanInterval(x, y, 100)
		if math.Abs(got.Low-want.Low) > 1e-9 || math.Abs(got.High-want.High) > 1e-9 {
			t.Errorf("%d pairs: %v, want %v", n, got, want)
		}
	}
	if i := spearmanInterval([]float64{1, 1}, []float64{1, 2}, 10); i != nil {
		t.Errorf("interval of a constant: %v", i)
	}
}

// About 95% of the intervals of the mean of normal draws contain the mean.
func TestMeanIntervalCovers(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	held := 0
	for range 300 {
		x := make([]float64, 80)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		if i := meanInterval(x, 200); i.Low < 0 && i.High > 0 {
			held++
		}
	}
	if held < 300*88/100 || held > 300*99/100 {
		t.Errorf("%d of 300 intervals contain the mean", held)
	}
	x := slices.Repeat([]float64{0.5}, 9)
	if i := meanInterval(x, 20); i.Low != 0.5 || i.High != 0.5 {
		t.Errorf("interval of a constant: %v", i)
	}
}
