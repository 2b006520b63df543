package words_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	. "github.com/luminavec/luminavec/internal/words"
)

// grownRun reads new text with a model's vocabulary, grown or not.
func grownRun(t *testing.T, c *checkpoints.Checkpoint, content string, grow bool) Run {
	t.Helper()
	o := corpora.BuildOptions{Tokenizer: c.Tokenizer, MinCount: 2}
	if grow {
		o.Base = c.Vocabulary
	} else {
		o.Vocabulary = c.Vocabulary
	}
	corpus, err := corpora.Build(context.Background(), text.FromReader("new", strings.NewReader(content)), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { corpus.Close() })
	return Run{Corpus: corpus, Tokenizer: c.Tokenizer, Sources: []string{"new"}}
}

// newTopics has the words of topics, their counts upside down, and new ones.
func newTopics(lines int) string {
	return strings.Repeat("de dd dc db da zz zy\n", lines) + strings.Repeat("once zz\n", 1) + topics(lines)
}

// variants of the options that a model may have been trained with.
func variants() map[string]func(*Options) {
	return map[string]func(*Options){
		"plain":     func(*Options) {},
		"n-grams":   func(o *Options) { o.NGrams = tokenize.NGramOptions{Min: 2, Max: 3, Buckets: 50} },
		"positions": func(o *Options) { o.PositionWeights = true },
		"sums":      func(o *Options) { o.Windows, o.SumVectors = WindowsWeighted, true },
	}
}

// Every row goes with its word; new words begin at random with zero outputs. The
// log and the texts before are kept.
func TestContinueGrows(t *testing.T) {
	for name, change := range variants() {
		o := smallOptions()
		change(&o)
		objective := CBOW()
		_, was := saved(t, o, objective, topics(100))
		was = readBack(t, was)
		run := grownRun(t, was, newTopics(60), true)
		c, err := Continue(readBack(t, was), run.Corpus, o)
		if err != nil {
			t.Fatal(err)
		}
		p := c.Config.Progress
		if p.Blocks != 0 || p.TotalBlocks != int64(run.Corpus.Blocks()*o.Epochs) || p.Finished || !bytes.Equal(c.Log, was.Log) ||
			len(c.Config.Earlier) != 1 || c.Config.Earlier[0].RawWords != was.Config.Corpus.RawWords {
			t.Errorf("%s: %+v, %+v", name, p, c.Config.Earlier)
		}
		if table, there := c.Tensors[InputTensor]; there && table.Rows() != c.Vocabulary.Len() {
			t.Errorf("%s: the vectors of the vocabulary before are still there", name)
		}
		now := c.Vocabulary
		if now.Len() != was.Vocabulary.Len()+2 || now.Token(0) == was.Vocabulary.Token(0) {
			t.Fatalf("%s: %d words, the first %q", name, now.Len(), now.Token(0))
		}
		words, before := c.Tensors[InputTensor], was.Tensors[InputTensor]
		if o.OwnRows() {
			words, before = c.State[WordTensor], was.State[WordTensor]
		}
		for id, token := range now.Tokens() {
			out := c.State[OutputTensor]
			old, ok := was.Vocabulary.ID(token)
			if !ok {
				if in := words.Row(id); in[0] == 0 || max(in[0], -in[0]) > 0.05 || out.Row(id)[0] != 0 {
					t.Errorf("%s: the new word %q begins with %v, %v", name, token, in, out.Row(id))
				}
				continue
			}
			outBefore := was.State[OutputTensor]
			if !equalBits(words.Row(id), before.Row(int(old))) || !equalBits(out.Row(id), outBefore.Row(int(old))) {
				t.Errorf("%s: %q has lost its rows", name, token)
			}
		}
		if name == "n-grams" {
			wantNGramsMoved(t, was, c)
		}
		// It trains, and can be gone on with once more.
		run.Resume = c
		trained, err := Train(context.Background(), objective, o, run)
		if err != nil {
			t.Fatal(err)
		}
		trained = readBack(t, trained)
		if got := trained.Config; len(got.Earlier) != 1 || got.Corpus.Sources[0] != "new" || len(trained.Log) <= len(was.Log) || !bytes.HasPrefix(trained.Log, was.Log) {
			t.Errorf("%s: %+v", name, got)
		}
		run = grownRun(t, trained, "qq qq zz zz qr qr\n", true)
		if run.Resume, err = Continue(trained, run.Corpus, o); err != nil {
			t.Fatal(err)
		}
		if last, err := Train(context.Background(), objective, o, run); err != nil || last.Vocabulary.Len() != now.Len()+2 || len(last.Config.Earlier) != 2 {
			t.Errorf("%s: grown again: %v", name, err)
		}
	}
}

// New words begin small beside the model's, however small those are.
func TestContinueScale(t *testing.T) {
	o := smallOptions()
	_, was := saved(t, o, SkipGram(), topics(100))
	in := was.Tensors[InputTensor]
	for i := range in.Data {
		in.Data[i] *= 1e-6
	}
	run := grownRun(t, was, newTopics(60), true)
	c, err := Continue(was, run.Corpus, o)
	if err != nil {
		t.Fatal(err)
	}
	id, _ := c.Vocabulary.ID("zz")
	words := c.Tensors[InputTensor]
	for _, x := range words.Row(int(id)) {
		if math.Abs(float64(x)) > 1e-5 {
			t.Errorf("a new word begins with %g", x)
		}
	}
}

// wantNGramsMoved: each n-gram that was there has its row.
func wantNGramsMoved(t *testing.T, was, now *checkpoints.Checkpoint) {
	t.Helper()
	before, after := was.Tensors[NGramTensor], now.Tensors[NGramTensor]
	old := map[int32]int{}
	for row, bucket := range was.NGrams.Buckets() {
		old[bucket] = row
	}
	moved := 0
	for row, bucket := range now.NGrams.Buckets() {
		if from, ok := old[bucket]; ok {
			if !equalBits(after.Row(row), before.Row(from)) {
				t.Errorf("bucket %d has another row", bucket)
			}
			moved++
		}
	}
	if moved != len(old) || now.NGrams.Rows() <= moved {
		t.Errorf("%d of %d n-grams moved, %d now", moved, len(old), now.NGrams.Rows())
	}
}

// Without growing the model goes on as it is over other text.
func TestContinueSameVocabulary(t *testing.T) {
	for _, loss := range []string{LossNS, LossHS} {
		o := smallOptions()
		o.Loss = loss
		_, was := saved(t, o, SkipGram(), topics(100))
		was = readBack(t, was)
		o.Epochs, o.LearningRate = 2, 0.01
		run := grownRun(t, was, newTopics(50), false)
		c, err := Continue(was, run.Corpus, o)
		if err != nil {
			t.Fatal(err)
		}
		run.Resume = c
		trained, err := Train(context.Background(), SkipGram(), o, run)
		if err != nil {
			t.Fatal(err)
		}
		if p := trained.Config.Progress; trained.Vocabulary != was.Vocabulary || p.Epochs != 2 || !p.Finished {
			t.Errorf("%s: %+v", loss, p)
		}
	}
}

// A grown run that is interrupted, written, read and resumed ends with the bytes
// of one that was not; frozen words stay frozen, new ones are not.
func TestContinueResumes(t *testing.T) {
	text := newTopics(4000) // several blocks
	for name, change := range variants() {
		for _, freeze := range []bool{false, true} {
			o := smallOptions()
			change(&o)
			if freeze && o.SumVectors {
				continue // refused
			}
			o.FreezeInit, o.Epochs = freeze, 1
			objective := CBOW()
			run := runOf(t, topics(100))
			if freeze {
				var err error
				run.Start, err = NewStart(context.Background(), vectorsOf(t, "aa 1 2 3 4 5 6 7 8 9 1\ncd .5 0 0 0 0 0 0 0 0 1\n"), run.Corpus.Vocabulary(), "cbow", o)
				if err != nil {
					t.Fatal(err)
				}
			}
			was, err := Train(context.Background(), objective, o, run)
			if err != nil {
				t.Fatal(err)
			}
			begin := func() Run {
				c := readBack(t, was)
				run := grownRun(t, c, text, true)
				if run.Resume, err = Continue(c, run.Corpus, o); err != nil {
					t.Fatal(err)
				}
				return run
			}
			whole, err := Train(context.Background(), objective, o, begin())
			if err != nil {
				t.Fatal(err)
			}
			part := readBack(t, interrupted(t, objective, o, begin()))
			if p := part.Config.Progress; p.Blocks == 0 || p.Finished {
				t.Fatalf("%s: interrupted at %+v", name, p)
			}
			again := grownRun(t, part, text, false)
			again.Resume = part
			last, err := Train(context.Background(), objective, o, again)
			if err != nil {
				t.Fatal(err)
			}
			label := fmt.Sprintf("%s, frozen %v", name, freeze)
			if !equalBits(table(whole), table(last)) || len(last.Config.Earlier) != 1 {
				t.Errorf("%s: resumed, it is another model", label)
			}
			if freeze {
				for word, frozen := range map[string]bool{"aa": true, "cd": true, "ab": false, "de": false, "zz": false} {
					id, _ := last.Vocabulary.ID(word)
					old, known := was.Vocabulary.ID(word)
					if same := known && equalBits(row(last, int(id)), row(was, int(old))); same != frozen {
						t.Errorf("%s: %q is frozen: %v", label, word, same)
					}
				}
			}
		}
	}
}

func TestContinueErrors(t *testing.T) {
	o := smallOptions()
	o.Loss = LossHS
	_, was := saved(t, o, SkipGram(), topics(50))
	run := grownRun(t, was, newTopics(10), true)
	if _, err := Continue(was, run.Corpus, o); err == nil || !strings.Contains(err.Error(), "cannot grow") || fault.Hint(err) == "" {
		t.Errorf("hierarchical softmax: %v", err)
	}
	o.Loss = ""
	bare := *was
	bare.State = nil
	if _, err := Continue(&bare, run.Corpus, o); err == nil || !strings.Contains(err.Error(), "no tensor output.weight") {
		t.Errorf("no state: %v", err)
	}
	if _, err := Continue(was, runOf(t, topics(1)).Corpus, o); err == nil || !strings.Contains(err.Error(), "has not grown") {
		t.Errorf("another vocabulary: %v", err)
	}
	o.NGrams = tokenize.DefaultNGramOptions()
	if _, err := Continue(was, run.Corpus, o); err == nil || !strings.Contains(err.Error(), "n-grams of its options") {
		t.Errorf("no n-grams: %v", err)
	}
	o.Epochs = 0
	if _, err := Continue(was, run.Corpus, o); err == nil || !strings.Contains(err.Error(), "Epochs") {
		t.Errorf("no epochs: %v", err)
	}
}
