package main

import (
	"errors"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/cli"
	"github.com/luminavec/luminavec/internal/fault"
)

// tokenizer returns the tokenizer of the options, with its phrases.
func (j *wordJob) tokenizer(cmd *cobra.Command) (*tokenize.Tokenizer, error) {
	if j.cut == "words" || j.cut == "whitespace" {
		return joinPhrases(tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: j.cased, Whitespace: j.cut == "whitespace"}), j.phrases)
	}
	t, err := tokenize.Open(j.cut)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cli.UsageError(err)
	}
	if err != nil {
		return nil, err
	}
	refused := []string{"cased"}
	if t.Subwords() {
		refused = append(refused, "min-count", "max-vocab", "phrases")
	}
	for _, name := range refused {
		if cmd.Flags().Changed(name) {
			return nil, cli.UsageError(fault.New("leave one of them out", "--%s cannot be given with the tokenizer %s, which has its own", name, j.cut))
		}
	}
	return joinPhrases(t, j.phrases)
}
