package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/corpora/tokenize/learn"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/train"
)

// embedBench holds the command line of bench embed.
type embedBench struct {
	corpus  []string
	model   string
	texts   int
	threads []int
	runs    int
	output  string
	peers   bool
	only    []string
	more    bool // append to output

	dir   string // temporary
	count int    // texts in the file
	bytes int64
}

func embedCommand() *cobra.Command {
	b := embedBench{texts: 200_000}
	cmd := &cobra.Command{
		Use:   "embed [options]",
		Short: "Measure the encoder",
		Long: `
It cuts a text into sentences of 5 to 40 words and runs 'embed text' on them with
each number of threads: whole processes, from the start to the vectors in a file, and
their processor time. It also measures the time from the start to the first vector of
a model of 340,000 words.

With --peers, model2vec, if it is installed, encodes the same file with the same
table and tokenizer on one thread, in turns with 'embed text', and the largest
difference of the vectors is reported.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.run(cmd) },
	}
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "corpus", Arg: "FILE", Into: &b.corpus, Help: "text to cut into sentences", Default: "the bundled sample"},
		cli.Flag{Name: "model", Short: "m", Arg: "MODEL", Into: &b.model, Help: "sentence model without layers",
			Default: "one of 256 dimensions, trained on the bundled pairs like 'train sentence --dim 256'"},
		cli.Flag{Name: "texts", Arg: "N", Into: &b.texts, Help: "number of sentences", Positive: true})
	flags := measureFlags(&b.threads, &b.runs, &b.peers, &b.only, "luminavec, start; peers: model2vec")
	at := slices.IndexFunc(flags, func(f cli.Flag) bool { return f.Name == "seeds" })
	flags[at].Name, flags[at].Help = "runs", "runs of each program; the table shows the mean and the spread"
	cli.Declare(cmd, "Measurement", flags...)
	return cli.Declare(cmd, cli.ForOutput, outputFlags(&b.output, &b.more)...)
}

func (b *embedBench) run(cmd *cobra.Command) (err error) {
	ctx := cmd.Context()
	if b.dir, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if err := b.writeSentences(ctx); err != nil {
		return err
	}
	if b.model == "" {
		cli.Note(cmd, "training the model")
		if err := b.train(ctx); err != nil {
			return err
		}
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", b.dir+string(filepath.Separator), "./cmd/embed")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building embed: %w", err)
	}
	var rows []*processRow
	if wanted(b.only, "luminavec") {
		for _, n := range b.threads {
			rows = append(rows, b.luminavec(n))
		}
	}
	difference := -1.0
	var peer *processRow
	if b.peers && wanted(b.only, "model2vec") {
		if peer, err = b.model2vec(cmd); err != nil {
			return err
		}
		if peer != nil {
			rows = append(rows, peer)
		}
	}
	for i := range b.runs { // in turns, so that all see the same load
		for _, r := range rows {
			cli.Note(cmd, "%s, %s, run %d", r.system, cli.Plural(r.threads, "thread", "threads"), i+1)
			if err := r.measure(ctx); err != nil {
				return err
			}
		}
	}
	if peer != nil && len(rows) > 1 {
		if difference, err = largestDifference(ctx, rows[0].out, peer.out); err != nil {
			return err
		}
	}
	var start *processRow
	if wanted(b.only, "start") {
		if start, err = b.start(cmd); err != nil {
			return err
		}
	}
	var out strings.Builder
	b.writeHead(&out, cmd.Flags(), difference)
	b.writeRows(&out, rows, peer)
	if start != nil {
		writeStart(&out, start)
	}
	return writeReport(cmd.OutOrStdout(), b.output, b.more, out.String())
}

// luminavec returns the row of embed text.
func (b *embedBench) luminavec(threads int) *processRow {
	r := &processRow{system: "LuminaVec embed text", threads: threads, out: filepath.Join(b.dir, fmt.Sprintf("luminavec-%d.npy", threads))}
	r.command = func(ctx context.Context) *exec.Cmd {
		c := exec.CommandContext(ctx, filepath.Join(b.dir, "embed"), "text", "-m", b.model, "--threads", fmt.Sprint(threads), "--quiet", "--force", "-o", r.out, b.file())
		c.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", threads))
		return c
	}
	return r
}

func (b *embedBench) file() string { return filepath.Join(b.dir, "sentences.txt") }

// writeSentences writes the first sentences of the corpus to a file.
func (b *embedBench) writeSentences(ctx context.Context) error {
	source := text.Sample()
	if len(b.corpus) > 0 {
		var err error
		if source, err = text.Open(b.corpus...); err != nil {
			return err
		}
	}
	var out strings.Builder
	for line, err := range cli.Lines(ctx, source) {
		if err != nil {
			return err
		}
		for _, s := range cutSentences(line.Text) {
			if n := len(strings.Fields(s)); n >= 5 && n <= 40 && b.count < b.texts {
				out.WriteString(s + "\n")
				b.count++
			}
		}
		if b.count == b.texts {
			break
		}
	}
	b.bytes = int64(out.Len())
	return os.WriteFile(b.file(), []byte(out.String()), 0o600)
}

// cutSentences cuts a line after each ., ! and ? that a space follows.
func cutSentences(line string) (sentences []string) {
	for {
		n := 0
		for n+1 < len(line) && !(strings.IndexByte(".!?", line[n]) >= 0 && line[n+1] == ' ') {
			n++
		}
		n = min(n+1, len(line))
		if s := strings.TrimSpace(line[:n]); s != "" {
			sentences = append(sentences, s)
		}
		if line = line[n:]; line == "" {
			return sentences
		}
	}
}

// train trains a sentence model of 256 dimensions on the bundled pairs.
func (b *embedBench) train(ctx context.Context) error {
	sources := pairs.Sample()
	trained, err := learn.TrainFrom(ctx, func(ctx context.Context, emit func([]byte) error) error {
		_, err := pairs.EachText(ctx, sources, pairs.Options{}, emit)
		return err
	}, learn.DefaultOptions(learn.WordPiece))
	if err != nil {
		return err
	}
	o := train.DefaultOptions()
	o.Dim = 256
	set, err := pairs.Build(ctx, sources, pairs.Options{Tokenizer: trained.Tokenizer, MaxTokens: o.MaxTokens, Related: true})
	if err != nil {
		return err
	}
	defer set.Close()
	c, err := train.Train(ctx, o, train.Run{Pairs: set, Tokenizer: trained.Tokenizer})
	if err != nil {
		return err
	}
	b.model = filepath.Join(b.dir, "model")
	return checkpoints.Write(ctx, b.model, c, checkpoints.WriteOptions{})
}

// startWords is the number of words of the model whose start is measured.
const startWords = 340_000

// start measures the time to the first vector of a word model of 100 dimensions, 136 MB.
func (b *embedBench) start(cmd *cobra.Command) (*processRow, error) {
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	var tokens []string
	for len(tokens) < startWords {
		word := make([]byte, 3+r.IntN(10))
		for i := range word {
			word[i] = byte('a' + r.IntN(26))
		}
		if !seen[string(word)] {
			seen[string(word)] = true
			tokens = append(tokens, string(word))
		}
	}
	v, err := tokenize.NewVocabulary(tokens, nil)
	if err != nil {
		return nil, err
	}
	tokenizer, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		return nil, err
	}
	table := checkpoints.NewTensor(len(tokens), 100)
	for i := range tokens {
		for j := range table.Row(i) {
			table.Row(i)[j] = r.Float32()
		}
	}
	enc, err := sentence.New(sentence.Layers{Tokenizer: tokenizer, Embedding: table})
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(b.dir, "words")
	if err := checkpoints.Write(cmd.Context(), dir, enc.Checkpoint(), checkpoints.WriteOptions{}); err != nil {
		return nil, err
	}
	row := &processRow{system: "start", command: func(ctx context.Context) *exec.Cmd {
		c := exec.CommandContext(ctx, filepath.Join(b.dir, "embed"), "text", "-m", dir, "-f", "tsv", "-")
		c.Stdin = strings.NewReader(tokens[len(tokens)/2] + "\n")
		return c
	}}
	table.Data = nil
	runtime.GC()
	for range 20 {
		if err := row.measure(cmd.Context()); err != nil {
			return nil, err
		}
	}
	return row, nil
}

// processRow is a line of the table: a program, run several times.
type processRow struct {
	system    string
	threads   int
	command   func(context.Context) *exec.Cmd
	out       string    // the vectors it writes
	cpu, wall []float64 // seconds
}

// measure runs the program once.
func (r *processRow) measure(ctx context.Context) error {
	c := r.command(ctx)
	c.Stdout, c.Stderr = io.Discard, os.Stderr
	began := time.Now()
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s: %w", r.system, err)
	}
	r.wall = append(r.wall, time.Since(began).Seconds())
	r.cpu = append(r.cpu, (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds())
	return nil
}
