package cli

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/checkpoints/exchange"
	"github.com/luminavec/luminavec/internal/fault"
)

// VectorFlags declare how a file of vectors is read.
func VectorFlags(o *exchange.Options) []Flag {
	return []Flag{
		VectorsFormatFlag(&o.Format),
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
	for field, flag := range map[string]string{"Limit": "--limit", "Partial": "--partial", "WordList": "--vocab"} {
		NameField(cmd, field, "'embed import … "+flag+"'")
	}
}

// CheckVectors refuses the flags of VectorFlags in a command that reads no file of vectors.
func CheckVectors(cmd *cobra.Command, path string) error {
	for _, name := range []string{"vectors-format", "limit", "partial"} {
		if path == "" && cmd.Flags().Changed(name) {
			return UsageError(fault.New("name a file of vectors, or leave it out", "--%s requires --vectors", name))
		}
	}
	return nil
}

// NoteVectors says what was read.
func NoteVectors(cmd *cobra.Command, read *exchange.Vectors) {
	Note(cmd, "read %s", Printable(read.String()))
}
