package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/internal/fault"
)

// VectorFlags declare how a file of vectors is read.
func VectorFlags(o *exchange.Options) []Flag {
	return []Flag{
		VectorsFormatFlag(&o.Format),
		{Name: "vectors-column", Arg: "NAME", Into: &o.VectorColumn, Field: "VectorColumn", Help: "column, member or tensor with the vectors", Default: "vector, embedding or embeddings, or the only one that fits"},
		{Name: "vectors-dtype", Arg: "TYPE", Into: &o.DType, Field: "DType", Help: "how values are stored in a file that does not say it: of raw, or binary for bytes of packed signs",
			Default: "as the file says", Values: Summarized(exchange.DTypes(), exchange.DType.Summary)},
		{Name: "vectors-dim", Arg: "N", Into: &o.Dim, Field: "Dim", Positive: true, Help: "dimensions of a file that does not say them: of raw", Default: "as the file says"},
		{Name: "limit", Arg: "N", Into: &o.Limit, Field: "Limit", Help: "read only the first N vectors", Default: "all", Positive: true},
		{Name: "partial", Into: &o.Partial, Field: "Partial", Help: "accept fewer vectors than the file states at its start, as if it had been truncated"},
	}
}

// VectorsFormatFlag declares --vectors-format.
func VectorsFormatFlag(format *string) Flag {
	f := Flag{Name: "vectors-format", Arg: "NAME", Into: format, Field: "Format", Default: "detected from all lines",
		Help: "format of the vectors; a file that can be read in two ways is refused without it"}
	for _, known := range exchange.Readable() {
		f.Values = append(f.Values, Value{Name: known.Name})
	}
	return f
}

// OnlyImport says where vectors can be read with the options that cmd has no flags for.
func OnlyImport(cmd *cobra.Command) {
	for field, flag := range map[string]string{"Limit": "--limit", "Partial": "--partial", "WordList": "--vocab", "VectorColumn": "--vectors-column", "DType": "--vectors-dtype", "IDs": "--ids"} {
		NameField(cmd, field, "'embed import … "+flag+"'")
	}
}

// CheckVectors refuses the flags of VectorFlags, except those that have a use of their own, in a command that
// reads no file of vectors.
func CheckVectors(cmd *cobra.Command, path string, except ...string) error {
	for _, name := range []string{"vectors-format", "vectors-column", "vectors-dtype", "vectors-dim", "limit", "partial", "ids"} {
		if f := cmd.Flags().Lookup(name); path == "" && f != nil && f.Changed && !slices.Contains(except, name) {
			return UsageError(fault.New("name a file of vectors, or leave it out", "--%s requires --vectors", name))
		}
	}
	return nil
}

// NoteVectors says what was read.
func NoteVectors(cmd *cobra.Command, read *exchange.Vectors) {
	Note(cmd, "read %s", Printable(read.String()))
}

// WarnImported warns of what differs from the file.
func WarnImported(cmd *cobra.Command, c *checkpoints.Checkpoint, r *exchange.ImportReport) {
	if r.Duplicates > 0 {
		Warn(cmd, "skipped %s with a word that occurred before (first: %s)", Plural(r.Duplicates, "row", "rows"), r.FirstDuplicate)
	}
	if r.Unusable > 0 {
		Warn(cmd, "skipped %s with a word that is empty or contains a tab or a line break (first: %s)", Plural(r.Unusable, "row", "rows"), r.FirstUnusable)
	}
	if r.Repaired > 0 {
		Warn(cmd, "replaced invalid UTF-8 in %s with U+FFFD", Plural(r.Repaired, "word", "words"))
	}
	if r.Renamed > 0 {
		Note(cmd, "%s normalized like text, such as %s", Plural(r.Renamed, "word was", "words were"), r.FirstRenamed)
	}
	if r.Collisions > 0 {
		Warn(cmd, "skipped %s whose word differs from another only in its Unicode form (first: %s)", Plural(r.Collisions, "row", "rows"), r.FirstCollision)
	}
	if r.Unreachable == 0 {
		return
	}
	help := ""
	switch o := c.Tokenizer.Options(); {
	case r.WithCased < r.Unreachable && !o.Cased && r.WithWhitespace < r.WithCased && !o.Whitespace:
		help = fmt.Sprintf("; with --cased it is %s, with --cased --tokenizer whitespace %s", Thousands(r.WithCased), Thousands(r.WithWhitespace))
	case r.WithCased < r.Unreachable && !o.Cased:
		help = fmt.Sprintf("; with --cased it is %s", Thousands(r.WithCased))
	case r.WithWhitespace < r.Unreachable && !o.Whitespace:
		help = fmt.Sprintf("; with --tokenizer whitespace it is %s", Thousands(r.WithWhitespace))
	}
	Warn(cmd, "%s of %s, such as %.60q, can be looked up but never occur in tokenized text%s",
		Thousands(r.Unreachable), Plural(c.Vocabulary.Len(), "word", "words"), r.FirstUnreachable, help)
}

// OutputFormat returns the format of this name or, if it is "", that of the output.
func OutputFormat(list []exchange.Format, name, output, usual string) (exchange.Format, error) {
	if name == "" {
		f, err := exchange.ForOutput(list, output, usual)
		return f, UsageError(err)
	}
	return exchange.Lookup(list, name) // the flag takes no other
}

// NoteStored notes how vectors were written, if their values are not numbers as they are; info is
// the name of the file beside them that says it, "" if there is none.
func NoteStored(cmd *cobra.Command, d exchange.DType, dims int, scale float32, info string) {
	if info != "" {
		info = "; also in " + info
	}
	switch d {
	case exchange.Int8:
		Note(cmd, "int8: a value is the number times %g%s", scale, info)
	case exchange.Binary:
		Note(cmd, "binary: %s in %s%s", Plural(dims, "sign", "signs"), Plural(exchange.Binary.Bytes(dims), "byte", "bytes"), info)
	}
}
