package search

import (
	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/index"
	"github.com/luminavec/luminavec/internal/cli"
)

// noteIndex says which kind of index was chosen, and what is kept of its vectors.
func noteIndex(cmd *cobra.Command, asked, made index.Options, stated index.Measured) {
	if !cli.JSON(cmd) {
		switch {
		case asked.Kind == index.Auto && made.Kind == index.Flat:
			cli.Note(cmd, "flat index, exact; --index hnsw makes a graph")
		case asked.Kind == index.Auto && made.Quantization == index.Edges:
			cli.Note(cmd, "hnsw index, which --quantize edges needs; --index flat with other codes is exact")
		case asked.Kind == index.Auto:
			cli.Note(cmd, "hnsw index, approximate, because comparing all vectors would take more than 5 ms; --index flat makes an exact one")
		}
		if stated.Queries > 0 && stated.Recall >= index.GoodRecall {
			cli.Note(cmd, "%s; --keep-vectors float32 keeps the vectors as they are", keptRecall(made, stated))
		}
	}
	if stated.Queries > 0 && stated.Recall < index.GoodRecall {
		cli.Warn(cmd, "%s: use --keep-vectors float16, or --quantize with more bits", keptRecall(made, stated))
	}
}

// keptRecall describes what is kept of the vectors.
func keptRecall(o index.Options, stated index.Measured) string {
	what := "vectors are kept as " + string(o.KeepVectors)
	if o.KeepVectors == index.KeepNone {
		what = "only codes are kept (" + string(o.Quantization) + ")"
	}
	return what + ": " + stated.String()
}

// warnRounded warns that the vectors of ix are not those that were added.
func warnRounded(cmd *cobra.Command, ix index.Index) {
	if !index.Rounded(ix) {
		return
	}
	o := ix.Options()
	what := "was built with --keep-vectors " + string(o.KeepVectors)
	if o.KeepVectors == index.KeepNone {
		what += " and --quantize " + string(o.Quantization)
	}
	cli.Warn(cmd, "the index %s: the vectors are what its %s represent, not what was added", what,
		map[index.KeepVectors]string{index.KeepFloat16: "16-bit numbers", index.KeepNone: "codes"}[o.KeepVectors])
}
