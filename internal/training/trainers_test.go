package training_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/cbow"
	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/skipgram"
)

// The two word trainers have their own defaults and kind, and everything their
// Train asks for and answers has a name outside the module.
func TestTrainers(t *testing.T) {
	ctx := context.Background()
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	content := strings.Repeat("the cat sees the dog\n", 100)
	corpus, err := corpora.Build(ctx, text.FromReader("text", strings.NewReader(content)), corpora.BuildOptions{Tokenizer: tokenizer})
	if err != nil {
		t.Fatal(err)
	}
	defer corpus.Close()
	for _, c := range []struct {
		kind     string
		options  skipgram.Options // cbow.Options is the same type
		graph    skipgram.Engine
		rate     float64
		train    func(context.Context, skipgram.Options, skipgram.Run) (*checkpoints.Checkpoint, error)
		diverged error
	}{
		{"skipgram", skipgram.DefaultOptions(), skipgram.Graph, 0.05, skipgram.Train, skipgram.ErrDiverged},
		{"cbow", cbow.DefaultOptions(), cbow.Graph, 0.035, cbow.Train, cbow.ErrDiverged},
	} {
		o := c.options
		if o.LearningRate != c.rate {
			t.Errorf("%s: default learning rate %g", c.kind, o.LearningRate)
		}
		o.Dim, o.Threads, o.Subsample, o.Engine = 8, 1, 0, c.graph
		var last cbow.Event
		run := cbow.Run{Corpus: corpus, Tokenizer: tokenizer, Progress: func(e skipgram.Event) { last = e }}
		model, err := c.train(ctx, o, run)
		if err != nil {
			t.Fatal(err)
		}
		if p := model.Config.Progress; model.Config.Kind != c.kind || !p.Finished || last.Progress != 1 {
			t.Errorf("%s: kind %q, progress %+v, last event %+v", c.kind, model.Config.Kind, p, last)
		}
		o.LearningRate, o.Engine = 1e30, skipgram.Fused
		if _, err := c.train(ctx, o, run); !errors.Is(err, c.diverged) {
			t.Errorf("%s: learning rate 1e30: %v", c.kind, err)
		}
	}
}
