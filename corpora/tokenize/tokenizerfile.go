package tokenize

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/internal/fault"
)

// maxTokenizerBytes bounds what is read of a file that may be anything.
const maxTokenizerBytes = 1 << 30

// Open reads a tokenizer: a tokenizer.json, the folder of a model that has
// one, or a vocab.txt of BERT. Of one that train has written it takes the way of
// finding words and the phrases, not the vocabulary, which a corpus is counted for.
// A file of Hugging Face keeps its vocabulary, and its ids: models WordPiece, BPE
// (byte-level or of characters), Unigram and WordLevel, with the usual normalizers
// and pre_tokenizers, are read (BERT, MiniLM, GPT-2, RoBERTa, Llama, Qwen, T5, XLM-R
// and others of their kind), and errors name what another has. Its tokens are
// those of Hugging Face's library without special tokens at the ends, without
// truncation and without padding: a file's post_processor, decoder, truncation and
// padding are passed over. A byte that is not UTF-8 is U+FFFD. In the vocabulary a
// token with a tab or a line break has ␉, ␊ or ␍ for it.
func Open(path string) (*Tokenizer, error) {
	name := path
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		name = filepath.Join(path, "tokenizer.json")
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New("choose words, whitespace, a tokenizer.json, the folder of a model or a vocab.txt", "there is no tokenizer %s: %w", name, fault.Cause(err))
	case err != nil:
		return nil, fault.New(fault.OpenHint(err), "cannot read %s: %w", name, fault.Cause(err))
	case !info.Mode().IsRegular() || info.Size() > maxTokenizerBytes:
		return nil, fault.New("name a tokenizer.json", "%s is not a file of a tokenizer", name)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fault.New(fault.OpenHint(err), "cannot read %s: %w", name, fault.Cause(err))
	}
	if filepath.Ext(name) != ".json" && (len(data) == 0 || data[0] != '{') {
		sub, err := parseVocabText(name, data)
		if err != nil {
			return nil, err
		}
		return (&Tokenizer{sub: sub}).WithVocabulary(sub.vocabulary)
	}
	t, err := Parse(name, data)
	if err != nil || t.sub != nil {
		return t, err
	}
	bare := *t
	bare.model = nil
	bare.pools()
	return &bare, nil
}
