package corpora

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/internal/counted"
	"github.com/luminavec/luminavec/corpora/internal/idstore"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
)

// Counts are the words of a text, or of a shard of it, with their counts: a vocabulary that can be
// written, added to that of other shards, and then pruned. So processes that each count a shard
// make the vocabulary that one process makes of the whole text, with the same bytes.
type Counts struct {
	header     counted.Header
	vocabulary *tokenize.Vocabulary
}

// CountWords counts the words of src as [Build] does, without storing their ids. Of a source that
// was reduced to a shard, all words are kept: MinCount and MaxVocabulary are then ignored and
// belong into [MergeCounts]. Base and Vocabulary must not be set.
func CountWords(ctx context.Context, src *text.Source, o BuildOptions) (*Counts, error) {
	if o.Base != nil || o.Vocabulary != nil {
		return nil, fmt.Errorf("a vocabulary that is given is not counted")
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	if src.Division() != nil {
		o.MinCount, o.MaxVocabulary = 1, 0
	}
	c := &Corpus{ids: idstore.New(o.SpoolDir, 1), counting: true}
	defer c.ids.Close()
	if err := c.build(ctx, src, o, runtime.GOMAXPROCS(0)); err != nil {
		return nil, err
	}
	h := counted.Header{
		Kind: counted.Words, Tokenizer: o.Tokenizer.Fingerprint(), Subwords: o.Tokenizer.Subwords(), Words: c.rawWords, Distinct: c.distinct,
		Dropped: int64(c.dropped), Below: c.droppedMax, Skipped: c.skipped,
	}
	h.SetShard(src)
	if !h.Subwords && src.Division() == nil {
		h.MinCount, h.MaxVocabulary = o.MinCount, o.MaxVocabulary
	}
	return &Counts{h, c.vocabulary}, nil
}

// MergeCounts adds the counts of all shards of one or more texts, and prunes the sum. names are
// those of the counts in errors. It is an error if a shard is missing or occurs twice, if the
// tokenizers differ, or if rare words are missing.
func MergeCounts(names []string, counts []*Counts, minCount int64, maxVocabulary int) (*Counts, error) {
	o := BuildOptions{MinCount: minCount, MaxVocabulary: maxVocabulary}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	var files []counted.File
	for i, c := range counts {
		files = append(files, counted.File{Name: names[i], Header: c.header})
	}
	sum, err := counted.Merge(files)
	if err != nil {
		return nil, err
	}
	if sum.Subwords {
		return mergeTokens(names, counts, sum)
	}
	all := &wordTable{step: 1, ids: map[string]int32{}}
	for i, c := range counts {
		for id, token := range c.vocabulary.Tokens() {
			k, ok := all.ids[token]
			if !ok {
				k = int32(len(all.tokens))
				all.ids[token] = k
				all.tokens, all.counts = append(all.tokens, token), append(all.counts, 0)
			}
			n := c.vocabulary.Count(int32(id))
			if all.counts[k] > math.MaxInt64-n {
				return nil, fmt.Errorf("%s: the count of %q is out of range", names[i], token)
			}
			all.counts[k] += n
		}
	}
	merged := &Corpus{rawWords: sum.Words, dropped: int(sum.Dropped)}
	if _, err := merged.count([]*wordTable{all, {}}, o); err != nil {
		return nil, err
	}
	sum.Distinct, sum.MinCount, sum.MaxVocabulary = merged.distinct, o.MinCount, o.MaxVocabulary
	return &Counts{sum, merged.vocabulary}, nil
}

// mergeTokens adds the counts of the tokens of a subword tokenizer.
func mergeTokens(names []string, counts []*Counts, sum counted.Header) (*Counts, error) {
	first := counts[0].vocabulary
	total := make([]int64, first.Len())
	for i, c := range counts {
		if !slices.Equal(first.Tokens(), c.vocabulary.Tokens()) {
			return nil, fault.New("count all shards with the same tokenizer", "%s has other tokens than %s", names[i], names[0])
		}
		for id := range total {
			n := c.vocabulary.Count(int32(id))
			if total[id] > math.MaxInt64-n {
				return nil, fmt.Errorf("%s: the count of %q is out of range", names[i], first.Token(int32(id)))
			}
			total[id] += n
		}
	}
	for _, n := range total {
		sum.Distinct += int(min(1, n))
	}
	v, err := tokenize.NewVocabulary(first.Tokens(), total)
	return &Counts{sum, v}, err
}

// Vocabulary returns the words with their counts.
func (c *Counts) Vocabulary() *tokenize.Vocabulary { return c.vocabulary }

// Words returns the number of words of the text.
func (c *Counts) Words() int64 { return c.header.Words }

// Distinct returns the number of different words of the text.
func (c *Counts) Distinct() int { return c.header.Distinct }

// Dropped returns how many different words were dropped for lack of memory, and the highest count
// of any of them when it was dropped; see Corpus.Dropped. If it is not 0 in a shard, the sum may
// differ from the counts of one process.
func (c *Counts) Dropped() (words, below int64) { return c.header.Dropped, c.header.Below }

// Skipped returns how many words of more than tokenize.MaxWordBytes bytes were skipped.
func (c *Counts) Skipped() int64 { return c.header.Skipped }

// Shard returns the shard that was counted, "" for a whole text.
func (c *Counts) Shard() string { return c.header.Shard }

// WriteTo writes the counts: a line that says what was counted, and for each word a line with the
// word, a tab and its count.
func (c *Counts) WriteTo(w io.Writer) (int64, error) {
	out, err := counted.NewWriter(w, c.header, c.vocabulary.Len())
	if err != nil {
		return 0, err
	}
	for id, token := range c.vocabulary.Tokens() {
		if err := out.Row(false, c.vocabulary.Count(int32(id)), token); err != nil {
			return 0, err
		}
	}
	return out.Flush()
}

// ReadCounts reads what WriteTo has written; errors refer to it as name.
func ReadCounts(name string, r io.Reader) (*Counts, error) { return readCounts(name, r, false) }

func readCounts(name string, r io.Reader, plain bool) (*Counts, error) {
	var tokens []string
	var counts []int64
	seen := map[string]bool{}
	h, err := counted.Read(name, r, counted.Words, 1, false, plain, func(count int64, keys []string) error {
		if seen[keys[0]] {
			return fmt.Errorf("%q is there twice", keys[0])
		}
		seen[keys[0]] = true
		tokens, counts = append(tokens, keys[0]), append(counts, count)
		return nil
	})
	if err != nil {
		return nil, err
	}
	v, err := tokenize.NewVocabulary(tokens, counts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &Counts{h, v}, nil
}

// OpenVocabulary reads the vocabulary in path, as Counts.WriteTo writes it or as the vocab.tsv of a
// model, for BuildOptions.Vocabulary: that of a text of which this process reads a part. t is the
// tokenizer that will read the text. A vocabulary that says with which tokenizer it was counted
// must have been counted with t, and one that holds the counts of a single shard is an error.
func OpenVocabulary(path string, t *tokenize.Tokenizer) (*tokenize.Vocabulary, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.OpenHint(err), "cannot read %s: %w", path, fault.Cause(err))
	}
	defer f.Close()
	c, err := readCounts(path, f, true)
	if err != nil {
		return nil, err
	}
	switch h := c.header; {
	case h.Shard != "" && !strings.HasSuffix(h.Shard, "/1"):
		return nil, fault.New("merge the counts of all shards", "%s holds the counts of shard %s alone", path, h.Shard)
	case h.Kind != "" && h.Tokenizer != t.Fingerprint():
		return nil, fault.New("read the text with the options with which its words were counted", "%s was counted with another tokenizer, phrases or case", path)
	case c.vocabulary.Total() == 0:
		return nil, fault.New("name a vocabulary with counts", "all counts of %s are 0", path)
	}
	if !t.Subwords() {
		if v := c.vocabulary; !slices.IsSortedFunc(v.ByCount(), cmp.Compare[int32]) {
			return sorted(v)
		}
		return c.vocabulary, nil
	}
	if _, err := t.WithVocabulary(c.vocabulary); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c.vocabulary, nil
}

// sorted returns a vocabulary in the order of [Build].
func sorted(v *tokenize.Vocabulary) (*tokenize.Vocabulary, error) {
	ids := v.ByCount()
	slices.SortFunc(ids, func(a, b int32) int {
		return cmp.Or(cmp.Compare(v.Count(b), v.Count(a)), strings.Compare(v.Token(a), v.Token(b)))
	})
	tokens, counts := make([]string, len(ids)), make([]int64, len(ids))
	for i, id := range ids {
		tokens[i], counts[i] = v.Token(id), v.Count(id)
	}
	return tokenize.NewVocabulary(tokens, counts)
}
