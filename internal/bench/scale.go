package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/words"
)

// scaleBench holds the command line of bench scale.
type scaleBench struct {
	corpus  string
	cache   string
	kinds   []string
	threads int
	epochs  int
	child   bool
}

// scaled is what one training reports.
type scaled struct {
	WordsPerSecond float64
	Loss, Spearman float64
}

func scaleCommand() *cobra.Command {
	b := scaleBench{kinds: []string{"skipgram", "cbow"}, threads: 2, epochs: 2}
	cmd := &cobra.Command{
		Use:   "scale --corpus FILE --cache DIR [options]",
		Short: "Compare threads that share a model with processes that do not",
		Long: `
It trains word vectors with one thread, with several threads, and with as many processes of
one thread each, at the same time. The share of threads is their speed divided by that of the
processes together: what is missing to 1 is lost to rows that several threads write. Words
per second are those of the training alone. Run it on a machine that does nothing else.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if b.corpus == "" || b.cache == "" {
				return cli.UsageError(fmt.Errorf("--corpus and --cache are needed"))
			}
			if b.child {
				return b.train(cmd)
			}
			return b.run(cmd)
		},
	}
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "corpus", Arg: "FILE", Into: &b.corpus, Help: "text to train on"},
		cli.Flag{Name: "cache", Arg: "DIR", Into: &b.cache, Help: "folder for the words of the text as ids, which all processes read"})
	return cli.Declare(cmd, "Measurement",
		cli.Flag{Name: "kind", Arg: "NAME,NAME", Into: &b.kinds, Help: "objectives"},
		cli.Flag{Name: "threads", Arg: "N", Into: &b.threads, Help: "number of threads, and of processes", Positive: true},
		cli.Flag{Name: "epochs", Arg: "N", Into: &b.epochs, Help: "passes over the text", Positive: true},
		cli.Flag{Name: "child", Into: &b.child, Help: "train once and report as JSON; the benchmark calls itself so"})
}

// train trains once.
func (b *scaleBench) train(cmd *cobra.Command) error {
	ctx := cmd.Context()
	src, err := text.Open(b.corpus)
	if err != nil {
		return err
	}
	tokenizer := tokenize.NewWordTokenizer(tokenize.WordOptions{})
	corpus, err := corpora.Cached{Dir: b.cache}.Corpus(ctx, src, corpora.BuildOptions{Tokenizer: tokenizer})
	if err != nil {
		return err
	}
	defer corpus.Close()
	kind, ok := words.Lookup(b.kinds[0])
	if !ok {
		return fmt.Errorf("no objective is called %q", b.kinds[0])
	}
	o := kind.Defaults()
	o.Threads, o.Epochs = b.threads, b.epochs
	o.LearningRate = kind.Rates.Usual(&o)
	c, err := kind.Train(ctx, o, words.Run{Corpus: corpus, Tokenizer: tokenizer})
	if err != nil {
		return err
	}
	return cli.WriteJSON(cmd.OutOrStdout(), scaled{
		WordsPerSecond: float64(corpus.Words()) * float64(o.Epochs) / c.Config.Progress.Seconds, Loss: c.Config.Progress.Loss,
		Spearman: evaluate.Words(evaluate.NewWordVectors(c), sets.WordSim353()).Spearman,
	})
}

// start starts a process that trains once; the function it returns waits for the result.
func (b *scaleBench) start(kind string, threads int) (func() (scaled, error), error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(self, "scale", "--child", "--corpus", b.corpus, "--cache", b.cache, "--kind", kind,
		"--threads", strconv.Itoa(threads), "--epochs", strconv.Itoa(b.epochs))
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() (s scaled, err error) {
		if err := cmd.Wait(); err != nil {
			return s, fmt.Errorf("%w: %s", err, errs.String())
		}
		return s, json.Unmarshal(out.Bytes(), &s)
	}, nil
}

// together trains in n processes at the same time and returns the sum of their speeds.
func (b *scaleBench) together(n int, kind string, threads int) (sum scaled, err error) {
	var waits []func() (scaled, error)
	for range n {
		wait, err := b.start(kind, threads)
		if err != nil {
			return sum, err
		}
		waits = append(waits, wait)
	}
	for _, wait := range waits {
		s, err := wait()
		if err != nil {
			return sum, err
		}
		sum.WordsPerSecond += s.WordsPerSecond
		sum.Loss, sum.Spearman = s.Loss, s.Spearman
	}
	return sum, nil
}

func (b *scaleBench) run(cmd *cobra.Command) error {
	if _, err := b.together(1, "skipgram", b.threads); err != nil { // fills the cache
		return err
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "| | words/s | of %d processes | loss | WordSim-353 |\n|---|---|---|---|---|\n", b.threads)
	for _, kind := range strings.Split(strings.Join(b.kinds, ","), ",") {
		one, err := b.together(1, kind, 1)
		if err != nil {
			return err
		}
		apart, err := b.together(b.threads, kind, 1)
		if err != nil {
			return err
		}
		row := func(name string, s scaled) {
			fmt.Fprintf(out, "| %s, %s | %s | %.2f | %.4f | %.3f |\n", kind, name, cli.Count(s.WordsPerSecond), s.WordsPerSecond/apart.WordsPerSecond, s.Loss, s.Spearman)
		}
		row("1 thread", one)
		row(fmt.Sprintf("%d processes", b.threads), apart)
		shared, err := b.together(1, kind, b.threads)
		if err != nil {
			return err
		}
		row(fmt.Sprintf("%d threads", b.threads), shared)
	}
	return nil
}
