package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/training"
	"github.com/luminavec/luminavec/internal/words"
)

// scaleBench holds the command line of bench scale.
type scaleBench struct {
	corpus  []string
	sets    []string
	shards  []int
	rounds  []int
	methods []string
	kinds   []string
	epochs  int
	seed    int
}

func scaleCommand() *cobra.Command {
	b := scaleBench{shards: []int{1, 4, 8}, rounds: []int{3}, methods: []string{"sum"}, kinds: []string{"skipgram", "cbow"}, epochs: 3, seed: 1}
	cmd := &cobra.Command{
		Use: "scale [options]", Short: "Measure training that is divided into shards", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.run(cmd) },
	}
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "corpus", Arg: "FILE", Into: &b.corpus, Help: "text to train on", Default: "the bundled sample"},
		cli.Flag{Name: "set", Arg: "FILE", Into: &b.sets, Help: "word pairs for evaluation besides WordSim-353"})
	return cli.Declare(cmd, "Measurement",
		cli.Flag{Name: "shards", Arg: "N,N", Into: &b.shards, Help: "numbers of shards; 1 is one process", Positive: true},
		cli.Flag{Name: "rounds", Arg: "N,N", Into: &b.rounds, Help: "numbers of rounds", Positive: true},
		cli.Flag{Name: "method", Arg: "NAME,NAME", Into: &b.methods, Help: "how parts are averaged"},
		cli.Flag{Name: "kind", Arg: "NAME,NAME", Into: &b.kinds, Help: "skipgram, cbow"},
		cli.Flag{Name: "epochs", Arg: "N", Into: &b.epochs, Help: "passes over the text", Positive: true},
		cli.Flag{Name: "seed", Arg: "N", Into: &b.seed, Help: "seed"})
}

func (b *scaleBench) open() (*text.Source, error) {
	if len(b.corpus) == 0 {
		return text.Sample(), nil
	}
	return text.Open(b.corpus...)
}

func (b *scaleBench) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	split := func(l []string) []string { return strings.Split(strings.Join(l, ","), ",") }
	b.kinds, b.methods = split(b.kinds), split(b.methods)
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	evalSets := []*sets.WordPairs{sets.WordSim353()}
	for _, path := range b.sets {
		s, err := sets.ReadWordPairs(ctx, path)
		if err != nil {
			return err
		}
		evalSets = append(evalSets, s)
	}
	src, err := b.open()
	if err != nil {
		return err
	}
	counts, err := corpora.CountWords(ctx, src, corpora.BuildOptions{Tokenizer: tokenizer})
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	judge := func(label string, c *checkpoints.Checkpoint) error {
		v := evaluate.NewWordVectors(c)
		line := fmt.Sprintf("%-28s", label)
		for _, s := range evalSets {
			line += fmt.Sprintf(" %.3f", evaluate.Words(v, s).Spearman)
		}
		a, err := evaluate.AnalogyReport(ctx, v, sets.GoogleAnalogies(), evaluate.AnalogyOptions{})
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s %.3f  loss %.4f\n", line, a.Accuracy, c.Config.Progress.Loss)
		return nil
	}
	for _, n := range b.shards {
		var shards []*corpora.Corpus
		var division *text.Division
		for i := 1; i <= n; i++ {
			src, err := b.open()
			if err != nil {
				return err
			}
			if n > 1 {
				if division, err = src.Shard(ctx, text.Shard{Index: i, Of: n}); err != nil {
					return err
				}
			}
			c, err := corpora.Build(ctx, src, corpora.BuildOptions{Tokenizer: tokenizer, Vocabulary: counts.Vocabulary()})
			if err != nil {
				return err
			}
			defer c.Close()
			shards = append(shards, c)
		}
		for _, name := range b.kinds {
			kind, _ := words.Lookup(name)
			o := kind.Defaults()
			o.Epochs, o.Threads, o.Seed = b.epochs, 1, uint64(b.seed)
			o.LearningRate = kind.Rates.Usual(&o)
			if n == 1 {
				c, err := kind.Train(ctx, o, words.Run{Corpus: shards[0], Tokenizer: tokenizer})
				if err != nil {
					return err
				}
				if err := judge(name+" one process", c); err != nil {
					return err
				}
				continue
			}
			for _, rounds := range b.rounds {
				for _, method := range b.methods {
					c, err := simulate(ctx, kind, o, shards, tokenizer, division, rounds, training.Method(method))
					if err != nil {
						return err
					}
					if err := judge(fmt.Sprintf("%s %d shards %d rounds %s", name, n, rounds, method), c); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// simulate trains the shards one after the other, round by round.
func simulate(ctx context.Context, kind words.Kind, o words.Options, shards []*corpora.Corpus, tokenizer *tokenize.Tokenizer, division *text.Division, rounds int, m training.Method) (*checkpoints.Checkpoint, error) {
	var parent *checkpoints.Checkpoint
	for r := 1; r <= rounds; r++ {
		var parts []*checkpoints.Checkpoint
		for i, corpus := range shards {
			run := words.Run{Corpus: corpus, Tokenizer: tokenizer, Part: &checkpoints.Part{Shard: i + 1, Shards: len(shards), Round: r, Rounds: rounds, Corpus: division.Corpus}}
			if parent != nil {
				run.Parent = copyOf(parent)
			}
			c, err := kind.Train(ctx, o, run)
			if err != nil {
				return nil, err
			}
			parts = append(parts, copyOf(c))
		}
		var of []training.PartOf
		for i, c := range parts {
			of = append(of, training.PartOf{Name: fmt.Sprint("part ", i+1), Model: c})
		}
		var err error
		if parent, err = words.Average(ctx, of, words.AverageOptions{Method: m, Parent: parent}); err != nil {
			return nil, err
		}
	}
	return parent, nil
}

// copyOf copies the tensors of a model.
func copyOf(c *checkpoints.Checkpoint) *checkpoints.Checkpoint {
	n := *c
	n.Tensors, n.State = map[string]checkpoints.Tensor{}, map[string]checkpoints.Tensor{}
	for name, t := range c.Tensors {
		t.Data = append(kernel.Aligned(len(t.Data))[:0], t.Data...)
		n.Tensors[name] = t
	}
	for name, t := range c.State {
		t.Data = append(kernel.Aligned(len(t.Data))[:0], t.Data...)
		n.State[name] = t
	}
	return &n
}
