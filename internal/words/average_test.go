package words_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
)

// Two words that occur 16 times and once. As negative samples they weigh 8 and 1 (the power 3/4), so
// the second moment of the output rows (3, 0) and (0, 3) is diag(8, 1). That of the input rows (1, 0)
// and (0, 2) is diag(16/17, 4/17). In the middle of the run, the learning rate is 0.05. A quarter of it,
// a window of 2 words on average, and 2 output rows for each, are 0.05.
func TestDirectionsByHand(t *testing.T) {
	v, err := tokenize.NewVocabulary([]string{"a", "b"}, []int64{16, 1})
	if err != nil {
		t.Fatal(err)
	}
	kind := kindOf("skipgram")
	o := kind.Defaults()
	o.Dim, o.Window, o.Negative, o.Subsample, o.LearningRate, o.Windows = 2, 1, 1, 0, 0.1, "weighted"
	rows := func(values ...float32) checkpoints.Tensor {
		return checkpoints.Tensor{Shape: []int{2, 2}, Data: values}
	}
	c := &checkpoints.Checkpoint{Vocabulary: v, Tensors: map[string]checkpoints.Tensor{words.InputTensor: rows(1, 0, 0, 2)},
		State: map[string]checkpoints.Tensor{words.OutputTensor: rows(3, 0, 0, 3)}}
	c.Config.Part = &checkpoints.Part{Shard: 1, Shards: 1, Round: 1, Rounds: 1}
	got, err := words.Directions(o, c)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [4]float64{8 * 0.05, 0.05, 16.0 / 17 * 0.025, 4.0 / 17 * 0.025} {
		if math.Abs(got[i]-want) > 1e-4 { // the learning rate ends at 1e-4 of its start, not at zero
			t.Errorf("rates %v: the one at %d should be %g", got, i, want)
		}
	}
	c.State[words.OutputTensor] = checkpoints.NewTensor(2, 3)
	if _, err := words.Directions(o, c); err == nil || !strings.Contains(err.Error(), "its shape is [2 3]") {
		t.Errorf("error %v", err)
	}
}

// same fails unless two models have the same fingerprint.
func same(t *testing.T, a, b *checkpoints.Checkpoint) {
	t.Helper()
	x, err := a.Fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	if y, err := b.Fingerprint(); err != nil || x != y {
		t.Errorf("the models differ: %v", err)
	}
}

// Rounds of the default method add up what the parts have learned, also if the first round was
// averaged with Momentum, as earlier commits did by default. The order of the parts does not matter.
func TestAverageAdaptive(t *testing.T) {
	content := zipfText(200_000)
	for _, form := range []struct {
		kind string
		set  func(*words.Options)
	}{
		{"skipgram", func(*words.Options) {}},
		{"cbow", func(o *words.Options) {
			o.NGrams, o.SumVectors = tokenize.NGramOptions{Min: 3, Max: 3, Buckets: 100}, false
		}},
		{"skipgram", func(o *words.Options) { o.Loss, o.Windows = "hs", "drawn" }},
	} {
		kind := kindOf(form.kind)
		o := partOptions(kind)
		form.set(&o)
		var model, before *checkpoints.Checkpoint
		for r, method := range []training.Method{training.Momentum, "", training.Momentum} {
			var parts []training.PartOf
			for i := range 2 {
				parent := model
				if parent != nil {
					parent = written(t, parent) // training takes it over
				}
				parts = append(parts, training.PartOf{Name: "p", Model: written(t, trainPart(t, kind, o, content, i+1, 2, r+1, 3, parent))})
			}
			if r == 0 {
				other := []training.PartOf{{Name: "b", Model: written(t, parts[1].Model)}, {Name: "a", Model: written(t, parts[0].Model)}}
				turned, err := words.Average(context.Background(), other, words.AverageOptions{})
				if err != nil {
					t.Fatal(err)
				}
				straight, err := words.Average(context.Background(), []training.PartOf{{Name: "a", Model: written(t, parts[0].Model)}, {Name: "b", Model: written(t, parts[1].Model)}}, words.AverageOptions{})
				if err != nil {
					t.Fatal(err)
				}
				same(t, turned, straight)
			}
			next, err := words.Average(context.Background(), parts, words.AverageOptions{Method: method, Parent: before})
			if err != nil {
				t.Fatalf("%s, round %d: %v", form.kind, r+1, err)
			}
			if got := next.Config.Part.Method; method == "" && got != string(training.Adaptive) {
				t.Errorf("the method is %q", got)
			}
			before, model = written(t, next), next
			if r == 1 && o.Loss != "hs" {
				x := model.State[checkpoints.OuterPrefix+words.OutputTensor]
				if len(x.Shape) != 2 {
					t.Fatalf("nothing was kept: %v", x.Shape)
				}
			}
		}
	}
}
