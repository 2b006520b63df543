package skipgram_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/skipgram"
)

// All that Train asks for and answers has a name outside the module.
func TestTrain(t *testing.T) {
	ctx := context.Background()
	tokenizer := corpora.NewWordTokenizer(corpora.WordOptions{})
	text := strings.Repeat("the cat sees the dog\n", 100)
	corpus, err := corpora.Build(ctx, corpora.FromReader("text", strings.NewReader(text)), corpora.BuildOptions{Tokenizer: tokenizer})
	if err != nil {
		t.Fatal(err)
	}
	defer corpus.Close()

	o := skipgram.DefaultOptions()
	if o.LearningRate != 0.025 {
		t.Errorf("default learning rate %g", o.LearningRate)
	}
	o.Dim, o.Threads, o.Subsample, o.Engine = 8, 1, 0, skipgram.Engine("graph")
	var last skipgram.Event
	run := skipgram.Run{Corpus: corpus, Tokenizer: tokenizer, Progress: func(e skipgram.Event) { last = e }}
	c, err := skipgram.Train(ctx, o, run)
	if err != nil {
		t.Fatal(err)
	}
	if c.Config.Kind != "skipgram" || !c.Config.Progress.Finished || last.Progress != 1 {
		t.Errorf("kind %q, progress %+v, last event %+v", c.Config.Kind, c.Config.Progress, last)
	}
	o.LearningRate, o.Engine = 1e30, skipgram.Fused
	if _, err := skipgram.Train(ctx, o, run); !errors.Is(err, skipgram.ErrDiverged) {
		t.Errorf("learning rate 1e30: %v", err)
	}
}
