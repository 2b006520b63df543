package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/tokenize/learn"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/train"
)

// sentenceBench holds the command line of bench sentence.
type sentenceBench struct {
	pairs      []string
	retrieval  []string
	output     string
	threads    []int
	seeds      int
	epochs     int
	vocabulary int
	peers      bool
	only       []string
	more       bool // append to output
}

func sentenceCommand() *cobra.Command {
	b := sentenceBench{epochs: 3, vocabulary: 30_000}
	cmd := &cobra.Command{
		Use:   "sentence [options]",
		Short: "Measure the sentence trainer",
		Long: `
It trains variants of the sentence model with each number of threads and writes a table
of speed and quality. Speed is pairs per second over the training alone, after the
pairs have been tokenized. Quality is Spearman's correlation on the development set
of the STS benchmark, and nDCG@10 on retrieval sets.

With --peers, StaticEmbedding of sentence-transformers, if it is installed, trains
on the same pairs with the same tokens, dimensions, batches, loss and number of
passes, on the last number of threads in --threads.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.run(cmd) },
	}
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "pairs", Arg: "FILE", Into: &b.pairs, Help: "pairs to train on", Default: "the bundled sample"},
		cli.Flag{Name: "retrieval", Arg: "DIR", Into: &b.retrieval, Help: "retrieval set for evaluation"})
	cli.Declare(cmd, cli.ForTraining,
		cli.Flag{Name: "epochs", Arg: "N", Into: &b.epochs, Help: "passes over the pairs, except for the row of the defaults", Positive: true},
		cli.Flag{Name: "vocab", Arg: "N", Into: &b.vocabulary, Help: "WordPiece tokens to learn"})
	cli.Declare(cmd, "Measurement", measureFlags(&b.threads, &b.seeds, &b.peers, &b.only,
		"default (the defaults of train sentence), plain (256 dimensions, batches of 1,024, mean pooling), hidden (the same with Linear and ReLU to 256), engines (fused and graph, small); peers: static-embedding")...)
	return cli.Declare(cmd, cli.ForOutput, outputFlags(&b.output, &b.more)...)
}

// sentenceForm is a variant of training to measure.
type sentenceForm struct {
	name   string // name for --only
	system string // name in the table
	set    func(*train.Options)
	single bool // measured with the last number of threads only
}

// forms returns the variants to measure: the ones named by --only, or all except the slow engines.
func (b *sentenceBench) forms() []sentenceForm {
	plain := func(o *train.Options) {
		o.Dim, o.BatchSize, o.Pooling, o.Epochs = 256, 1024, sentence.Mean, b.epochs
	}
	small := func(engine train.EngineName) func(o *train.Options) {
		return func(o *train.Options) {
			o.Dim, o.BatchSize, o.Pooling, o.Epochs, o.MaxTokens, o.Engine = 64, 128, sentence.Mean, 1, 32, engine
		}
	}
	all := []sentenceForm{
		{name: "default", system: "LuminaVec, the defaults", set: func(*train.Options) {}, single: true},
		{name: "plain", system: "LuminaVec, 256 dimensions", set: plain},
		{name: "hidden", system: "LuminaVec, 256 dimensions, hidden 256", set: func(o *train.Options) { plain(o); o.Hidden = 256 }},
		{name: "engines", system: "LuminaVec, 64 dimensions, fused engine", set: small(train.Fused), single: true},
		{name: "engines", system: "LuminaVec, 64 dimensions, graph engine", set: small(train.Graph), single: true},
	}
	return slices.DeleteFunc(all, func(f sentenceForm) bool {
		if len(b.only) == 0 {
			return f.name == "engines"
		}
		return !wanted(b.only, f.name)
	})
}

// judge evaluates an encoder: the STS benchmark first, then each retrieval set.
func (b *sentenceBench) judge(ctx context.Context, e evaluate.Encoder, evalSets []*sets.Retrieval) ([]float64, error) {
	sts, err := evaluate.STS(ctx, e, sets.STSBenchmarkDev(), evaluate.STSOptions{})
	if err != nil {
		return nil, err
	}
	q := []float64{sts.Spearman}
	for _, set := range evalSets {
		r, err := evaluate.Retrieval(ctx, e, set, evaluate.RetrievalOptions{})
		if err != nil {
			return nil, err
		}
		q = append(q, r.NDCG10)
	}
	return q, nil
}

func (b *sentenceBench) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	sources := pairs.Sample()
	if len(b.pairs) > 0 {
		var err error
		if sources, err = pairs.Open(b.pairs, nil); err != nil {
			return err
		}
	}
	var evalSets []*sets.Retrieval
	for _, dir := range b.retrieval {
		set, err := sets.OpenRetrieval(ctx, dir, "")
		if err != nil {
			return err
		}
		evalSets = append(evalSets, set)
	}
	learnFiles := learn.DefaultOptions(learn.WordPiece)
	learnFiles.Vocabulary = b.vocabulary
	began := time.Now()
	trained, err := learn.TrainFrom(ctx, func(ctx context.Context, emit func([]byte) error) error {
		_, err := pairs.EachText(ctx, sources, pairs.Options{}, emit)
		return err
	}, learnFiles)
	if err != nil {
		return err
	}
	learning := time.Since(began)
	tokenizer := trained.Tokenizer

	var rows []row
	var count int64
	for _, f := range b.forms() {
		threads := b.threads
		if f.single {
			threads = threads[len(threads)-1:]
		}
		for _, n := range threads {
			r := row{system: f.system, threads: n}
			for seed := range b.seeds {
				cli.Note(cmd, "%s, %s, seed %d", r.system, cli.Plural(n, "thread", "threads"), seed+1)
				o := train.DefaultOptions()
				f.set(&o)
				o.Threads, o.Seed = n, uint64(seed+1)
				pairs, err := pairs.Build(ctx, sources, pairs.Options{Tokenizer: tokenizer, MaxTokens: o.MaxTokens, Related: true})
				if err != nil {
					return err
				}
				count = pairs.Examples()
				c, err := train.Train(ctx, o, train.Run{Pairs: pairs, Tokenizer: tokenizer})
				pairs.Close()
				if err != nil {
					return err
				}
				r.add(c.Config.Progress.Seconds, float64(count)*float64(o.Epochs), c.Config.Progress.Loss)
				encoder, err := sentence.FromCheckpoint(c)
				if err != nil {
					return err
				}
				q, err := b.judge(ctx, encoder, evalSets)
				if err != nil {
					return err
				}
				r.quality = append(r.quality, q)
			}
			rows = append(rows, r)
		}
	}
	if b.peers && wanted(b.only, "static-embedding") {
		r, err := b.staticEmbedding(cmd, sources, tokenizer, evalSets)
		if err != nil {
			return err
		}
		rows = append(rows, r...)
	}

	var text strings.Builder
	b.writeHead(&text, cmd.Flags(), count, learning)
	names := make([]string, len(evalSets))
	for i, set := range evalSets {
		names[i] = set.Name
	}
	writeSentenceRows(&text, names, rows)
	return writeReport(cmd.OutOrStdout(), b.output, b.more, text.String())
}
