package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/corpora/tokenize/learn"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/sentence"
)

//go:embed static_embedding.py
var staticEmbeddingScript string

// sentenceBench is a command line of bench sentence.
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
		Short: "measure the trainer of sentence vectors",
		Long: `Usage: bench sentence [OPTIONS]

Train sentence vectors in several forms at each number of threads and write a table
of speed and quality. Speed is pairs a second over the training alone, from the second
reading of the pairs on: they are tokens then. Quality is Spearman's correlation on
the development set of the STS benchmark, and nDCG@10 on retrieval sets.

With --peers, StaticEmbedding of sentence-transformers, where that is installed,
trains on the same pairs with the same tokens, dimensions, batches and loss, in as
many passes, on as many threads as there are cores.

Options:
      --pairs FILE       pairs to train on (default: the bundled sample); repeatable
      --retrieval DIR    retrieval set to judge by; repeatable
  -o, --output FILE      Markdown file to write (default: standard output)
      --threads N,N      numbers of threads to measure (default 1,2)
      --seeds N          runs of each, with seeds 1 to N (default 1)
      --epochs N         passes over the pairs of all but the defaults (default 3)
      --vocab N          WordPiece tokens that are learnt (default 30000)
      --peers            measure peers that are installed as well
      --only NAME,NAME   these rows only: default (the defaults of train sentence),
                         plain (256 dimensions, batches of 1,024, the mean), hidden
                         (the same with Linear and ReLU to 256), engines (fused and
                         graph, small); peers: static-embedding
      --append           add the table to the end of the output file
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

// sentenceForm is a way to train that is measured.
type sentenceForm struct {
	name   string // for --only
	system string // as the table names it
	set    func(*sentence.Options)
	single bool // measured with the last number of threads only
}

func (b *sentenceBench) forms() []sentenceForm {
	plain := func(o *sentence.Options) {
		o.Dim, o.BatchSize, o.Pooling, o.Epochs = 256, 1024, sentence.Mean, b.epochs
	}
	small := func(engine sentence.Engine) func(o *sentence.Options) {
		return func(o *sentence.Options) {
			o.Dim, o.BatchSize, o.Pooling, o.Epochs, o.MaxTokens, o.Engine = 64, 128, sentence.Mean, 1, 32, engine
		}
	}
	all := []sentenceForm{
		{name: "default", system: "LuminaVec, the defaults", set: func(*sentence.Options) {}, single: true},
		{name: "plain", system: "LuminaVec, 256 dimensions", set: plain},
		{name: "hidden", system: "LuminaVec, 256 dimensions, hidden 256", set: func(o *sentence.Options) { plain(o); o.Hidden = 256 }},
		{name: "engines", system: "LuminaVec, 64 dimensions, fused engine", set: small(sentence.Fused), single: true},
		{name: "engines", system: "LuminaVec, 64 dimensions, graph engine", set: small(sentence.Graph), single: true},
	}
	return slices.DeleteFunc(all, func(f sentenceForm) bool {
		if len(b.only) == 0 {
			return f.name == "engines"
		}
		return !slices.Contains(b.only, f.name)
	})
}

// judgeSentences measures the vectors of an encoder by the sets of the table.
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
		return cli.UsageError(fault.New("1 is the least", "seeds %d, epochs %d, %d numbers of threads", b.seeds, b.epochs, len(b.threads)))
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
				o := sentence.DefaultOptions()
				f.set(&o)
				o.Threads, o.Seed = n, uint64(seed+1)
				pairs, err := pairs.Build(ctx, sources, pairs.Options{Tokenizer: tokenizer, MaxTokens: o.MaxTokens, Related: true})
				if err != nil {
					return err
				}
				count = pairs.Examples()
				c, err := sentence.Train(ctx, o, sentence.Run{Pairs: pairs, Tokenizer: tokenizer})
				pairs.Close()
				if err != nil {
					return err
				}
				r.add(time.Duration(c.Config.Progress.Seconds*float64(time.Second)), float64(count)*float64(o.Epochs), c.Config.Progress.Loss)
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
	writeSentenceRows(&text, evalSets, rows)
	if b.output == "" {
		_, err := fmt.Fprint(cmd.OutOrStdout(), text.String())
		return err
	}
	before := []byte("# Benchmarks\n")
	if b.more {
		if before, err = os.ReadFile(b.output); err != nil {
			return err
		}
	}
	return os.WriteFile(b.output, append(append(before, '\n'), text.String()...), 0o644)
}

// staticEmbedding measures sentence-transformers, which reads what it trains on from
// files: the tokenizer and, of each file of pairs, a line of JSON a pair.
func (b *sentenceBench) staticEmbedding(cmd *cobra.Command, sources []pairs.Source, tokenizer *tokenize.Tokenizer, sets []*sets.Retrieval) ([]row, error) {
	const name = "sentence-transformers StaticEmbedding, 256 dimensions"
	if exec.Command("python3", "-c", "import sentence_transformers, datasets, accelerate").Run() != nil {
		cli.Note(cmd, "sentence-transformers is not installed: left out")
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file, err := tokenizer.MarshalJSON()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "tokenizer.json"), file, 0o644); err != nil {
		return nil, err
	}
	for i, source := range sources {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("pairs-%02d.jsonl", i)))
		if err != nil {
			return nil, err
		}
		e := json.NewEncoder(f)
		var anchor *string
		_, err = pairs.EachText(cmd.Context(), []pairs.Source{source}, pairs.Options{}, func(text []byte) error {
			s := string(text)
			if anchor == nil {
				anchor = &s
				return nil
			}
			pair := map[string]string{"anchor": *anchor, "positive": s}
			anchor = nil
			return e.Encode(pair)
		})
		if err != nil {
			return nil, err
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
	cli.Note(cmd, "%s", name)
	threads := b.threads[len(b.threads)-1]
	c := exec.CommandContext(cmd.Context(), "python3", "-", dir, fmt.Sprint(b.epochs), fmt.Sprint(threads))
	c.Stdin, c.Stderr = strings.NewReader(staticEmbeddingScript), os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("sentence-transformers: %w", err)
	}
	var result struct {
		Seconds float64 `json:"seconds"`
		Pairs   float64 `json:"pairs"`
		Loss    float64 `json:"loss"`
	}
	if err := json.Unmarshal(out, &result); err != nil {
		return nil, fmt.Errorf("sentence-transformers: %w", err)
	}
	encoder, err := readStatic(filepath.Join(dir, "vectors.npy"), tokenizer)
	if err != nil {
		return nil, err
	}
	q, err := b.judge(cmd.Context(), encoder, sets)
	if err != nil {
		return nil, err
	}
	r := row{system: name, threads: threads, quality: [][]float64{q}}
	r.add(time.Duration(result.Seconds*float64(time.Second)), result.Pairs, result.Loss)
	return []row{r}, nil
}

func (b *sentenceBench) writeHead(w *strings.Builder, given *pflag.FlagSet, pairs int64, learning time.Duration) {
	args := []string{"go run ./internal/bench sentence"}
	for _, p := range b.pairs {
		args = append(args, "--pairs "+filepath.Base(p))
	}
	for _, r := range b.retrieval {
		args = append(args, "--retrieval "+filepath.Base(r))
	}
	given.Visit(func(f *pflag.Flag) {
		if f.Name == "threads" || f.Name == "seeds" || f.Name == "epochs" || f.Name == "vocab" || f.Name == "only" {
			args = append(args, fmt.Sprintf("--%s %s", f.Name, strings.Trim(f.Value.String(), "[]")))
		}
	})
	if b.peers {
		args = append(args, "--peers")
	}
	o := sentence.DefaultOptions()
	fmt.Fprintf(w, "## Sentence vectors: %s pairs\n\nMade by `%s`.\n\n", cli.Thousands(int(pairs)), strings.Join(args, " "))
	fmt.Fprintf(w, "- Host: %s.\n- Commit: %s. Kernels: %s.\n", host(), commit(), kernel.Level())
	fmt.Fprintf(w, "- Tokens: WordPiece, %s, learnt from the pairs in %.1f s.\n", cli.Thousands(b.vocabulary), learning.Seconds())
	fmt.Fprintf(w, "- The defaults: %d dimensions, pooling %s, batches of %d, scale %g, %s %g, %d epochs, %d tokens of a text. The others: batches of 1,024, %s.\n",
		o.Dim, o.Pooling, o.BatchSize, o.Scale, o.Optimizer, o.LearningRate, o.Epochs, o.MaxTokens, cli.Plural(b.epochs, "epoch", "epochs"))
	fmt.Fprintf(w, "- Speed: thousands of pairs a second over the training alone; the pairs are tokens by then.\n")
	fmt.Fprintf(w, "- Quality: Spearman on the STS benchmark's development set; nDCG@10.\n")
	if b.seeds > 1 {
		fmt.Fprintf(w, "- Mean of %d seeds, ± half the range.\n", b.seeds)
	}
	fmt.Fprintf(w, "\nThe machine is shared and noisy: compare within this table, not with tables of other runs.\n\n")
}

func writeSentenceRows(w *strings.Builder, sets []*sets.Retrieval, rows []row) {
	head := []string{"system", "threads", "seconds", "speed", "loss", "STS dev"}
	for _, s := range sets {
		head = append(head, s.Name)
	}
	fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, r := range rows {
		cells := []string{r.system, fmt.Sprint(r.threads), spread(r.seconds, 1, 1), spread(r.speed, 1e-3, 1), spread(r.loss, 1, 4)}
		for i := range r.quality[0] {
			var q []float64
			for _, seed := range r.quality {
				q = append(q, seed[i])
			}
			cells = append(cells, spread(q, 1, 4))
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
}
