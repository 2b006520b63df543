package corpora

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/luminavec/luminavec/corpora/text"
)

// CacheKey is everything that a cached corpus depends on. Files are identified by name, size
// and modification time, because their content would have to be read.
type CacheKey struct {
	Sources       []CacheSource `json:"sources"`
	Field         string        `json:"field,omitempty"`      // of the Selection
	Column        string        `json:"column,omitempty"`     // of the Selection
	Shard         string        `json:"shard,omitempty"`      // of the text; "": the whole
	Tokenizer     string        `json:"tokenizer"`            // fingerprint of the tokenizer
	Vocabulary    string        `json:"vocabulary,omitempty"` // given or extended, and its fingerprint
	MinCount      int64         `json:"min_count"`
	MaxVocabulary int           `json:"max_vocabulary,omitempty"`
	MaxDistinct   int           `json:"max_distinct"`
}

// CacheSource is an input of a cached corpus.
type CacheSource struct {
	Name    string    `json:"name"`             // absolute path; for inputs that are not files, as in [text.Source.Names]
	Size    int64     `json:"size"`             // bytes as stored
	Changed time.Time `json:"changed,omitzero"` // modification time of a file
	Stream  bool      `json:"stream,omitempty"` // standard input or a pipe: its content cannot be known
}

// NewCacheKey returns the key of the corpus that [Build] would make. Call it before the source
// is read, so that a file that changes during reading does not match.
func NewCacheKey(src *text.Source, o BuildOptions) (CacheKey, error) {
	o = o.withDefaults()
	key := CacheKey{
		Field: src.Selected().Field, Column: src.Selected().Column, Tokenizer: o.Tokenizer.Fingerprint(),
		MinCount: o.MinCount, MaxVocabulary: o.MaxVocabulary, MaxDistinct: o.MaxDistinct,
	}
	if d := src.Division(); d != nil {
		key.Shard = d.Shard.String() + " of " + d.Corpus
	}
	switch {
	case o.Vocabulary != nil:
		key.Vocabulary = "given " + o.Vocabulary.Fingerprint()
	case o.Base != nil:
		key.Vocabulary = "grown " + o.Base.Fingerprint()
	}
	for _, in := range src.Inputs() {
		s := CacheSource{Name: in.Name, Size: in.Size, Stream: in.Stream}
		if in.File {
			info, err := os.Stat(in.Name)
			if err != nil {
				return key, err
			}
			if s.Name, err = filepath.Abs(in.Name); err != nil {
				return key, err
			}
			s.Size, s.Changed = info.Size(), info.ModTime().UTC()
		}
		key.Sources = append(key.Sources, s)
	}
	return key, nil
}

// differs returns why k does not match now, or "" if it does.
func (k CacheKey) differs(now CacheKey) string {
	for _, s := range now.Sources {
		if s.Stream {
			return text.Describe(s.Name) + " may hold anything"
		}
	}
	names := func(key CacheKey) (names []string) {
		for _, s := range key.Sources {
			names = append(names, s.Name)
		}
		return names
	}
	if !slices.Equal(names(k), names(now)) {
		return "it belongs to different text"
	}
	for i, s := range now.Sources {
		if was := k.Sources[i]; was.Size != s.Size || !was.Changed.Equal(s.Changed) || was.Stream {
			return s.Name + " has changed"
		}
	}
	if k.Tokenizer != now.Tokenizer {
		return "the tokenizer or its phrases are different"
	}
	for _, o := range []struct {
		name     string
		was, now any
	}{
		{"the field", k.Field, now.Field},
		{"the column", k.Column, now.Column},
		{"the shard", k.Shard, now.Shard},
		{"the minimum count", k.MinCount, now.MinCount},
		{"the vocabulary limit", k.MaxVocabulary, now.MaxVocabulary},
		{"the limit of distinct words", k.MaxDistinct, now.MaxDistinct},
	} {
		if o.was != o.now {
			if _, isText := o.now.(string); isText {
				return fmt.Sprintf("%s is %q, but was %q", o.name, o.now, o.was)
			}
			return fmt.Sprintf("%s is %d, but was %d", o.name, o.now, o.was)
		}
	}
	if k.Vocabulary != now.Vocabulary {
		return "it belongs to a different vocabulary"
	}
	return ""
}
