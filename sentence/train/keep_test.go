package train

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
)

// The row is (3, 4) and was (1, 0), the only token of both texts, with weight 1. The cosine is 0.6; its
// gradient at (3, 4) is ((1, 0) − 0.6·(0.6, 0.8)) / 5 = (0.128, −0.096) for each text, of which the mean
// over two is the same. With weight 2 the loss is 2·(1 − 0.6), and the gradient −2 times that.
func TestKeeper(t *testing.T) {
	e := &Parameters{Rows: 2, Dim: 2, Table: kernel.Aligned(2 * kernel.Stride(2))}
	stride := kernel.Stride(2)
	copy(e.Table[stride:], []float32{3, 4})
	start := kernel.Aligned(2 * stride)
	start[stride] = 1
	b := &Batch{Examples: 1, Columns: 2, Rows: []int32{1}, Tokens: []int32{0, 0}, Offsets: []int32{0, 1, 2}, Weights: []float32{1, 1}}
	g := &Gradient{Rows: kernel.Aligned(stride)}
	g.Rows[0] = 10
	k := &keeper{start: start, weight: 2}
	for range 2 {
		loss, err := k.add(e, b, g, 1)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(loss-0.8) > 1e-6 {
			t.Errorf("the loss is %g, want 0.8", loss)
		}
	}
	if err := k.close(); err != nil {
		t.Error(err)
	}
	if math.Abs(float64(g.Rows[0])-(10-4*0.128)) > 1e-5 || math.Abs(float64(g.Rows[1])-4*0.096) > 1e-5 {
		t.Errorf("the gradient is %v", g.Rows[:2])
	}
}

// A strong pull leaves a model almost where it was; an interrupted run goes on to the same bytes.
func TestKeepTeacher(t *testing.T) {
	pairs, tokenizer := topicPairs(t, 400, nil)
	o := smallOptions()
	first, err := Train(context.Background(), o, Run{Pairs: pairs, Tokenizer: tokenizer})
	if err != nil {
		t.Fatal(err)
	}
	encoder, err := sentence.FromCheckpoint(first)
	if err != nil {
		t.Fatal(err)
	}
	start := &Start{Encoder: encoder}
	moved := func(c *checkpoints.Checkpoint) (sum float64) {
		was, is := first.Tensors[checkpoints.EmbeddingTensor], c.Tensors[checkpoints.EmbeddingTensor]
		for i := range was.Shape[0] {
			a, b := was.Row(i), is.Row(i)
			if norm := kernel.Norm(a) * kernel.Norm(b); norm > 0 {
				sum += 1 - float64(kernel.Dot(a, b)/norm)
			}
		}
		return sum
	}
	run := Run{Pairs: pairs, Tokenizer: tokenizer, Start: start}
	o.Seed = 9
	free, err := Train(context.Background(), o, run)
	if err != nil {
		t.Fatal(err)
	}
	o.KeepTeacher = 100
	kept, err := Train(context.Background(), o, run)
	if err != nil {
		t.Fatal(err)
	}
	if !(moved(kept) < moved(free)/3) {
		t.Errorf("rows moved by %g with the pull, %g without", moved(kept), moved(free))
	}
	if _, ok := kept.State[startTensor]; !ok {
		t.Error("the state lacks the table of the start")
	}
	again := run
	again.Start, again.Resume = nil, cutAt(t, o, run, 5)
	resumed, err := Train(context.Background(), o, again)
	if err != nil {
		t.Fatal(err)
	}
	sameTensors(t, "resumed", resumed, kept)
	run.Steps = 1
	if short, err := Train(context.Background(), o, run); err != nil || short.Config.Progress.TotalBlocks != 1 {
		t.Errorf("one step: %v, %v", short.Config.Progress, err)
	}
	var field *fault.FieldError
	if _, err := Train(context.Background(), o, Run{Pairs: pairs, Tokenizer: tokenizer}); !errors.As(err, &field) || field.Field != "KeepTeacher" {
		t.Errorf("without a model to keep: %v", err)
	}
}
