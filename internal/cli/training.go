package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// NoteSubsample reports how much of the text is left by subsampling.
func NoteSubsample(cmd *cobra.Command, v *tokenize.Vocabulary, threshold float64) {
	kept := corpora.KeptShare(v, threshold)
	if kept < corpora.LeastKept {
		WarnFault(cmd, fault.Mention(fmt.Sprintf("set Subsample to %g, which keeps more", corpora.AdaptSubsample(v, threshold)),
			"subsampling at %g keeps only %.1f%% of the words", threshold, 100*kept))
		return
	}
	Note(cmd, "subsampling at %g keeps %.1f%% of the words", threshold, 100*kept)
}

// WarnFault warns of an error of a library that does not end the command, with its hint.
func WarnFault(cmd *cobra.Command, err error) {
	if err = fault.Rename(err, FieldFlags(cmd)); err == nil {
		return
	}
	text := err.Error()
	if hint := fault.Hint(err); hint != "" {
		text += "; " + hint
	}
	Warn(cmd, "%s", text)
}

// NoteCutAgain reports text that is split into words already, unless the user chose how to split it.
func NoteCutAgain(cmd *cobra.Command, cut *tokenize.CutAgain) {
	if f := cmd.Flag("tokenizer"); cut != nil && f != nil && !f.Changed {
		Note(cmd, "%s; --tokenizer whitespace keeps them", Printable(cut.String()))
	}
}
