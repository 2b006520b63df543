package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/corpora/sets"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence/transformer"
)

//go:embed transformer.py
var torchScript string

// chunkTokens is about the length of the long texts, without the marks of the ends.
const chunkTokens = 126

type transformerBench struct {
	model, python, child, dir string
	texts, chunks, threads    int
	peers, compare            bool
}

func transformerCommand() *cobra.Command {
	b := transformerBench{python: "python3", texts: 3000, chunks: 200, threads: 1}
	cmd := &cobra.Command{
		Use:   "transformer --model FOLDER [options]",
		Short: "Measure the encoding of texts with a transformer, and with torch",
		Long: `
The sentences of the STS benchmark's dev set, and passages of 128 tokens made of them, are
encoded in float32, bf16 and int8. Speeds are texts per second of CPU time. With --peers,
sentence-transformers encodes the same texts in the same session. The cosines are those to
its vectors or, without it, to float32.

With --compare-threads, sentences are encoded with one thread and with --threads threads
in turn. On an idle machine, the column of seconds says how much faster more threads are;
that of CPU seconds says how much work they add, on a busy machine too.`,
		Example: `
$ go run ./internal/bench transformer --model all-MiniLM-L6-v2 --peers
$ go run ./internal/bench transformer --model all-MiniLM-L6-v2 --compare-threads --threads 2`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if b.child != "" {
				return b.encode(cmd.Context(), b.child)
			}
			return b.run(cmd)
		},
	}
	cli.Declare(cmd, cli.ForInput,
		cli.Flag{Name: "model", Arg: "FOLDER", Into: &b.model, Help: "transformer"},
		cli.Flag{Name: "texts", Arg: "N", Into: &b.texts, Positive: true, Help: "number of sentences, at most 3,000"},
		cli.Flag{Name: "chunks", Arg: "N", Into: &b.chunks, Positive: true, Help: "number of passages"},
		cli.Flag{Name: "threads", Arg: "N", Into: &b.threads, Positive: true, Help: "number of threads"},
		cli.Flag{Name: "compare-threads", Into: &b.compare, Help: "compare --threads threads with one"},
		cli.Flag{Name: "peers", Into: &b.peers, Help: "measure sentence-transformers too, if it is installed"},
		cli.Flag{Name: "python", Arg: "PROGRAM", Into: &b.python, Help: "Python that has sentence-transformers"})
	cmd.Flags().StringVar(&b.child, "child", "", "")
	cmd.Flags().StringVar(&b.dir, "dir", "", "")
	_ = cmd.Flags().MarkHidden("child")
	_ = cmd.Flags().MarkHidden("dir")
	return cmd
}

// encoderSpeed is a row of the table.
type encoderSpeed struct {
	system       string
	short, long  float64 // texts per second of CPU time
	least, usual float64 // cosine to the reference
}

// encode is a process that is measured: kind is the precision and the file, such as "int8 short.txt".
func (b *transformerBench) encode(ctx context.Context, kind string) error {
	precision, file, _ := strings.Cut(kind, " ")
	e, err := transformer.OpenWith(ctx, b.model, transformer.Options{Precision: transformer.Precision(precision)})
	if err != nil || file == "" {
		return err
	}
	data, err := os.ReadFile(filepath.Join(b.dir, file))
	if err != nil {
		return err
	}
	texts := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	vectors, _, err := e.EncodeBatch(ctx, texts, b.threads)
	if err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(b.dir, precision+".npy"))
	if err != nil {
		return err
	}
	w, err := exchange.NewWriter(out, "npy", exchange.Shape{Rows: int64(len(texts)), Dim: e.Dim(), DType: exchange.Float32})
	if err != nil {
		return err
	}
	for i := range texts {
		if err := w.Write(exchange.Row{Values: vectors[i*e.Dim() : (i+1)*e.Dim()]}); err != nil {
			return err
		}
	}
	if err := w.Finish(); err != nil {
		return err
	}
	return out.Close()
}

// seconds returns the CPU time of a child process.
func (b *transformerBench) seconds(ctx context.Context, kind string) (float64, error) {
	c := exec.CommandContext(ctx, os.Args[0], "transformer", "--model", b.model, "--threads", fmt.Sprint(b.threads), "--dir", b.dir, "--child", kind)
	c.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", b.threads))
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		return 0, err
	}
	return (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds(), nil
}

func (b *transformerBench) run(cmd *cobra.Command) (err error) {
	if b.model == "" {
		return cli.UsageError(fault.New("name a transformer with --model FOLDER", "no model is named"))
	}
	if b.dir, err = os.MkdirTemp("", "luminavec-bench-*"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if err := b.writeTexts(cmd.Context()); err != nil {
		return err
	}
	if b.compare {
		return b.compareThreads(cmd.Context(), cmd.OutOrStdout())
	}
	var rows []encoderSpeed
	reference := filepath.Join(b.dir, "float32.npy")
	if b.peers {
		row, err := b.torch(cmd)
		if err != nil {
			return err
		}
		if row != nil {
			reference = filepath.Join(b.dir, "torch.npy")
			rows = append(rows, *row)
		}
	}
	for _, p := range transformer.Precisions() {
		row := encoderSpeed{system: "LuminaVec, " + string(p)}
		opening, err := b.seconds(cmd.Context(), string(p))
		if err != nil {
			return err
		}
		for _, f := range []struct {
			name  string
			count int
			to    *float64
		}{{"long.txt", b.chunks, &row.long}, {"short.txt", b.texts, &row.short}} { // the last one leaves its vectors
			took, err := b.seconds(cmd.Context(), string(p)+" "+f.name)
			if err != nil {
				return err
			}
			*f.to = float64(f.count) / max(took-opening, float64(time.Millisecond)/1e9)
		}
		if row.least, row.usual, err = cosines(cmd.Context(), filepath.Join(b.dir, string(p)+".npy"), reference); err != nil {
			return err
		}
		rows = append(rows, row)
	}
	return writeEncoderSpeeds(cmd.OutOrStdout(), b, rows)
}

// writeTexts writes the sentences and the passages.
func (b *transformerBench) writeTexts(ctx context.Context) error {
	e, err := transformer.Open(ctx, b.model)
	if err != nil {
		return err
	}
	var short, long []string
	for _, p := range sets.STSBenchmarkDev().Pairs {
		short = append(short, p.A, p.B)
	}
	b.texts = min(b.texts, len(short))
	for at := 0; len(long) < b.chunks; {
		var words []string
		for len(e.Tokenizer().Encode(nil, strings.Join(words, " "))) < chunkTokens {
			words = append(words, strings.Fields(short[at%len(short)])...)
			at++
		}
		long = append(long, strings.Join(words, " "))
	}
	for name, texts := range map[string][]string{"short.txt": short[:b.texts], "long.txt": long} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(strings.Join(texts, "\n")+"\n"), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// torch measures sentence-transformers; nil if it is not installed.
func (b *transformerBench) torch(cmd *cobra.Command) (*encoderSpeed, error) {
	if exec.CommandContext(cmd.Context(), b.python, "-c", "import sentence_transformers, torch").Run() != nil {
		cli.Note(cmd, "sentence-transformers is not installed: skipped")
		return nil, nil
	}
	script := filepath.Join(b.dir, "transformer.py")
	if err := os.WriteFile(script, []byte(torchScript), 0o600); err != nil {
		return nil, err
	}
	c := exec.CommandContext(cmd.Context(), b.python, script, b.model, fmt.Sprint(b.threads), filepath.Join(b.dir, "short.txt"), filepath.Join(b.dir, "long.txt"), filepath.Join(b.dir, "torch.npy"))
	c.Env = append(os.Environ(), fmt.Sprintf("OMP_NUM_THREADS=%d", b.threads), fmt.Sprintf("MKL_NUM_THREADS=%d", b.threads), "TOKENIZERS_PARALLELISM=false")
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("sentence-transformers: %w", err)
	}
	var seconds [2]float64
	if err := json.Unmarshal(out, &seconds); err != nil {
		return nil, fmt.Errorf("sentence-transformers: %w", err)
	}
	return &encoderSpeed{system: "sentence-transformers (torch), float32", short: float64(b.texts) / seconds[0], long: float64(b.chunks) / seconds[1], least: 1, usual: 1}, nil
}

// cosines returns the least and the mean cosine between the vectors of two files.
func cosines(ctx context.Context, a, b string) (least, mean float64, err error) {
	x, read, err := exchange.ReadAll(ctx, a, exchange.Options{})
	if err != nil {
		return 0, 0, err
	}
	y, _, err := exchange.ReadAll(ctx, b, exchange.Options{})
	if err != nil {
		return 0, 0, err
	}
	if len(x) != len(y) || len(x) == 0 {
		return 0, 0, fmt.Errorf("%s and %s have %d and %d values", a, b, len(x), len(y))
	}
	least = 1
	for rows := slices.Collect(slices.Chunk(x, read.Dim)); len(rows) > 0; rows, y = rows[1:], y[read.Dim:] {
		var xy, xx, yy float64
		for j, v := range rows[0] {
			w := y[j]
			xy, xx, yy = xy+float64(v)*float64(w), xx+float64(v)*float64(v), yy+float64(w)*float64(w)
		}
		c := xy / math.Sqrt(xx*yy)
		least, mean = min(least, c), mean+c/float64(len(x)/read.Dim)
	}
	return least, mean, nil
}

// writeEncoderSpeeds writes the table. The first row is the one that the others are compared with.
func writeEncoderSpeeds(w io.Writer, b *transformerBench, rows []encoderSpeed) error {
	_, err := fmt.Fprintf(w, "%d sentences and %d passages of 128 tokens, threads: %d; texts per second of CPU time; in brackets, relative to the first row.\n\n"+
		"| | sentences/s | passages/s | cosine: least | mean |\n|---|---|---|---|---|\n", b.texts, b.chunks, b.threads)
	for _, r := range rows {
		if err == nil {
			_, err = fmt.Fprintf(w, "| %s | %.0f (%.2f) | %.1f (%.2f) | %.6f | %.6f |\n", r.system, r.short, r.short/rows[0].short, r.long, r.long/rows[0].long, r.least, r.usual)
		}
	}
	return err
}
