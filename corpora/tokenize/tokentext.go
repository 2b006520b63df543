package tokenize

import (
	"strings"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/normalizers"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/pretokenizers"
)

// TokenText returns the text that a token stands for, without the marks of its tokenizer, and whether it
// stands only inside a word or at its end: of ##ing in BERT, "ing" and true; of Ġriver in GPT-2 and
// ▁river in SentencePiece, "river" and false. The text of a phrase has spaces. The tokenizer must have a
// vocabulary, and the id must be one of it.
func (t *Tokenizer) TokenText(id int32) (text string, inside bool) {
	token := t.vocabulary.Token(id)
	if t.sub == nil {
		if len(t.passes) > 0 {
			token = strings.ReplaceAll(token, "_", " ")
		}
		return token, false
	}
	if _, added := t.sub.added.tokens[token]; added {
		return token, false
	}
	if m, ok := t.sub.model.(interface {
		Inside(token string) (string, bool)
	}); ok {
		return m.Inside(token)
	}
	mark := string(pretokenizers.Metaspace)
	switch {
	case strings.Contains(t.sub.blanks, mark):
		return strings.TrimSpace(strings.ReplaceAll(token, mark, " ")), !strings.HasPrefix(token, mark)
	case t.sub.blanks != "": // of bytes
		decoded := normalizers.UnmapBytes(token)
		return strings.TrimSpace(decoded), !strings.HasPrefix(decoded, " ")
	}
	return token, false
}
