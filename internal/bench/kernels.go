package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/kernel"
	"github.com/luminavec/luminavec/internal/kernel/rounded"
)

// kernelsJob is a command line of bench kernels.
type kernelsJob struct {
	output string
	more   bool // append to output
	child  bool
}

func kernelsCommand() *cobra.Command {
	j := kernelsJob{}
	cmd := &cobra.Command{
		Use:   "kernels [options]",
		Short: "Measure the kernels at every level of this processor",
		Long: `
Each kernel runs on one thread with the best instructions that the processor has,
then with fewer, down to plain Go. A second table counts the instructions of the
inner loops, which needs no such processor: it is read from the assembly in
internal/kernel, so run it in the root of the repository.

If you have an ARM machine, please open an issue with the output.`,
		Example: `
$ go run ./internal/bench kernels`,
		RunE: func(cmd *cobra.Command, _ []string) error { return j.run(cmd) },
	}
	cli.Declare(cmd, cli.ForOutput, outputFlags(&j.output, &j.more)...)
	cmd.Flags().BoolVar(&j.child, "child", false, "")
	_ = cmd.Flags().MarkHidden("child")
	return cmd
}

// kernelSpeed is the speed of a kernel in a unit that it names.
type kernelSpeed struct {
	Name, Unit string
	Speed      float64
}

func (j *kernelsJob) run(cmd *cobra.Command) error {
	if j.child {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(measureKernels())
	}
	levels := kernel.Levels()
	for levels[0] != kernel.Level() {
		levels = levels[1:]
	}
	speeds := make([][]kernelSpeed, len(levels))
	for i, level := range levels {
		// The level is chosen when a process starts.
		child := exec.CommandContext(cmd.Context(), os.Args[0], "kernels", "--child")
		child.Env = append(os.Environ(), "LUMINAVEC_CPU="+level)
		child.Stderr = os.Stderr
		out, err := child.Output()
		if err != nil {
			return fmt.Errorf("measuring the level %s: %w", level, err)
		}
		if err := json.Unmarshal(out, &speeds[i]); err != nil {
			return err
		}
	}
	counts, err := countLoops("internal/kernel")
	if err != nil {
		return err
	}
	var text strings.Builder
	writeKernels(&text, levels, speeds, counts)
	return writeReport(cmd.OutOrStdout(), j.output, j.more, text.String())
}

func writeKernels(w io.Writer, levels []string, speeds [][]kernelSpeed, counts []loopCount) {
	fmt.Fprintf(w, "## Kernels on one thread\n\nProduced by `go run ./internal/bench kernels`.\n\n- Host: %s.\n- Commit: %s.\n\n%s\n\n", host(), commit(), sharedMachine)
	head := append([]string{"kernel", "unit"}, levels...)
	var lines [][]string
	for k, s := range speeds[0] {
		line := []string{s.Name, s.Unit}
		for i := range levels {
			line = append(line, fmt.Sprintf("%.3g", speeds[i][k].Speed))
		}
		lines = append(lines, line)
	}
	writeTable(w, head, lines)
	writeCounts(w, counts)
}

// perSecond runs f, which does work units of work, for about a second and returns millions
// of units per second.
func perSecond(work float64, f func()) float64 {
	r := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			f()
		}
	})
	return work * float64(r.N) / r.T.Seconds() / 1e6
}

func measureKernels() []kernelSpeed {
	r := rand.New(rand.NewPCG(1, 1))
	floats := func(n int) []float32 {
		x := kernel.Aligned(n)
		for i := range x {
			x[i] = r.Float32() - 0.5
		}
		return x
	}
	var speeds []kernelSpeed
	add := func(name, unit string, speed float64) { speeds = append(speeds, kernelSpeed{name, unit, speed}) }

	const dim, rows = 128, 1024
	q, table, scores := floats(dim), floats(rows*dim), make([]float32, rows)
	add("dot, 128 values", "M/s", perSecond(rows, func() {
		for i := range scores {
			scores[i] = kernel.Dot(q, table[i*dim:(i+1)*dim])
		}
	}))
	add("squared distance, 128 values", "M/s", perSecond(rows, func() {
		for i := range scores {
			scores[i] = kernel.SquaredDistance(q, table[i*dim:(i+1)*dim])
		}
	}))
	add("dots, 8 rows at a time", "M/s", perSecond(rows, func() { kernel.Dots(scores, q, table, dim) }))
	for _, bits := range []int{8, 4, 2, 1} {
		width := kernel.CodeStride(dim, bits) / 4
		codes, ids := make([]float32, rows*width), make([]int32, rows)
		for i := range ids {
			ids[i] = int32(i)
			kernel.EncodeCode(codes[i*width:(i+1)*width], table[i*dim:(i+1)*dim], bits)
		}
		t := kernel.CodeTable{Chunks: [][]float32{codes}, Shift: 10, Width: width}
		var query kernel.CodeQuery
		query.Encode(q, bits)
		add(fmt.Sprintf("distances of %d-bit codes, 128 values", bits), "M/s", perSecond(rows, func() { t.Distances(scores, &query, ids) }))
	}

	vector, scan := floats(1024), floats(rows/kernel.ScanCodes*kernel.ScanWidth(dim, false))
	masks := make([]uint32, rows/kernel.ScanCodes)
	for i := range rows {
		block := scan[i/kernel.ScanCodes*kernel.ScanWidth(dim, false):][:kernel.ScanWidth(dim, false)]
		kernel.SetSigns(block, i%kernel.ScanCodes, table[i*dim:(i+1)*dim], 1, 0, 0)
	}
	var scanQuery kernel.ScanQuery
	scanQuery.Encode(q)
	add("FastScan, 128 values", "M/s", perSecond(rows, func() { scanQuery.Scan(scores, masks, scan, false, 0, 0) }))
	add("rotation, 1,024 values", "M/s", perSecond(1024, func() {
		kernel.Hadamard(vector)
		kernel.Scale(vector, 1.0/32)
	}))
	halves := make([]float32, 512)
	scale := kernel.EncodeHalves(halves, vector)
	add("halves", "M/s", perSecond(1024, func() { kernel.DecodeHalves(vector, halves, scale) }))

	const n = 512
	a, b, c := floats(n*n), floats(n*n), floats(n*n)
	add("matrix product, 512 × 512 × 512", "GFLOP/s", perSecond(2*n*n*n, func() {
		kernel.Gemm(false, true, n, n, n, 1, a, n, b, n, 0, c, n)
	})/1e3)
	var byteRows rounded.ByteRows
	factor := rounded.NewByteFactor(n, n, b, n, nil, nil)
	add("product of bytes, 512 × 512 × 512", "GOP/s", perSecond(2*n*n*n, func() {
		factor.Gemm(&byteRows, n, a, n, nil, false, c, n)
	})/1e3)
	x := floats(4096)
	add("exponentials of a softmax", "M/s", perSecond(4096, func() { kernel.ExpSum(x, x, 0, -1) }))

	const windows, context, outputs, words = 1000, 10, 6, 5000
	stride := kernel.Stride(100)
	in, out := floats(words*stride), floats(words*stride)
	var batch []int32
	for range windows {
		batch = append(batch, context)
		for range context + outputs {
			batch = append(batch, r.Int32N(words))
		}
	}
	scratch := kernel.NewWindowScratch(context, outputs, stride)
	scratch.Values(100)
	add("skip-gram windows, 10 × 6 words, 100 values", "M/s", perSecond(windows, func() {
		kernel.SkipGram(in, out, stride, batch, outputs, 1e-6, scratch)
	}))
	add("CBOW windows, 10 × 6 words, 100 values", "M/s", perSecond(windows, func() {
		kernel.CBOW(in, out, stride, batch, outputs, 1e-6, scratch)
	}))
	return speeds
}
