package toyobjective_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
	_ "github.com/luminavec/luminavec/internal/words/toyobjective"
)

// The registry finds the objective, both engines train it alike, and words with the same
// neighbours get similar vectors.
func TestToyObjective(t *testing.T) {
	kind, ok := words.Lookup("hinge")
	if !ok {
		t.Fatal("the objective is not registered")
	}
	text := strings.Repeat("the cat sees the dog\nthe dog sees the cat\nthe car passes the bus\nthe bus passes the car\n", 100)
	ctx := context.Background()
	tokenizer := corpora.NewWordTokenizer(corpora.WordOptions{})
	corpus, err := corpora.Build(ctx, corpora.FromReader("text", strings.NewReader(text)), corpora.BuildOptions{Tokenizer: tokenizer})
	if err != nil {
		t.Fatal(err)
	}
	defer corpus.Close()
	var models []*checkpoints.Checkpoint
	for _, engine := range []training.Engine{training.Fused, training.Graph} {
		o := kind.Defaults()
		o.Dim, o.Window, o.Epochs, o.Subsample, o.Threads, o.Engine = 16, 2, 10, 0, 1, engine
		model, err := kind.Train(ctx, o, words.Run{Corpus: corpus, Tokenizer: tokenizer})
		if err != nil {
			t.Fatal(err)
		}
		if model.Config.Kind != "hinge" || !model.Config.Progress.Finished {
			t.Errorf("%s engine: %+v", engine, model.Config)
		}
		near, err := evaluate.NewWordVectors(model).Neighbors("cat", 1)
		if err != nil || near[0].Word != "dog" {
			t.Errorf("%s engine: cat is nearest to %+v, %v", engine, near, err)
		}
		models = append(models, model)
	}
	if a, b := models[0].Config.Progress.Loss, models[1].Config.Progress.Loss; math.Abs(a-b) > 1e-3*b {
		t.Errorf("the loss is %g, that of the graph engine %g", a, b)
	}
}
