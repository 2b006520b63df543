package train

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
	if j.split == "words" || j.split == "whitespace" {
		return joinPhrases(tokenize.NewWordTokenizer(tokenize.WordOptions{Cased: j.cased, Whitespace: j.split == "whitespace"}), j.phrases)
	}
	t, err := tokenize.Open(j.split)
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
			return nil, cli.UsageError(fault.New("omit one of them", "--%s cannot be used with the tokenizer %s, which has its own", name, j.split))
		}
	}
	return joinPhrases(t, j.phrases)
}
