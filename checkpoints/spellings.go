package checkpoints

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// writeSpellings writes spellings.tsv, in the order of the vocabulary.
func writeSpellings(w io.Writer, c *Checkpoint) error {
	b := bufio.NewWriterSize(w, 64<<10)
	for _, token := range c.Vocabulary.Tokens() {
		if word, ok := c.Spellings[token]; ok {
			fmt.Fprintf(b, "%s\t%s\n", token, word) // b keeps the error
		}
	}
	return b.Flush()
}

// parseSpellings reads spellings.tsv.
func parseSpellings(data []byte) (map[string]string, error) {
	spellings := map[string]string{}
	for n := 1; len(data) > 0; n++ {
		line, rest, ended := bytes.Cut(data, []byte("\n"))
		token, word, ok := bytes.Cut(line, []byte("\t"))
		if !ok || !ended || len(token) == 0 || len(word) == 0 || bytes.IndexByte(word, '\t') >= 0 {
			return nil, fmt.Errorf("line %d: expected a token, a tab and a word but found %.60q", n, line)
		}
		if _, twice := spellings[string(token)]; twice {
			return nil, fmt.Errorf("line %d: the token %.60q occurs twice", n, token)
		}
		spellings[string(token)], data = string(word), rest
	}
	return spellings, nil
}
