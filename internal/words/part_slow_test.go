//go:build slow

package words_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
)

// Four shards of the bundled text, averaged with momentum, come nearer to one process than their
// plain mean does, and learn something.
func TestFourShards(t *testing.T) {
	ctx := context.Background()
	counts, err := corpora.CountWords(ctx, text.Sample(), corpora.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	kind := kindOf("skipgram")
	o := kind.Defaults()
	o.Dim, o.Epochs, o.Threads, o.LearningRate = 50, 5, 1, 0.05
	const shards, rounds = 4, 10
	loss := func(m training.Method) (float64, float64) {
		var model, before *checkpoints.Checkpoint
		for r := 1; r <= rounds; r++ {
			var parts []training.PartOf
			for i := 1; i <= shards; i++ {
				src := text.Sample()
				d, err := src.Shard(ctx, text.Shard{Index: i, Of: shards})
				if err != nil {
					t.Fatal(err)
				}
				corpus, err := corpora.Build(ctx, src, corpora.BuildOptions{Vocabulary: counts.Vocabulary()})
				if err != nil {
					t.Fatal(err)
				}
				run := words.Run{Corpus: corpus, Tokenizer: partTokenizer, Part: &checkpoints.Part{Shard: i, Shards: shards, Round: r, Rounds: rounds, Corpus: d.Corpus}}
				if model != nil {
					run.Parent = written(t, model)
				}
				c, err := kind.Train(ctx, o, run)
				if err != nil {
					t.Fatal(err)
				}
				corpus.Close()
				parts = append(parts, training.PartOf{Name: fmt.Sprint("part", i), Model: written(t, c)})
			}
			next, err := words.Average(ctx, parts, words.AverageOptions{Method: m, Parent: before})
			if err != nil {
				t.Fatal(err)
			}
			before, model = written(t, next), next
		}
		return model.Config.Progress.Loss, evaluate.Words(evaluate.NewWordVectors(model), sets.WordSim353()).Spearman
	}
	mean, _ := loss(training.Mean)
	momentum, spearman := loss(training.Momentum)
	t.Logf("loss %.4f with the mean, %.4f with momentum; WordSim-353 %.3f", mean, momentum, spearman)
	if !(momentum < mean) || !(spearman > 0.1) {
		t.Errorf("loss %.4f with the mean, %.4f with momentum; WordSim-353 %.3f", mean, momentum, spearman)
	}
}
