package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/index/evaluate"
	"github.com/luminavec/luminavec/internal/cli"
)

//go:embed gensim.py
var gensimScript string

// runPeers measures the peers that are installed on the words as LuminaVec
// cut them, a line a line.
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
	for _, p := range b.installable(words, filepath.Join(dir, "vectors")) {
		if !b.wants(p.key) {
			continue
		}
		if !p.installed() {
			cli.Note(cmd, "%s is not installed: left out", p.name)
			continue
		}
		cli.Note(cmd, "%s, 1 thread", p.name)
		seconds, err := p.train(cmd.Context())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		v, err := readVectors(p.vectors)
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
	key       string // for --only
	name      string
	vectors   string // file it writes, word2vec's text format
	installed func() bool
	train     func(context.Context) (seconds float64, err error)
}

func (b *wordsBench) installable(words, vectors string) []peer {
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
				var result struct {
					Seconds float64 `json:"seconds"`
				}
				err = json.Unmarshal(out, &result)
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
				// fastText says its speed only on its progress line, reading
				// included in the time: the whole run is timed, less one with
				// hardly any training, which reads and writes as much.
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

// writeWords writes the normalised words of source with spaces between them.
func writeWords(ctx context.Context, path string, source *text.Source, t *tokenize.Tokenizer) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	err = source.Read(ctx, func(c text.Chunk) error {
		t.Words(c.Text, func(word []byte) {
			w.Write(word)
			w.WriteByte(' ')
		})
		if c.LineEnd {
			w.WriteByte('\n')
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// readVectors reads word2vec's text format as written by a peer of this run.
func readVectors(path string) (*evaluate.WordVectors, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	var rows, dim int
	if _, err := fmt.Fscanf(r, "%d %d\n", &rows, &dim); err != nil {
		return nil, fmt.Errorf("%s: head line: %w", path, err)
	}
	var tokens []string
	var counts []int64
	var data []float32
	for {
		line, err := r.ReadString('\n')
		if fields := strings.Fields(line); len(fields) == dim+1 && fields[0] != "</s>" {
			tokens = append(tokens, fields[0])
			counts = append(counts, int64(rows-len(tokens)+1)) // only the order counts here
			for _, s := range fields[1:] {
				v, err := strconv.ParseFloat(s, 32)
				if err != nil {
					return nil, fmt.Errorf("%s: vector of %q: %w", path, fields[0], err)
				}
				data = append(data, float32(v))
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	v, err := tokenize.NewVocabulary(tokens, counts)
	if err != nil {
		return nil, err
	}
	t, err := tokenize.NewWordTokenizer(tokenize.WordOptions{}).WithVocabulary(v)
	if err != nil {
		return nil, err
	}
	return evaluate.NewWordVectors(&checkpoints.Checkpoint{
		Config: checkpoints.Config{Kind: "import", Dim: dim}, Tokenizer: t, Vocabulary: v,
		Tensors: map[string]checkpoints.Tensor{"embedding.weight": {Shape: []int{len(tokens), dim}, Data: data}},
	}), nil
}
