package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sbinet/npyio/npy"
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// vectorPortion is how many vectors are read before they go to the index.
const vectorPortion = 1024

const hintVectors = "--vectors takes a .npy array of float32 or float64, or word vectors as text"

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
	if f.index == nil {
		return fault.New(hintVectors, "%s holds no vectors", o.vectors)
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
	return b.report(cmd, "vector", cli.CommandLine("search", "verify", cli.PathArgument(o.output)))
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

// read tells the two formats apart by npy's magic number.
func (f *filler) read() error {
	path := f.path
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, 1<<20)
	if head, _ := r.Peek(len(npy.Magic)); bytes.Equal(head, npy.Magic[:]) {
		return f.readNpy(path, r)
	}
	return f.readText(path)
}

// readNpy reads a two-dimensional array. npyio parses the header, and the rows
// are read here, one at a time, because npyio would hold them all.
func (f *filler) readNpy(path string, r *bufio.Reader) error {
	header, err := npyHeader(r)
	if err != nil {
		return fault.New(hintVectors, "%s: damaged header: %w", path, err)
	}
	d := header.Descr
	if len(d.Shape) != 2 || d.Fortran {
		return fault.New("save a C-ordered array of two dimensions, one row a vector", "%s: the shape is %v, Fortran order %v", path, d.Shape, d.Fortran)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if strings.HasPrefix(d.Type, ">") {
		order = binary.BigEndian
	}
	var width int
	switch strings.TrimLeft(d.Type, "<>=|") {
	case "f4":
		width = 4
	case "f8":
		width = 8
	default:
		return fault.New("save it as float32: array.astype('float32')", "%s: the values are of type %s, want f4 or f8", path, d.Type)
	}
	rows, dim := d.Shape[0], d.Shape[1]
	if rows < 0 || dim < 1 || dim > index.MaxDim {
		return fault.New(hintVectors, "%s: %d rows of %d values", path, rows, dim)
	}
	f.total = int64(rows)
	raw, vector := make([]byte, dim*width), make([]float32, dim)
	for row := range rows {
		if _, err := io.ReadFull(r, raw); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return fault.New("the file was cut: copy or write it again", "%s: it ends in row %d of %d", path, row+1, rows)
			}
			return fmt.Errorf("%s: %w", path, err)
		}
		for i := range vector {
			if width == 4 {
				vector[i] = math.Float32frombits(order.Uint32(raw[4*i:]))
			} else {
				vector[i] = float32(math.Float64frombits(order.Uint64(raw[8*i:])))
			}
		}
		if err := f.add(vector); err != nil {
			return err
		}
	}
	if n, _ := io.ReadFull(r, raw[:1]); n > 0 {
		return fault.New(hintVectors, "%s: there is more after the last row", path)
	}
	return nil
}

// maxNpyHeader is far above any header of an array of two dimensions, in bytes.
const maxNpyHeader = 1 << 16

// npyHeader is npyio's header, which allocates and slices what the length in it
// says: a length that cannot be is refused before, and a panic is an error.
func npyHeader(r *bufio.Reader) (header npy.Header, err error) {
	head, _ := r.Peek(12)
	if len(head) == 12 && head[6] >= 2 && binary.LittleEndian.Uint32(head[8:]) > maxNpyHeader {
		return header, errors.New("it says that it is longer than any")
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%v", v)
		}
	}()
	in, err := npy.NewReader(r)
	if err != nil {
		return header, err
	}
	return in.Header, nil
}

// readText reads "word value value ..." lines, with or without word2vec's first
// line "words dimensions".
func (f *filler) readText(path string) error {
	src, err := corpora.Open(path)
	if err != nil {
		return err
	}
	var vector []float32
	dim := 0
	for line, err := range cli.Lines(f.ctx, src) {
		if err != nil {
			return err
		}
		fields := strings.Fields(line.Text)
		if line.Number == 1 && len(fields) == 2 {
			rows, err1 := strconv.ParseInt(fields[0], 10, 64)
			columns, err2 := strconv.Atoi(fields[1])
			if err1 == nil && err2 == nil && columns > 0 {
				f.total, dim = rows, columns
				continue
			}
		}
		if len(fields) == 0 {
			continue
		}
		if dim == 0 {
			dim = len(fields) - 1
		}
		if dim < 1 || len(fields) < dim+1 {
			return fault.New(hintVectors, "%s:%d: %d values, want %d", path, line.Number, max(len(fields)-1, 0), max(dim, 1))
		}
		// GloVe has words with spaces in them: the values are the last fields.
		vector = slices.Grow(vector[:0], dim)
		for _, s := range fields[len(fields)-dim:] {
			v, err := strconv.ParseFloat(s, 32)
			if err != nil {
				return fault.New(hintVectors, "%s:%d: %q is no number, or there are not %d of them", path, line.Number, cli.Cut(s, 40), dim)
			}
			vector = append(vector, float32(v))
		}
		if err := f.add(vector); err != nil {
			return err
		}
	}
	if n := f.next + int64(len(f.pending)/max(dim, 1)); f.total > 0 && n != f.total {
		return fault.New("the file was cut or put together: write it again", "%s: %d vectors, and its first line says %d", path, n, f.total)
	}
	return nil
}
