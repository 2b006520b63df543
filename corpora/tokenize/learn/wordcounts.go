package learn

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"runtime"

	"github.com/luminavec/luminavec/corpora/internal/counted"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/pretokenizers"
	"github.com/luminavec/luminavec/corpora/tokenize/internal/tokenizerjson"
)

// WordCounts are the words of a text, or of a shard of it, as a tokenizer splits them before it
// looks for tokens, with their counts. Those of all shards are added with [MergeWordCounts], and
// Train then learns the tokenizer that [Train] learns from the whole text.
type WordCounts struct {
	header counted.Header
	words  []countedWord // most frequent first; words of equal count are in byte order
}

// splitter returns what splits text for o, and its fingerprint.
func (o Options) splitter() (tokenizerjson.File, *pretokenizers.PreTokenizer, string, error) {
	file := o.file()
	file.Normalizer = tokenize.LocaleNormalizer(o.Locale, file.Normalizer)
	words, err := pretokenizers.Parse(file.Normalizer, file.PreTokenizer)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s", file.Normalizer, file.PreTokenizer))
	return file, words, hex.EncodeToString(sum[:8]), err
}

// CountWords counts the words of src. Of the options, Model, Lowercase, Locale and StripAccents
// determine the counts; the others belong to [WordCounts.Train].
func CountWords(ctx context.Context, src *text.Source, o Options) (*WordCounts, error) {
	progress := func() {
		if o.OnProgress != nil {
			o.OnProgress(Progress{"counting", src.Consumed(), src.Size()})
		}
	}
	read := func(ctx context.Context, emit func([]byte) error) error {
		return src.Read(ctx, func(c text.Chunk) error { return emit(c.Text) })
	}
	w, err := countWords(ctx, read, progress, o)
	if err == nil {
		w.header.SetShard(src)
	}
	return w, err
}

func countWords(ctx context.Context, read textReader, progress func(), o Options) (*WordCounts, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	_, words, fingerprint, err := o.splitter()
	if err != nil {
		return nil, err
	}
	c := newWordCounter(words, runtime.GOMAXPROCS(0))
	if err := c.read(ctx, read, progress); err != nil {
		return nil, err
	}
	w := &WordCounts{words: c.counted()}
	w.header = counted.Header{
		Kind: counted.Tokenizer, Tokenizer: fingerprint, Words: c.words, Distinct: len(w.words), Dropped: c.dropped, Below: c.droppedBelow, Skipped: c.skipped,
	}
	return w, nil
}

// Words returns the number of words of the text.
func (w *WordCounts) Words() int64 { return w.header.Words }

// Distinct returns the number of different words.
func (w *WordCounts) Distinct() int { return len(w.words) }

// Shard returns the shard that was counted, "" for a whole text.
func (w *WordCounts) Shard() string { return w.header.Shard }

// Dropped returns how many different words were dropped for lack of memory, and the highest count
// of any of them. If it is not 0, the sum of shards may differ from the counts of one process.
func (w *WordCounts) Dropped() (words, below int64) { return w.header.Dropped, w.header.Below }

// WriteTo writes the counts: a line that says what was counted, and for each word a line with the
// word, in which \t, \n, \r and \\ stand for a tab, line breaks and a backslash, a tab and its count.
func (w *WordCounts) WriteTo(to io.Writer) (int64, error) {
	out, err := counted.NewWriter(to, w.header, len(w.words))
	if err != nil {
		return 0, err
	}
	for _, word := range w.words {
		if err := out.Row(true, word.count, word.text); err != nil {
			return 0, err
		}
	}
	return out.Flush()
}

// ReadWordCounts reads what WriteTo has written; errors refer to it as name.
func ReadWordCounts(name string, r io.Reader) (*WordCounts, error) {
	c := &wordCounter{counts: map[string]int64{}}
	h, err := counted.Read(name, r, counted.Tokenizer, 1, true, false, func(count int64, keys []string) error {
		if _, ok := c.counts[keys[0]]; ok {
			return fmt.Errorf("%q is there twice", keys[0])
		}
		c.counts[keys[0]] = count
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &WordCounts{h, c.counted()}, nil
}

// MergeWordCounts adds the counts of all shards of one or more texts; names are those of the counts
// in errors. It is an error if a shard is missing or occurs twice, or if the text was split in
// other ways.
func MergeWordCounts(names []string, counts []*WordCounts) (*WordCounts, error) {
	var files []counted.File
	for i, c := range counts {
		files = append(files, counted.File{Name: names[i], Header: c.header})
	}
	sum, err := counted.Merge(files)
	if err != nil {
		return nil, err
	}
	all := &wordCounter{counts: map[string]int64{}}
	for i, c := range counts {
		for _, word := range c.words {
			was := all.counts[word.text]
			if was > math.MaxInt64-word.count {
				return nil, fmt.Errorf("%s: the count of %q is out of range", names[i], word.text)
			}
			all.counts[word.text] = was + word.count
		}
	}
	w := &WordCounts{sum, all.counted()}
	w.header.Distinct = len(w.words)
	return w, nil
}
