package train_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/train"
)

// files writes small files of pairs and returns their folder.
func files() string {
	dir, _ := os.MkdirTemp("", "train")
	os.WriteFile(filepath.Join(dir, "pairs.tsv"), []byte(`guitar piano song	melody guitar drum
soup rice salad	soup cheese bread
water lake river	lake bridge flood
price money stock	trade price bank
`), 0o666)
	os.WriteFile(filepath.Join(dir, "scored.tsv"), []byte(`sentence1	sentence2	score
guitar song	piano melody	5
soup rice	water river	0
`), 0o666)
	return dir
}

// options are those of a run that takes milliseconds.
func options() train.Options {
	o := train.DefaultOptions()
	o.Dim, o.BatchSize, o.Epochs, o.Threads = 16, 4, 10, 1
	return o
}

// Train a model on a file of pairs, and encode a text with it.
func ExampleTrain() {
	dir, ctx := files(), context.Background()
	defer os.RemoveAll(dir)

	in := train.Input{Files: []string{filepath.Join(dir, "pairs.tsv")}}
	tokens := train.Tokens{Tokenizer: train.Words, Vocabulary: 1000, MinCount: 1}
	sources, done, err := in.Open(ctx, tokens.Trained())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer done()
	tokenizer, _, err := tokens.Open(ctx, nil, sources, &in, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	o := options()
	pairs, err := pairs.Build(ctx, sources, in.PairOptions(tokenizer, o.MaxTokens))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pairs.Close()

	model, err := train.Train(ctx, o, train.Run{Pairs: pairs, Tokenizer: tokenizer, Sources: in.Files})
	if err != nil {
		fmt.Println(err)
		return
	}
	encoder, err := sentence.FromCheckpoint(model)
	if err != nil {
		fmt.Println(err)
		return
	}
	vector := make([]float32, encoder.Dim())
	known, _ := encoder.Encode(vector, "a song about money")
	fmt.Printf("%d tokens, %d dimensions; 2 of 4 words known: %v\n", tokenizer.Vocabulary().Len(), encoder.Dim(), known == 2)
	// Output: 20 tokens, 16 dimensions; 2 of 4 words known: true
}

// begin reads the pairs of the examples.
func begin(ctx context.Context, dir string) (train.Input, *pairs.Dataset, *tokenize.Tokenizer) {
	in := train.Input{Files: []string{filepath.Join(dir, "pairs.tsv")}}
	sources, _, _ := in.Open(ctx, true)
	tokens := train.Tokens{Tokenizer: train.Words, Vocabulary: 1000, MinCount: 1}
	tokenizer, _, _ := tokens.Open(ctx, nil, sources, &in, nil)
	pairs, _ := pairs.Build(ctx, sources, in.PairOptions(tokenizer, 0))
	return in, pairs, tokenizer
}

// Judge the model after every second epoch by scored pairs, and keep the best one.
func ExampleOpenSets() {
	dir, ctx := files(), context.Background()
	defer os.RemoveAll(dir)
	_, pairs, tokenizer := begin(ctx, dir)
	defer pairs.Close()

	sets, err := train.OpenSets(ctx, sets.STSOptions{}, filepath.Join(dir, "scored.tsv"))
	if err != nil {
		fmt.Println(err)
		return
	}
	validations := 0
	model, err := train.Train(ctx, options(), train.Run{Pairs: pairs, Tokenizer: tokenizer, Validation: &train.Validation{
		Sets: sets, Every: train.Cadence{Epochs: 2},
		Report: func(v checkpoints.Validated, best bool) { validations++ },
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	best := model.Config.Validation.Best.Metrics[0]
	fmt.Printf("%d validations; best %s %.1f on %d of %d pairs\n", validations, best.Name, best.Value, best.Found, best.Of)
	// Output: 5 validations; best spearman 1.0 on 2 of 2 pairs
}

// Resume an interrupted run: the model is the same as without the interruption.
func ExampleInterrupted() {
	dir, ctx := files(), context.Background()
	defer os.RemoveAll(dir)
	in, pairs, tokenizer := begin(ctx, dir)
	defer pairs.Close()

	o := options()
	settings := train.Settings{Options: o, Input: in}
	interrupted, cancel := context.WithCancel(ctx)
	c, err := train.Train(interrupted, o, train.Run{
		Pairs: pairs, Tokenizer: tokenizer, Sources: in.Files, Settings: settings.JSON(),
		Save: func(context.Context, *checkpoints.Checkpoint) error { cancel(); return nil },
	})
	fmt.Println(err)

	s, err := train.Interrupted(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err = train.Train(ctx, s.Options, train.Run{
		Pairs: pairs, Tokenizer: c.Tokenizer, Sources: s.Files, Settings: s.JSON(), Resume: c,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = train.Interrupted(c)
	fmt.Println(err)
	// Output:
	// context canceled
	// training is already finished
}

// Start from a trained model: its layers and tokens are those of the new run.
func ExampleOpenInit() {
	dir, ctx := files(), context.Background()
	defer os.RemoveAll(dir)
	_, pairs, tokenizer := begin(ctx, dir)
	defer pairs.Close()
	first, err := train.Train(ctx, options(), train.Run{Pairs: pairs, Tokenizer: tokenizer})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := checkpoints.Write(ctx, filepath.Join(dir, "first"), first, checkpoints.WriteOptions{}); err != nil {
		fmt.Println(err)
		return
	}

	init, err := train.OpenInit(ctx, filepath.Join(dir, "first"), "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer init.Close()
	o := train.DefaultOptions() // with another Dim
	o.BatchSize, o.Epochs = 4, 1
	if err := init.Adopt(&o); err != nil {
		fmt.Println(err)
		return
	}
	start, err := init.Start(ctx, init.Tokenizer(), o.Dim)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = train.Train(ctx, o, train.Run{Pairs: pairs, Tokenizer: init.Tokenizer(), Start: start})
	fmt.Println(o.Dim, err)
	// Output: 16 <nil>
}

// The memory, disk and time that a run needs, before it starts.
func ExampleEstimate() {
	dir, ctx := files(), context.Background()
	defer os.RemoveAll(dir)
	_, pairs, tokenizer := begin(ctx, dir)
	defer pairs.Close()

	need := train.Estimate(options(), pairs, tokenizer.Vocabulary(), 0, false)
	for _, part := range need.Memory[:2] {
		fmt.Printf("%s: %d bytes\n", part.What, part.Bytes)
	}
	// Output:
	// encoder: 1280 bytes
	// optimizer: 1280 bytes
}

// A batch size beyond the data needs no more memory than the data does.
func TestEstimateByTheData(t *testing.T) {
	dir, ctx := files(), context.Background()
	defer os.RemoveAll(dir)
	_, pairs, tokenizer := begin(ctx, dir)
	defer pairs.Close()
	for _, mixed := range []bool{false, true} {
		o := options()
		o.BatchSize, o.Mixed = int(pairs.Examples()), mixed // one file
		want := train.Estimate(o, pairs, tokenizer.Vocabulary(), 0, false)
		o.BatchSize = 100_000
		if got := train.Estimate(o, pairs, tokenizer.Vocabulary(), 0, false); !reflect.DeepEqual(got, want) {
			t.Errorf("mixed %t: with a batch of 100,000 %+v, with all examples %+v", mixed, got, want)
		}
	}
}
