package tokenize

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/luminavec/luminavec/internal/fault"
)

// maxTokenizerBytes limits the size of a file that is read, as path may name any file.
const maxTokenizerBytes = 1 << 30

// Open reads a tokenizer: a tokenizer.json, the folder of a model that contains
// one, or a vocab.txt of BERT.
//
// From a LuminaVec word model, Open takes the word options and the phrases but not the
// vocabulary, which is counted again for each corpus.
//
// A file of Hugging Face's library is read with its vocabulary and ids: WordPiece, BPE (of
// bytes or characters), Unigram and WordLevel, with the usual normalizers and pre_tokenizers
// (BERT, MiniLM, GPT-2, RoBERTa, Llama, Qwen, T5, XLM-R and similar). Anything unsupported is
// an error that names it. The tokens are those of that library without special tokens at the
// ends, truncation or padding: the sections post_processor, decoder, truncation and padding are
// ignored, and MarshalJSON returns the file without truncation. Each invalid UTF-8 byte is read as U+FFFD, and a byte order mark at the start of a file is
// skipped. In the vocabulary, tabs and line breaks
// inside a token are replaced by ␉, ␊ and ␍.
func Open(path string) (*Tokenizer, error) {
	name := path
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		name = filepath.Join(path, "tokenizer.json")
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New("choose words, whitespace, a tokenizer.json, the folder of a model or a vocab.txt", "no tokenizer at %s: %w", name, fault.Cause(err))
	case err != nil:
		return nil, fault.New(fault.OpenHint(err), "cannot read %s: %w", name, fault.Cause(err))
	case !info.Mode().IsRegular() || info.Size() > maxTokenizerBytes:
		return nil, fault.New("name a tokenizer.json", "%s is not a tokenizer file", name)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fault.New(fault.OpenHint(err), "cannot read %s: %w", name, fault.Cause(err))
	}
	data = bytes.TrimPrefix(data, byteOrderMark)
	if filepath.Ext(name) != ".json" && (len(data) == 0 || data[0] != '{') {
		sub, err := parseVocabText(name, data)
		if err != nil {
			return nil, err
		}
		if err := sub.checkLengths(name); err != nil {
			return nil, err
		}
		return newSubwordTokenizer(sub), nil
	}
	t, err := Parse(name, data)
	if err != nil {
		return nil, err
	}
	if t.sub != nil {
		if err := t.sub.checkLengths(name); err != nil {
			return nil, err
		}
		t.sub.file = withoutTruncation(t.sub.file) // models contain it, and other programs would truncate
		return t, nil
	}
	return t.withoutVocabulary(), nil
}

// maxTokenBytes limits the length of the tokens that a model is trained with. The formats of
// vectors do not hold longer ones.
const maxTokenBytes = 1 << 16

// checkLengths returns an error if a token is too long to train with.
func (s *subwords) checkLengths(name string) error {
	for id, token := range s.vocabulary.tokens {
		if len(token) > maxTokenBytes {
			return fault.New("remove it from the vocabulary", "%s: token %d, %.40q…, has %d bytes; at most %d are supported", name, id, token, len(token), maxTokenBytes)
		}
	}
	return nil
}
