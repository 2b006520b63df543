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
	"github.com/luminavec/luminavec/internal/fault"
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
	var b sentenceBench
	cmd := &cobra.Command{
		Use:   "sentence",
		Short: "measure the sentence trainer",
		Long: `Usage: bench sentence [OPTIONS]

Train variants of the sentence model with each number of threads and write a table
of speed and quality. Speed is pairs per second over the training alone, after the
pairs have been tokenized. Quality is Spearman's correlation on the development set
of the STS benchmark, and nDCG@10 on retrieval sets.

With --peers, StaticEmbedding of sentence-transformers, if it is installed, trains
on the same pairs with the same tokens, dimensions, batches, loss and number of
passes, on the last number of threads in --threads.

Options:
      --pairs FILE       pairs to train on (default: the bundled sample); repeatable
      --retrieval DIR    retrieval set for evaluation; repeatable
  -o, --output FILE      Markdown file to write (default: standard output)
      --threads N,N      numbers of threads to measure (default 1,2)
      --seeds N          runs of each variant, with seeds 1 to N; the table shows
                         the mean and the spread (default 1)
      --epochs N         passes over the pairs; the row of the defaults uses its own
                         number (default 3)
      --vocab N          WordPiece tokens to learn (default 30000)
      --peers            also measure installed peers
      --only NAME,NAME   measure only these rows: default (the defaults of train
                         sentence), plain (256 dimensions, batches of 1,024, mean
                         pooling), hidden (the same with Linear and ReLU to 256),
                         engines (fused and graph, small); peers: static-embedding
      --append           append the table to the output file
` + cli.SharedHelp,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.run(cmd) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&b.pairs, "pairs", nil, "")
	f.StringSliceVar(&b.retrieval, "retrieval", nil, "")
	f.StringVarP(&b.output, "output", "o", "", "")
	f.IntSliceVar(&b.threads, "threads", []int{1, 2}, "")
	f.IntVar(&b.seeds, "seeds", 1, "")
	f.IntVar(&b.epochs, "epochs", 3, "")
	f.IntVar(&b.vocabulary, "vocab", 30_000, "")
	f.BoolVar(&b.peers, "peers", false, "")
	f.StringSliceVar(&b.only, "only", nil, "")
	f.BoolVar(&b.more, "append", false, "")
	return cmd
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
		return !slices.Contains(b.only, f.name)
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
	if b.seeds < 1 || b.epochs < 1 || len(b.threads) == 0 {
		return cli.UsageError(fault.New("", "--seeds and --epochs must be at least 1 and --threads must have a value, got %d, %d and %s", b.seeds, b.epochs, cli.Plural(len(b.threads), "value", "values")))
	}
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
	if b.peers && (len(b.only) == 0 || slices.Contains(b.only, "static-embedding")) {
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
