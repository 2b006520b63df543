package learn

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/models"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/tokenizerjson"
)

// WordPiece is the model of BERT (Schuster and Nakajima 2012). It splits a word into the
// longest tokens that fit, from the left; tokens inside a word begin with ##. Its
// vocabulary is learned as in Hugging Face's tokenizers library, by merging the most
// frequent pair; the paper merges the pair that most increases the likelihood of a
// language model.
const WordPiece Model = "wordpiece"

func init() {
	register(WordPiece, kind{
		summary:  "as in BERT",
		defaults: Options{Lowercase: true, StripAccents: true, Special: []string{"[PAD]", models.Unknown, "[CLS]", "[SEP]", "[MASK]"}},
		unknown:  models.Unknown,
		sections: wordPieceSections,
		learn:    learnWordPiece,
	})
}

func wordPieceSections(o Options) (f tokenizerjson.File) {
	f.Normalizer = fmt.Appendf(nil, `{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":%t,"lowercase":%t}`,
		o.StripAccents, o.Lowercase)
	f.PreTokenizer = json.RawMessage(`{"type":"BertPreTokenizer"}`)
	f.Decoder = json.RawMessage(`{"type":"WordPiece","prefix":"##","cleanup":true}`)
	return f
}

func learnWordPiece(ctx context.Context, o Options, t *Result, words []countedWord, alphabet []rune) (json.RawMessage, error) {
	m, err := o.learnMerges(ctx, t, words, alphabet, models.ContinuingPrefix)
	if err != nil {
		return nil, err
	}
	return wordPieceJSON(m.tokens)
}

// wordPieceJSON returns the model section. The id of a token is its index.
func wordPieceJSON(tokens []string) (json.RawMessage, error) {
	b := bytes.NewBufferString(`{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":`)
	if err := writeTokenIDs(b, tokens); err != nil {
		return nil, err
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
