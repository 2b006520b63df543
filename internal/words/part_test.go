package words_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
)

// zipfText returns about size bytes of random words whose frequencies are like those of a language.
func zipfText(size int) string {
	rng := rand.New(rand.NewPCG(1, 1))
	zipf := rand.NewZipf(rng, 1.1, 3, 2000)
	var b strings.Builder
	for b.Len() < size {
		for range 12 {
			fmt.Fprintf(&b, "w%d ", zipf.Uint64())
		}
		b.WriteByte('\n')
	}
	return b.String()
}

var partTokenizer = tokenize.NewWordTokenizer(tokenize.WordOptions{})

// partCorpus returns a shard of a text with the vocabulary of the whole.
func partCorpus(t *testing.T, content string, i, n int) (*corpora.Corpus, string) {
	t.Helper()
	ctx := context.Background()
	counts, err := corpora.CountWords(ctx, text.FromBytes("x", []byte(content)), corpora.BuildOptions{MinCount: 1})
	if err != nil {
		t.Fatal(err)
	}
	src, name := text.FromBytes("x", []byte(content)), ""
	if n > 0 {
		d, err := src.Shard(ctx, text.Shard{Index: i, Of: n})
		if err != nil {
			t.Fatal(err)
		}
		name = d.Corpus
	}
	c, err := corpora.Build(ctx, src, corpora.BuildOptions{Vocabulary: counts.Vocabulary()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, name
}

func partOptions(kind words.Kind) words.Options {
	o := kind.Defaults()
	o.Dim, o.Epochs, o.Threads, o.LearningRate = 8, 2, 1, 0.05
	return o
}

func trainPart(t *testing.T, kind words.Kind, o words.Options, content string, i, n, r, rounds int, parent *checkpoints.Checkpoint) *checkpoints.Checkpoint {
	t.Helper()
	corpus, name := partCorpus(t, content, i, n)
	c, err := kind.Train(context.Background(), o, words.Run{Corpus: corpus, Tokenizer: partTokenizer, Parent: parent,
		Part: &checkpoints.Part{Shard: i, Shards: n, Round: r, Rounds: rounds, Corpus: name}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func kindOf(name string) words.Kind {
	k, _ := words.Lookup(name)
	return k
}

// written writes a model to a folder and reads it.
func written(t *testing.T, c *checkpoints.Checkpoint) *checkpoints.Checkpoint {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "model")
	if err := checkpoints.Write(context.Background(), dir, c, checkpoints.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	got, err := checkpoints.Read(context.Background(), dir, checkpoints.ReadOptions{State: true})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// One shard in four rounds is the run of one process, bit by bit: the same learning rates, the same
// order of blocks and the same random numbers.
func TestRoundsOfOneShard(t *testing.T) {
	content := zipfText(250_000)
	for n, form := range []struct {
		kind string
		set  func(*words.Options)
	}{
		{"skipgram", func(*words.Options) {}},
		{"cbow", func(*words.Options) {}},
		{"skipgram", func(o *words.Options) { o.NGrams = tokenize.NGramOptions{Min: 3, Max: 4, Buckets: 500} }},
		{"cbow", func(o *words.Options) { o.Windows, o.PositionWeights, o.SumVectors = "full", true, false }},
		{"skipgram", func(o *words.Options) { o.Loss, o.Windows = "hs", "drawn" }},
	} {
		kind := kindOf(form.kind)
		o := partOptions(kind)
		form.set(&o)
		corpus, _ := partCorpus(t, content, 0, 0)
		one, err := kind.Train(context.Background(), o, words.Run{Corpus: corpus, Tokenizer: partTokenizer})
		if err != nil {
			t.Fatal(err)
		}
		methods := training.Methods()
		if n > 0 {
			methods = methods[:1]
		}
		for _, method := range methods {
			var model, before *checkpoints.Checkpoint
			for r := 1; r <= 4; r++ {
				part := written(t, trainPart(t, kind, o, content, 1, 1, r, 4, model))
				model, err = words.Average(context.Background(), []training.PartOf{{Name: "a", Model: part}}, words.AverageOptions{Method: method, Parent: before})
				if err != nil {
					t.Fatal(err)
				}
				before, model = written(t, model), written(t, model)
			}
			for _, tensors := range []struct{ want, got map[string]checkpoints.Tensor }{{one.Tensors, model.Tensors}, {one.State, model.State}} {
				for name, want := range tensors.want {
					got := tensors.got[name]
					for i := range want.Rows() {
						for k, x := range want.Row(i) {
							// p + (x − p) is rounded.
							if y := got.Row(i)[k]; math.Abs(float64(x-y)) > 1e-3 {
								t.Fatalf("%s %s: %s[%d,%d] is %g, want %g", form.kind, method, name, i, k, y, x)
							}
						}
					}
				}
			}
			if p := model.Config.Progress; !p.Finished || p.Done != 1 || model.Config.Part.Method != string(method) {
				t.Errorf("progress %+v", p)
			}
		}
	}
}

// The mean of two parts is the mean of their tables, weighted by the words that they trained.
func TestAverageMean(t *testing.T) {
	content := zipfText(200_000)
	kind := kindOf("skipgram")
	o := partOptions(kind)
	a, b := trainPart(t, kind, o, content, 1, 2, 1, 1, nil), trainPart(t, kind, o, content, 2, 2, 1, 1, nil)
	sum := func(c *checkpoints.Checkpoint) (n float64) {
		x := c.State[checkpoints.PartTensor]
		for i := range x.Rows() {
			n += float64(x.Row(i)[0])
		}
		return n
	}
	share := sum(a) / (sum(a) + sum(b))
	if share < 0.4 || share > 0.6 {
		t.Fatalf("the first part trained %.2f of the words", share)
	}
	want := float32(share)*a.Embedding().Row(3)[2] + float32(1-share)*b.Embedding().Row(3)[2]
	c, err := words.Average(context.Background(), []training.PartOf{{Name: "a", Model: a}, {Name: "b", Model: b}}, words.AverageOptions{Method: training.Mean})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Embedding().Row(3)[2]; math.Abs(float64(got-want)) > 1e-6 {
		t.Errorf("the mean is %g, want %g", got, want)
	}
}

func TestAverageErrors(t *testing.T) {
	content := zipfText(200_000)
	kind := kindOf("skipgram")
	o := partOptions(kind)
	part := func(i, r int, parent *checkpoints.Checkpoint, set func(*words.Options)) *checkpoints.Checkpoint {
		o := o
		if set != nil {
			set(&o)
		}
		return trainPart(t, kind, o, content, i, 2, r, 2, parent)
	}
	average := func(parts ...*checkpoints.Checkpoint) (*checkpoints.Checkpoint, error) {
		var of []training.PartOf
		for i, c := range parts {
			of = append(of, training.PartOf{Name: fmt.Sprint("p", i+1), Model: c})
		}
		return words.Average(context.Background(), of, words.AverageOptions{})
	}
	first, err := average(part(1, 1, nil, nil), part(2, 1, nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	first = written(t, first)
	corpus, _ := partCorpus(t, content, 0, 0)
	whole, err := kind.Train(context.Background(), o, words.Run{Corpus: corpus, Tokenizer: partTokenizer})
	if err != nil {
		t.Fatal(err)
	}
	for message, parts := range map[string][]*checkpoints.Checkpoint{
		"no parts to average":                                           nil,
		"the part of shard 2/2 is missing":                              {part(1, 1, nil, nil)},
		"p1 and p2 are the same shard, 1/2":                             {part(1, 1, nil, nil), part(1, 1, nil, nil)},
		"p2 cannot be averaged: it has 4 dimensions":                    {part(1, 1, nil, nil), part(2, 1, nil, func(o *words.Options) { o.Dim = 4 })},
		"p2 cannot be averaged with p1: LearningRate is 0.01, not 0.05": {part(1, 1, nil, nil), part(2, 1, nil, func(o *words.Options) { o.LearningRate = 0.01 })},
		"p2 cannot be averaged: it started from another":                {part(1, 1, nil, nil), part(2, 1, nil, func(o *words.Options) { o.Seed = 9 })},
		"p2 cannot be averaged: it is of round 2/2":                     {part(1, 1, nil, nil), part(2, 2, written(t, first), nil)},
		"p1 is not a part of training":                                  {whole},
		"is needed: round 2 started from the average":                   {part(1, 2, written(t, first), nil), part(2, 2, written(t, first), nil)},
		"p2 cannot be averaged: it is a cbow model":                     {part(1, 1, nil, nil), trainPart(t, kindOf("cbow"), partOptions(kindOf("cbow")), content, 2, 2, 1, 2, nil)},
		"p2 cannot be averaged: it is one of 3 shards":                  {part(1, 1, nil, nil), trainPart(t, kind, o, content, 2, 3, 1, 2, nil)},
	} {
		if _, err := average(parts...); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("error %v, want %q", err, message)
		}
	}
	shard, name := partCorpus(t, content, 1, 2)
	for message, c := range map[string]struct {
		parent *checkpoints.Checkpoint
		part   checkpoints.Part
	}{
		"round 2 of 2 needs the model of round 1": {nil, checkpoints.Part{Shard: 1, Shards: 2, Round: 2, Rounds: 2, Corpus: name}},
		"is not the average of a round":           {whole, checkpoints.Part{Shard: 1, Shards: 2, Round: 2, Rounds: 2, Corpus: name}},
		"the average of round 1 of 2, so round 3": {first, checkpoints.Part{Shard: 1, Shards: 2, Round: 3, Rounds: 3, Corpus: name}},
		"shards of another text":                  {first, checkpoints.Part{Shard: 1, Shards: 2, Round: 2, Rounds: 2, Corpus: "other"}},
		"was trained on 2 shards, not 4":          {first, checkpoints.Part{Shard: 1, Shards: 4, Round: 2, Rounds: 2, Corpus: name}},
		"there is no shard 3 of 2":                {nil, checkpoints.Part{Shard: 3, Shards: 2, Round: 1, Rounds: 2, Corpus: name}},
		"trains nothing":                          {nil, checkpoints.Part{Shard: 1, Shards: 2, Round: 1, Rounds: 1000, Corpus: name}},
	} {
		_, err := kind.Train(context.Background(), o, words.Run{Corpus: shard, Tokenizer: partTokenizer, Parent: c.parent, Part: &c.part})
		if err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("error %v, want %q", err, message)
		}
	}
}
