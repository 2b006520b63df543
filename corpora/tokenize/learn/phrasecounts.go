package learn

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/internal/counted"
	"github.com/luminavec/luminavec/corpora/text"
	"github.com/luminavec/luminavec/corpora/tokenize"
	"github.com/luminavec/luminavec/internal/fault"
	"github.com/luminavec/luminavec/internal/plainjson"
)

// PhraseCounts are the words and the pairs of adjacent words of a text, or of a shard of it, with
// their counts. Those of all shards are added with [MergePhraseCounts], and Find then returns the
// phrases that [FindPhrases] finds in the whole text.
type PhraseCounts struct {
	header  counted.Header
	counter *pairCounter
	cut     *tokenize.CutAgain
	sample  []byte
}

// CountPhrases counts src as FindPhrases does. Of the options, Tokenizer, Connectors and MaxPairs
// determine the counts; the others belong to Find.
func CountPhrases(ctx context.Context, src *text.Source, o PhraseOptions) (*PhraseCounts, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Tokenizer == nil {
		o.Tokenizer = tokenize.NewWordTokenizer(tokenize.WordOptions{})
	}
	c := newPairCounter(o, runtime.GOMAXPROCS(0))
	p := &PhraseCounts{counter: c}
	if err := c.read(ctx, src, &p.sample); err != nil {
		return nil, err
	}
	if c.words.Load() == 0 {
		return nil, fault.Mention(o.Tokenizer.NoWords(p.sample),
			"no words in %s: %s, %s", strings.Join(src.Described(), ", "), fault.Count(int(src.Stats().Bytes), "byte"), fault.Count(int(src.Stats().Lines), "line"))
	}
	c.total = c.totals()
	p.cut = o.Tokenizer.CutAgain(p.sample)
	connectors, err := plainjson.Marshal(slices.Compact(slices.Sorted(slices.Values(o.Connectors))), "")
	if err != nil {
		return nil, err
	}
	p.header = counted.Header{
		Kind: counted.Phrases, Tokenizer: o.Tokenizer.Fingerprint(), Options: "connectors " + strings.TrimSpace(string(connectors)),
		Words: c.words.Load(), Distinct: c.pairs(), Dropped: c.pruned, Below: c.prunedBelow,
	}
	p.header.SetShard(src)
	return p, nil
}

// Find scores the pairs with Scorer, Threshold and MinCount of o.
func (p *PhraseCounts) Find(o PhraseOptions) (*FoundPhrases, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	p.counter.o.Scorer, p.counter.o.Threshold, p.counter.o.MinCount = o.Scorer, o.Threshold, o.MinCount
	found, err := p.counter.found()
	switch {
	case err == nil:
		found.CutAgain = p.cut
	case p.cut != nil:
		err = fault.Mention("set Tokenizer to whitespace", "%w; %s", err, p.cut)
	}
	return found, err
}

// Words returns the number of words of the text; Pairs that of different pairs.
func (p *PhraseCounts) Words() int64 { return p.header.Words }

// Pairs returns the number of different pairs.
func (p *PhraseCounts) Pairs() int { return p.counter.pairs() }

// Shard returns the shard that was counted, "" for a whole text.
func (p *PhraseCounts) Shard() string { return p.header.Shard }

// Pruned returns how many pairs were dropped because there were more than MaxPairs, and the highest
// count of any of them. If it is not 0, the sum of shards may differ from the counts of one process.
func (p *PhraseCounts) Pruned() (pairs, below int64) { return p.header.Dropped, p.header.Below }

// CutAgain returns what was done to text that seems to be split into words already; nil: nothing.
func (p *PhraseCounts) CutAgain() *tokenize.CutAgain { return p.cut }

// WriteTo writes the counts: a line that says what was counted, the words in byte order, each with
// its count, and the pairs, in byte order too.
func (p *PhraseCounts) WriteTo(w io.Writer) (int64, error) {
	tokens := p.counter.tokens
	ids := make([]int32, 0, len(tokens))
	for id, n := range p.counter.total {
		if n > 0 {
			ids = append(ids, int32(id))
		}
	}
	out, err := counted.NewWriter(w, p.header, len(ids)+p.counter.pairs())
	if err != nil {
		return 0, err
	}
	slices.SortFunc(ids, func(a, b int32) int { return strings.Compare(tokens[a], tokens[b]) })
	for _, id := range ids {
		if err := out.Row(false, p.counter.total[id], tokens[id]); err != nil {
			return 0, err
		}
	}
	var keys []uint64
	for i := range p.counter.shards {
		for key := range p.counter.shards[i].counts {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b uint64) int {
		return cmp.Or(strings.Compare(tokens[a>>32], tokens[b>>32]), strings.Compare(tokens[uint32(a)], tokens[uint32(b)]))
	})
	for _, key := range keys {
		if err := out.Row(false, p.counter.shards[shardOf(key)].counts[key], tokens[key>>32], tokens[uint32(key)]); err != nil {
			return 0, err
		}
	}
	return out.Flush()
}

// ReadPhraseCounts reads what WriteTo has written; errors refer to it as name.
func ReadPhraseCounts(name string, r io.Reader) (*PhraseCounts, error) {
	p := emptyPhraseCounts()
	h, err := counted.Read(name, r, counted.Phrases, 0, false, false, p.add)
	if err != nil {
		return nil, err
	}
	p.header = h
	return p, nil
}

func emptyPhraseCounts() *PhraseCounts {
	return &PhraseCounts{counter: newPairCounter(PhraseOptions{Tokenizer: tokenize.NewWordTokenizer(tokenize.WordOptions{})}, 0)}
}

// add adds the count of a word or a pair.
func (p *PhraseCounts) add(count int64, keys []string) error {
	if len(keys) > 2 {
		return fmt.Errorf("expected a word or a pair of words but found %d fields", len(keys))
	}
	var ids [2]int32
	for i, key := range keys {
		if key == "" {
			return fmt.Errorf("a word is empty")
		}
		id, err := p.counter.id(key)
		if err != nil {
			return err
		}
		ids[i] = id
	}
	for len(p.counter.total) < len(p.counter.tokens) {
		p.counter.total = append(p.counter.total, 0)
	}
	if len(keys) == 1 {
		if p.counter.total[ids[0]] > math.MaxInt64-count {
			return fmt.Errorf("the count of %q is out of range", keys[0])
		}
		p.counter.total[ids[0]] += count
		return nil
	}
	key := pairKey(ids[0], ids[1])
	counts := p.counter.shards[shardOf(key)].counts
	if counts[key] > math.MaxInt64-count {
		return fmt.Errorf("the count of %q is out of range", keys)
	}
	counts[key] += count
	return nil
}

// MergePhraseCounts adds the counts of all shards of one or more texts; names are those of the
// counts in errors. It is an error if a shard is missing or occurs twice, or if the tokenizers or
// connectors differ.
func MergePhraseCounts(names []string, counts []*PhraseCounts) (*PhraseCounts, error) {
	var files []counted.File
	for i, c := range counts {
		files = append(files, counted.File{Name: names[i], Header: c.header})
	}
	sum, err := counted.Merge(files)
	if err != nil {
		return nil, err
	}
	all := emptyPhraseCounts()
	for i, c := range counts {
		tokens := c.counter.tokens
		for id, n := range c.counter.total {
			if n > 0 {
				if err := all.add(n, []string{tokens[id]}); err != nil {
					return nil, fmt.Errorf("%s: %w", names[i], err)
				}
			}
		}
		for s := range c.counter.shards {
			for key, n := range c.counter.shards[s].counts {
				if err := all.add(n, []string{tokens[key>>32], tokens[uint32(key)]}); err != nil {
					return nil, fmt.Errorf("%s: %w", names[i], err)
				}
			}
		}
	}
	all.counter.words.Store(sum.Words)
	all.counter.pruned, all.counter.prunedBelow = sum.Dropped, sum.Below
	sum.Distinct = all.counter.pairs()
	all.header = sum
	return all, nil
}
