package corpora

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/luminavec/luminavec/corpora/text"
)

// CacheKey is all that a cached corpus depends on. Files are known by name, size
// and time of change, not by their content, which would have to be read.
type CacheKey struct {
	Sources       []CacheSource `json:"sources"`
	Field         string        `json:"field,omitempty"`      // of the Selection
	Column        string        `json:"column,omitempty"`     // of the Selection
	Tokenizer     string        `json:"tokenizer"`            // its fingerprint
	Vocabulary    string        `json:"vocabulary,omitempty"` // that was given or grown, and its fingerprint
	MinCount      int64         `json:"min_count"`
	MaxVocabulary int           `json:"max_vocabulary,omitempty"`
	MaxDistinct   int           `json:"max_distinct"`
}

// CacheSource is an input of a cached corpus.
type CacheSource struct {
	Name    string    `json:"name"`             // absolute; of what is no file as in [Source.Names]
	Size    int64     `json:"size"`             // bytes as stored
	Changed time.Time `json:"changed,omitzero"` // of files
	Stream  bool      `json:"stream,omitempty"` // standard input, a pipe: nobody knows what it will hold
}

// NewCacheKey returns the key of what [Build] would make of the source. It is to
// be called before the source is read: a file that changes meanwhile then does not
// pass for what was read.
func NewCacheKey(src *text.Source, o BuildOptions) (CacheKey, error) {
	o = o.withDefaults()
	key := CacheKey{
		Field: src.Selected().Field, Column: src.Selected().Column, Tokenizer: o.Tokenizer.Fingerprint(),
		MinCount: o.MinCount, MaxVocabulary: o.MaxVocabulary, MaxDistinct: o.MaxDistinct,
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

// differs says why what has the key k is not what now would have it; "" when it is.
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
		return "it is of other text"
	}
	for i, s := range now.Sources {
		if was := k.Sources[i]; was.Size != s.Size || !was.Changed.Equal(s.Changed) || was.Stream {
			return s.Name + " has changed"
		}
	}
	if k.Tokenizer != now.Tokenizer {
		return "the tokenizer or its phrases are others"
	}
	for _, o := range []struct {
		name     string
		was, now any
	}{
		{"field", k.Field, now.Field},
		{"column", k.Column, now.Column},
		{"min-count", k.MinCount, now.MinCount},
		{"max-vocab", k.MaxVocabulary, now.MaxVocabulary},
		{"max-distinct", k.MaxDistinct, now.MaxDistinct},
	} {
		if o.was != o.now {
			if _, isText := o.now.(string); isText {
				return fmt.Sprintf("%s is %q, and was %q", o.name, o.now, o.was)
			}
			return fmt.Sprintf("%s is %d, and was %d", o.name, o.now, o.was)
		}
	}
	if k.Vocabulary != now.Vocabulary {
		return "it is of another vocabulary"
	}
	return ""
}
