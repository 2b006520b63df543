package exchange

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/luminavec/luminavec/checkpoints/exchange/internal/wordlist"

	"github.com/luminavec/luminavec/checkpoints"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/internal/fault"
)

// wordsBeside opens the list of words of rows that have none: Options.WordList, vocab.tsv in the
// folder of the file or, without it, IDsFile; nil if no words are wanted.
func (v *Vectors) wordsBeside(ctx context.Context) (*wordlist.List, error) {
	if v.given != nil {
		return v.given, nil
	}
	name := v.Options.WordList
	if v.Options.IDs {
		return v.openIDs(ctx)
	}
	if name == "" {
		if v.Options.Unnamed {
			return nil, nil
		}
		name = filepath.Join(filepath.Dir(v.Path), checkpoints.VocabularyFile)
		dir, ids := filepath.Split(beside(v.Path, idsSuffix))
		if !exists(dir, checkpoints.VocabularyFile) && exists(dir, ids) {
			return v.openIDs(ctx)
		}
	}
	v.detail += ", words from " + text.Describe(name)
	return v.openWords(ctx, name)
}

// openWords opens the list of words of v.
func (v *Vectors) openWords(ctx context.Context, name string) (*wordlist.List, error) {
	in, err := text.Unpack(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Mention("list the words in a file, one per line, and name it with WordList, or put it beside the vectors as "+checkpoints.VocabularyFile,
			"%s: no list of words: %w", v.Name(), err)
	}
	if err != nil {
		return nil, err
	}
	v.closers = append(v.closers, in)
	v.listed = true
	return wordlist.Open(text.Describe(name), in.Reader), nil
}
