package evaluate_test

import (
	"context"
	"math"
	"testing"

	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/index/evaluate/lexical"
)

// BM25 needs no model, and --mode all gives the same figures as each mode alone.
func TestRetrievalModes(t *testing.T) {
	ctx := context.Background()
	e := charEncoder{}
	all, err := evaluate.RetrievalModes(ctx, e, sets.Cranfield(), evaluate.RetrievalOptions{Resamples: 100, Words: lexical.New})
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Modes) != 3 || len(all.Tests) != 3 {
		t.Fatalf("%d modes, %d tests", len(all.Modes), len(all.Tests))
	}
	for _, want := range all.Modes {
		o := evaluate.RetrievalOptions{Mode: want.Mode, Resamples: 100, Words: lexical.New}
		var encoder evaluate.Encoder = e
		if want.Mode == evaluate.BM25 {
			encoder = nil
		}
		got, err := evaluate.Retrieval(ctx, encoder, sets.Cranfield(), o)
		if err != nil {
			t.Fatal(err)
		}
		if got.NDCG10 != want.NDCG10 || got.MAP100 != want.MAP100 || *got.Interval != *want.Interval || got.Documents != 1400 || got.Mode != want.Mode {
			t.Errorf("%s: %+v, together %+v", want.Mode, got, want)
		}
	}
	bm25, test := all.Modes[0], all.Tests[0]
	if bm25.Mode != evaluate.BM25 || bm25.Language != "en" || bm25.NDCG10 < 0.39 || bm25.NDCG10 > 0.40 {
		t.Errorf("BM25: %+v", bm25)
	}
	if test.A != "dense" || test.B != "bm25" || math.Abs(test.Difference-(all.Modes[1].NDCG10-bm25.NDCG10)) > 1e-9 {
		t.Errorf("%+v", test)
	}
	if _, err := evaluate.Retrieval(ctx, e, sets.Cranfield(), evaluate.RetrievalOptions{Mode: "both"}); err == nil || err.Error() != `Mode must be hybrid, dense or bm25, got "both"` {
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
