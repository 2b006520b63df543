package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// vectorPortion is how many vectors are read before they go to the index.
const vectorPortion = 1024

// buildVectors makes an index file of ready vectors, row by row.
func buildVectors(cmd *cobra.Command, o buildOptions) error {
	began := time.Now()
	if o.output == "-" {
		return cli.UsageError(fault.New("name a file", "an index cannot be written to standard output"))
	}
	out, err := cli.OpenOutput(cmd, cli.OutputOptions{Path: o.output, Force: o.force, Inputs: []string{o.vectors}})
	if err != nil {
		return err
	}
	out.Abort() // it is index.SaveFile that writes
	progress := cli.StartProgress(cmd, "build")
	defer progress.Done()
	f := &filler{ctx: cmd.Context(), path: o.vectors, options: o.index, progress: progress, began: began}
	if err := f.read(); err != nil {
		return err
	}
	if err := f.flush(); err != nil {
		return err
	}
	if err := index.SaveFile(o.output, f.index, o.force); err != nil {
		return err
	}
	progress.Done()
	info, err := os.Stat(o.output)
	if err != nil {
		return err
	}
	options := f.index.Options()
	b := built{Output: o.output, Documents: int64(f.index.Len()), Dimensions: options.Dim, Index: string(options.Kind),
		Metric: options.Metric.String(), Bytes: info.Size(), Seconds: time.Since(began).Seconds()}
	return b.report(cmd, "vector", cli.CommandLine("search", "query", cli.PathArgument(o.output))+" --vectors FILE")
}

// filler puts vectors into an index; the first one decides on the dimension.
type filler struct {
	ctx      context.Context
	path     string
	options  index.Options
	index    index.Index
	next     int64 // label of the next vector
	pending  []float32
	total    int64 // vectors expected, 0 unknown
	progress *cli.Progress
	began    time.Time
}

func (f *filler) add(vector []float32) error {
	if f.index == nil {
		f.options.Dim = len(vector)
		ix, err := index.New(f.options)
		if err != nil {
			return err
		}
		f.index = ix
	}
	f.pending = append(f.pending, vector...)
	if len(f.pending) < vectorPortion*f.options.Dim {
		return nil
	}
	return f.flush()
}

func (f *filler) flush() error {
	if len(f.pending) == 0 {
		return f.ctx.Err()
	}
	labels := make([]int64, len(f.pending)/f.options.Dim)
	for i := range labels {
		labels[i] = f.next
		f.next++
	}
	if err := f.index.AddBatch(f.ctx, labels, f.pending); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	f.pending = f.pending[:0]
	fraction := -1.0
	if f.total > 0 {
		fraction = float64(f.next) / float64(f.total)
	}
	f.progress.Update(fraction, fmt.Sprintf("%s vectors %s/s", cli.Count(float64(f.next)),
		cli.Count(float64(f.next)/time.Since(f.began).Seconds())))
	return nil
}

// read puts the vectors of the file into the index.
func (f *filler) read() error {
	return exchange.ReadVectors(f.ctx, f.path, func(total int64, vector []float32) error {
		f.total = total
		return f.add(vector)
	})
}
