package evaluate

import (
	"context"
	"math"
	"testing"

	"github.com/luminavec/luminavec/corpora/sets"
)

// With few items every choice of signs is counted by hand: of the 8 of (1, 2, 3), only +++ and ---
// are as far from 0 as 6; of the 8 of (1, 2, -3), whose sum is 0, all are; zeros change nothing.
func TestRandomization(t *testing.T) {
	for _, c := range []struct {
		d    []float64
		want float64
	}{{[]float64{1, 2, 3}, 2. / 8}, {[]float64{1, 2, -3}, 1}, {[]float64{0, 1, 0, 2, 3}, 2. / 8}, {[]float64{1}, 1}, {nil, 1}, {[]float64{0, 0}, 1},
		{[]float64{1, 1, 1, -1}, 10. / 16}, // sums of 4 and 2, either sign: 1+4 of 16, twice
	} {
		if got := randomization(c.d); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v: p %v, want %v", c.d, got, c.want)
		}
	}
	// 40 equal differences: p is 2/2^40 by counting, and 1/10001 by drawing.
	d := make([]float64, 40)
	for i := range d {
		d[i] = 0.1
	}
	if got := randomization(d); got != 1./10001 {
		t.Errorf("p %v", got)
	}
}

// BM25 needs no model, and --mode all gives the same figures as each mode alone.
func TestRetrievalModes(t *testing.T) {
	ctx := context.Background()
	e := charEncoder{}
	all, err := RetrievalModes(ctx, e, sets.Cranfield(), RetrievalOptions{Resamples: 100})
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Modes) != 3 || len(all.Tests) != 3 {
		t.Fatalf("%d modes, %d tests", len(all.Modes), len(all.Tests))
	}
	for _, want := range all.Modes {
		o := RetrievalOptions{Mode: want.Mode, Resamples: 100}
		var encoder Encoder = e
		if want.Mode == BM25 {
			encoder = nil
		}
		got, err := Retrieval(ctx, encoder, sets.Cranfield(), o)
		if err != nil {
			t.Fatal(err)
		}
		if got.NDCG10 != want.NDCG10 || got.MAP100 != want.MAP100 || *got.Interval != *want.Interval || got.Documents != 1400 || got.Mode != want.Mode {
			t.Errorf("%s: %+v, together %+v", want.Mode, got, want)
		}
	}
	bm25, test := all.Modes[0], all.Tests[0]
	if bm25.Mode != BM25 || bm25.Language != "en" || bm25.NDCG10 < 0.39 || bm25.NDCG10 > 0.40 {
		t.Errorf("BM25: %+v", bm25)
	}
	if test.A != "dense" || test.B != "bm25" || math.Abs(test.Difference-(all.Modes[1].NDCG10-bm25.NDCG10)) > 1e-9 {
		t.Errorf("%+v", test)
	}
	if _, err := Retrieval(ctx, e, sets.Cranfield(), RetrievalOptions{Mode: "both"}); err == nil || err.Error() != `Mode must be hybrid, dense or bm25, got "both"` {
		t.Errorf("%v", err)
	}
}

// charEncoder encodes a text as its numbers of letters.
type charEncoder struct{}

func (charEncoder) Dim() int { return 26 }

func (charEncoder) EncodeBatch(_ context.Context, texts []string, _ int) ([]float32, []int, error) {
	vectors, known := make([]float32, 26*len(texts)), make([]int, len(texts))
	for i, text := range texts {
		for _, c := range text {
			if c >= 'a' && c <= 'z' {
				vectors[26*i+int(c-'a')]++
				known[i]++
			}
		}
	}
	return vectors, known, nil
}
