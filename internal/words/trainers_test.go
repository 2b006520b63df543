package words_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/cbow"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/skipgram"
)

// The two word trainers have their own defaults and kind, and both engines and the error of
// a run that diverges can be named outside the module.
func TestTrainers(t *testing.T) {
	ctx := context.Background()
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	content := strings.Repeat("the cat sees the dog\n", 100)
	corpus, err := corpora.Build(ctx, text.FromReader("text", strings.NewReader(content)), corpora.BuildOptions{Tokenizer: tokenizer})
	if err != nil {
		t.Fatal(err)
	}
	defer corpus.Close()
	so, co := skipgram.DefaultOptions(), cbow.DefaultOptions()
	if so.LearningRate != 0.05 || skipgram.UsualRate(so) != 0.05 || co.LearningRate != 0.035 || cbow.UsualRate(co) != 0.035 {
		t.Errorf("default learning rates %g and %g", so.LearningRate, co.LearningRate)
	}
	so.Dim, so.Threads, so.Subsample, so.Engine = 8, 1, 0, skipgram.Graph
	co.Dim, co.Threads, co.Subsample, co.Engine = 8, 1, 0, cbow.Graph
	var last skipgram.Event
	progress := func(e skipgram.Event) { last = e }
	model, err := skipgram.Train(ctx, so, skipgram.Run{Corpus: corpus, Tokenizer: tokenizer, Progress: progress})
	if err != nil || model.Config.Kind != "skipgram" || !model.Config.Progress.Finished || last.Progress != 1 {
		t.Errorf("skip-gram: %v, %+v", err, last)
	}
	model, err = cbow.Train(ctx, co, cbow.Run{Corpus: corpus, Tokenizer: tokenizer, Progress: progress})
	if err != nil || model.Config.Kind != "cbow" || !model.Config.Progress.Finished || last.Progress != 1 {
		t.Errorf("CBOW: %v, %+v", err, last)
	}
	so.LearningRate, so.Engine, co.LearningRate, co.Engine = 1e30, skipgram.Fused, 1e30, cbow.Fused
	if _, err := skipgram.Train(ctx, so, skipgram.Run{Corpus: corpus, Tokenizer: tokenizer}); !errors.Is(err, skipgram.ErrDiverged) {
		t.Errorf("skip-gram, learning rate 1e30: %v", err)
	}
	if _, err := cbow.Train(ctx, co, cbow.Run{Corpus: corpus, Tokenizer: tokenizer}); !errors.Is(err, cbow.ErrDiverged) {
		t.Errorf("CBOW, learning rate 1e30: %v", err)
	}
}
