package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
)

//go:embed gensim.py
var gensimScript string

// runPeers measures the installed peers on the words that LuminaVec tokenized, one line for
// each line of the text.
func (b *wordsBench) runPeers(cmd *cobra.Command, source *text.Source, t *tokenize.Tokenizer, corpus *corpora.Corpus,
	judge func(*evaluate.WordVectors) ([]float64, error)) ([]row, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	words := filepath.Join(dir, "words.txt")
	if err := writeWords(cmd.Context(), words, source, t); err != nil {
		return nil, err
	}
	trained := float64(corpus.Words()) * float64(b.options.Epochs)
	var rows []row
	for _, p := range b.wordPeers(words, filepath.Join(dir, "vectors")) {
		if !b.wants(p.key) {
			continue
		}
		if !p.installed() {
			cli.Note(cmd, "%s is not installed: skipped", p.name)
			continue
		}
		cli.Note(cmd, "%s, 1 thread", p.name)
		seconds, err := p.train(cmd.Context())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		if seconds <= 0 { // the difference of two short runs
			cli.Warn(cmd, "training of %s is too short to measure: skipped", p.name)
			continue
		}
		v, err := readVectors(cmd.Context(), p.vectors)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		q, err := judge(v)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row{system: p.name, threads: 1, seconds: []float64{seconds},
			speed: []float64{trained / seconds}, quality: [][]float64{q}})
	}
	return rows, nil
}

// peer is another program that trains word vectors.
type peer struct {
	key       string // name for --only
	name      string
	vectors   string // output file, in word2vec's text format
	installed func() bool
	train     func(context.Context) (seconds float64, err error)
}

func (b *wordsBench) wordPeers(words, vectors string) []peer {
	o := b.options
	number := func(v any) string { return fmt.Sprint(v) }
	gensim := func(name, sg, lr string) peer {
		return peer{"gensim", name, vectors,
			func() bool { return exec.Command("python3", "-c", "import gensim").Run() == nil },
			func(ctx context.Context) (float64, error) {
				c := exec.CommandContext(ctx, "python3", "-", words, vectors, sg, lr, number(o.Dim), number(o.Window),
					number(o.Negative), number(o.Subsample), number(o.MinCount), number(o.Epochs))
				c.Stdin = strings.NewReader(gensimScript)
				c.Stderr = os.Stderr
				out, err := c.Output()
				if err != nil {
					return 0, err
				}
				result, err := parseTraining(out)
				return result.Seconds, err
			}}
	}
	fasttext := func(key, name, mode, lr string, grams ...string) peer {
		if grams == nil {
			grams = []string{"-maxn", "0"}
		}
		return peer{key, name, vectors + ".vec",
			func() bool { _, err := exec.LookPath("fasttext"); return err == nil },
			func(ctx context.Context) (float64, error) {
				// fastText reports its speed only on its progress line, and its time
				// includes reading. So time the whole run and subtract the time of a
				// run with no epochs, which reads and writes as much.
				run := func(epochs string) (float64, error) {
					began := time.Now()
					args := append([]string{mode, "-input", words, "-output", vectors, "-lr", lr, "-dim", number(o.Dim),
						"-ws", number(o.Window), "-neg", number(o.Negative), "-t", number(o.Subsample), "-minCount", number(o.MinCount),
						"-epoch", epochs, "-thread", "1", "-verbose", "0"}, grams...)
					err := exec.CommandContext(ctx, "fasttext", args...).Run()
					return time.Since(began).Seconds(), err
				}
				base, err := run("0")
				if err != nil {
					return 0, err
				}
				whole, err := run(number(o.Epochs))
				return whole - base, err
			}}
	}
	return []peer{
		gensim("gensim skip-gram", "1", "0.025"), gensim("gensim CBOW", "0", "0.05"),
		fasttext("fasttext", "fastText skip-gram, no n-grams", "skipgram", "0.025"), fasttext("fasttext", "fastText CBOW, no n-grams", "cbow", "0.05"),
		fasttext("fasttext-ngrams", "fastText skip-gram, n-grams 3-6", "skipgram", "0.05", "-minn", "3", "-maxn", "6"),
	}
}
