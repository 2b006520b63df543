package embed

import (
	"cmp"
	"fmt"
	"iter"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/checkpoints/exchange/output"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/sentence"
	"github.com/luminavec/luminavec/sentence/bundled"
	"github.com/luminavec/luminavec/sentence/models"
)

// textOutput are the output flags of embed text.
type textOutput struct {
	format         string
	path           string
	force          bool
	append, resume bool
	dims           int
	normalize      bool
	dtype          exchange.DType
	scale          float64
	noText         bool
}

// outputHelp is the part of the help text about the output.
const outputHelp = `
What each format holds is listed by 'embed formats'. In jsonl, csv and parquet a row
has the id and the kept fields, the text, and the vector; in csv the vector is written as
[0.5,-1], which PostgreSQL (pgvector) and DuckDB read. tsv has numbers alone; with --id or
--keep it is the text format of PostgreSQL's COPY: a line with the names of the columns,
then id, fields, text and vector, in which \t, \n, \r and \\ stand for a tab, a line
break, a carriage return and a backslash. Arrays (npy, raw, safetensors) have no place for
ids and fields: these are in a file beside them, such as out.npy.ids.tsv, and what an
array does not say of its values in out.npy.json. Such a file needs -o.

Rows are written as they arrive, in bounded memory. Until the end they are in a file with
the ending .partial. After an interruption, also kill -9 or a crash, the same command with
--resume goes on where it stopped, and the result is the same to the byte; the input must
be the same. npz can be neither resumed nor extended. --append copies the rows of FILE first and replaces it at the end. npy and
safetensors start with the number of rows: in a pipe they wait in a temporary file.

int8 stores whole numbers: a value is the number times the scale. It is derived from the
first ` + "10,000" + ` rows, unless --scale sets it; larger values that come later are clipped and
counted. binary stores the signs, as bits (1 if greater than 0), the first in the most
significant bit of a byte, like numpy.packbits and sentence-transformers' ubinary; in
csv, as a string of 0 and 1. A value that is NaN or infinite, or too large for float16, is
an error that names the row.`

func (o *textOutput) declare(cmd *cobra.Command) *cobra.Command {
	o.dtype = exchange.Float32
	return cli.Declare(cmd, cli.ForOutput,
		cli.Flag{Name: "format", Short: "f", Arg: "FORMAT", Into: &o.format, Help: "output format",
			Field: "Format", Default: "the extension of the output file; without one npy, or jsonl on a terminal", Values: formats(exchange.WritableTexts())},
		cli.Flag{Name: "output", Short: "o", Arg: "FILE", Into: &o.path, Help: "write to FILE", Default: "standard output"},
		cli.Flag{Name: "dims", Arg: "N", Into: &o.dims, Field: "Dims", Positive: true, Default: "all",
			Help: "write the first N values of each vector, for models of truncatable (Matryoshka) vectors; scaled to length 1 again if the model scales"},
		cli.Flag{Name: "normalize", Into: &o.normalize, Field: "Normalize", Help: "scale each vector to length 1, also if the model does not"},
		cli.Flag{Name: "dtype", Arg: "TYPE", Into: &o.dtype, Field: "DType", Help: "how values are stored", Values: cli.Summarized(exchange.DTypes(), exchange.DType.Summary)},
		cli.Flag{Name: "scale", Arg: "X", Into: &o.scale, Field: "Scale", Help: "value of one step of int8", Default: "the largest value of the first 10,000 rows is 127 steps"},
		cli.Flag{Name: "no-text", Into: &o.noText, Help: "leave the text out"},
		cli.Flag{Name: "append", Into: &o.append, Field: "Append", Help: "add the rows to FILE, if it exists: the format, the dimensions, the type and the columns must be the same"},
		cli.Flag{Name: "resume", Into: &o.resume, Field: "Resume", Help: "go on where an interrupted command with the same input and options stopped"},
		cli.Flag{Name: "force", Into: &o.force, Field: "Replace", Help: "replace FILE if it exists"})
}

// vectorOutput is where embed text writes vectors: a stream, or a file that can be resumed.
type vectorOutput struct {
	cmd    *cobra.Command
	o      *textOutput
	dims   int
	scaled bool // to length 1
	stream *cli.Output
	writer *exchange.Writer // to stream
	file   *output.File     // nil: stream
}

// settle checks the flags before any work, and returns the format.
func (o *textOutput) settle(cmd *cobra.Command, terminal bool) (exchange.Format, error) {
	usual := "npy"
	if terminal {
		usual = "jsonl"
	}
	for name, set := range map[string]bool{"append": o.append, "resume": o.resume} {
		if set && (o.path == "" || o.path == "-") {
			return exchange.Format{}, cli.UsageError(fault.New("name the file with -o FILE", "--%s needs a file", name))
		}
	}
	if o.append && o.force {
		return exchange.Format{}, cli.UsageError(fault.New("leave one of them out", "--append and --force cannot be used together"))
	}
	format, err := cli.OutputFormat(exchange.WritableTexts(), o.format, o.path, usual)
	if err == nil && o.resume && format.Extend == nil {
		err = cli.UsageError(fault.New("start again with --force, or choose another format", "the format %s cannot be resumed", format.Name))
	}
	return format, err
}

// open opens the output. columns has the id and the fields of the rows, and job what they depend
// on besides the texts and the model.
func (o *textOutput) open(cmd *cobra.Command, format exchange.Format, enc models.Model, columns exchange.Shape, inputs []string, job map[string]string, t *texts) (*vectorOutput, error) {
	v := &vectorOutput{cmd: cmd, o: o, dims: cmp.Or(o.dims, enc.Dim()), scaled: o.normalize || o.dims > 0 && enc.Normalizes()}
	if v.dims > enc.Dim() {
		return nil, cli.UsageError(fault.New("leave out --dims, or choose fewer", "--dims %d: the vectors of the model have %s", o.dims, cli.Plural(enc.Dim(), "dimension", "dimensions")))
	}
	shape := exchange.Shape{Rows: exchange.Unknown, Dim: v.dims, HasID: columns.HasID, Fields: columns.Fields, Integers: columns.Integers, Text: !o.noText && format.Holds.Texts, DType: o.dtype, Scale: float32(o.scale)}
	var err error
	if v.stream, err = cli.OpenOutput(cmd, cli.OutputOptions{Path: o.path, Force: o.force || o.append || o.resume, Binary: format.Binary, Inputs: inputs}); err != nil {
		return nil, err
	}
	if v.stream.Stream() {
		if format.Holds.IDs == exchange.Beside && (shape.HasID || len(shape.Fields) > 0) {
			return nil, cli.UsageError(fault.New("name a file with -o FILE, or choose jsonl, csv or parquet", "the format %s has no place for ids and fields: they would be in a file of their own, which standard output lacks", format.Name))
		}
		v.writer, err = exchange.NewWriter(v.stream, format.Name, shape)
		return v, err
	}
	v.stream.Abort()
	job["the model"] = bundled.ID()
	if path := cli.ModelName(cmd); path != "" {
		job["the model"] = output.ModelID(path)
	}
	job["--normalize"] = fmt.Sprint(v.scaled)
	v.file, err = output.Create(cmd.Context(), output.Options{Path: o.path, Format: format.Name, Shape: shape, Replace: o.force, Append: o.append, Resume: o.resume, Job: job,
		State: func() any { return counted{t.lines, t.empty, t.unknown, t.firstEmpty, t.firstUnknown} }})
	if err != nil {
		return nil, err
	}
	var c counted
	v.file.State(&c)
	t.lines, t.unknown, t.firstUnknown = c.Lines, c.Unknown, c.FirstUnknown
	if t.cutter == nil { // otherwise empty texts are counted when they are read again
		t.empty, t.firstEmpty = c.Empty, c.FirstEmpty
	}
	switch n := v.file.Resumed(); {
	case n > 0:
		cli.Note(cmd, "resuming after %s", cli.Plural(n, t.one, t.many))
	case o.resume:
		cli.Note(cmd, "no interrupted run has left %s.partial: starting with the first text", o.path)
	}
	if base := v.file.Base(); base > 0 {
		cli.Note(cmd, "appending to %s", cli.Plural(base, "row", "rows"))
	}
	return v, nil
}

// counted is what an interrupted run has counted.
type counted struct {
	Lines, Empty, Unknown    int64
	FirstEmpty, FirstUnknown string
}

// write writes a row, whose values are those of the model. It changes them.
func (v *vectorOutput) write(row exchange.Row) error {
	if row.Values = row.Values[:v.dims]; v.scaled {
		sentence.Shorten(row.Values, v.dims, true)
	}
	if v.file != nil {
		return v.file.Write(row)
	}
	return v.writer.Write(row)
}

// flush passes on what was written, to a reader that waits.
func (v *vectorOutput) flush() error {
	if v.file != nil {
		return nil
	}
	return v.writer.Flush()
}

// rest returns the texts that an interrupted run has not written yet; row has the text, the id and
// the fields of one.
func rest[T any](v *vectorOutput, texts iter.Seq2[T, error], row func(T) exchange.Row) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for text, err := range texts {
			if err == nil && v.file != nil && v.file.Skip() > 0 {
				if err = v.file.Pass(row(text)); err == nil {
					continue
				}
			}
			if !yield(text, err) || err != nil {
				return
			}
		}
	}
}

// finish completes the output.
func (v *vectorOutput) finish() error {
	if v.file != nil {
		return v.file.Finish()
	}
	if err := v.writer.Finish(); err != nil {
		return err
	}
	return v.stream.Commit()
}

// close ends the output after an error, which it returns with how to go on.
func (v *vectorOutput) close(err error) error {
	if v.file == nil {
		v.writer.Close()
		v.stream.Abort()
		return err
	}
	v.file.Close()
	if err == nil || !v.file.Kept() {
		return err
	}
	const again = "run the same command with --resume to go on"
	if v.cmd.Context().Err() != nil {
		return cli.Interrupted(again, "interrupted: what was written is in %s.partial", v.o.path)
	}
	hint := again
	if own := fault.Hint(err); own != "" {
		hint = own + "; " + again
	}
	return fault.New(hint, "%w", err)
}

// report says what was written besides the rows.
func (v *vectorOutput) report() {
	w, scale, clipped := v.writer, float32(0), exchange.Clipped{}
	if v.file != nil {
		scale, clipped = v.file.Scale(), v.file.Clipped()
		if name := v.file.IDs(); name != "" {
			cli.Note(v.cmd, "ids and fields: %s", name)
		}
	} else {
		scale, clipped = w.Scale(), w.Clipped()
	}
	info := ""
	if v.file != nil {
		info = v.file.Info()
	}
	cli.NoteStored(v.cmd, v.o.dtype, v.dims, scale, info)
	if clipped.Values > 0 {
		cli.Warn(v.cmd, "clipped %s beyond the scale, the largest %g: --scale %.3g fits it", cli.Plural(clipped.Values, "value", "values"), clipped.Largest, clipped.Largest/127)
	}
}
