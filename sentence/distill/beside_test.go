package distill

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
)

// Without whitening and with all components, the cosine of two texts is that of their sums in both
// tables, one beside the other.
func TestBeside(t *testing.T) {
	e, ctx := teacher(t), context.Background()
	o := small()
	o.Repeats = 1
	plain, _, err := Train(ctx, e, sampled(e, o), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Epochs, o.SIF = 0, 0.01 // another model, with other weights
	other, _, err := Train(ctx, e, sampled(e, o), o)
	if err != nil {
		t.Fatal(err)
	}
	o = small()
	o.Repeats = 1
	if o.Beside, err = sentence.FromCheckpoint(other); err != nil {
		t.Fatal(err)
	}
	o.Dim = 2 * e.Dim()
	joined, report, err := Train(ctx, e, sampled(e, o), o)
	if err != nil {
		t.Fatal(err)
	}
	if joined.Config.VectorDim() != 2*e.Dim() || math.Abs(report.Variance-1) > 1e-6 {
		t.Fatalf("%d dimensions, variance %g", joined.Config.VectorDim(), report.Variance)
	}
	sums := func(c *checkpoints.Checkpoint) (all [][]float64, length float64) {
		encoder, err := sentence.FromCheckpoint(c)
		if err == nil {
			encoder, err = encoder.Fold()
		}
		if err != nil {
			t.Fatal(err)
		}
		table := encoder.Checkpoint().Embedding()
		sample := sampled(e, o)
		for _, text := range sample.texts {
			sum, square := make([]float64, table.Shape[1]), 0.0
			for _, id := range text {
				for j := range sum {
					sum[j] += float64(table.Data[int(id)*table.Stride+j])
				}
			}
			for _, v := range sum {
				square += v * v
			}
			all, length = append(all, sum), length+math.Sqrt(square)
		}
		return all, length
	}
	a, lengthA := sums(plain)
	b, lengthB := sums(other)
	c, _ := sums(joined)
	cosine := func(x, y []float64) float64 {
		dot, xx, yy := 0.0, 0.0, 0.0
		for i := range x {
			dot, xx, yy = dot+x[i]*y[i], xx+x[i]*x[i], yy+y[i]*y[i]
		}
		return dot / math.Sqrt(xx*yy)
	}
	beside := func(i int) []float64 {
		row := append([]float64(nil), a[i]...)
		for _, v := range b[i] {
			row = append(row, v*lengthA/lengthB)
		}
		return row
	}
	for i := range 50 {
		if got, want := cosine(c[i], c[i+50]), cosine(beside(i), beside(i+50)); math.Abs(got-want) > 1e-4 {
			t.Fatalf("texts %d and %d: cosine %g, expected %g", i, i+50, got, want)
		}
	}
	o.Dim++
	var field *fault.FieldError
	if _, _, err := Train(ctx, e, sampled(e, o), o); !errors.As(err, &field) {
		t.Errorf("too many dimensions: %v", err)
	}
	o = small()
	o.Beside = sentence.WorkedExample()
	if _, _, err := Train(ctx, e, sampled(e, o), o); !errors.As(err, &field) || field.Field != "Beside" {
		t.Errorf("other tokens: %v", err)
	}
}
