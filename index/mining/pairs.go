package mining

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/luminavec/luminavec/corpora/pairs"
	"github.com/luminavec/luminavec/internal/fault"
)

// Candidates selects the texts that may be negatives.
type Candidates string

const (
	Positives Candidates = "positives" // the second texts
	All       Candidates = "all"       // all texts, including anchors and given negatives
)

// Summary describes the candidates in a few words.
func (c Candidates) Summary() string {
	return map[Candidates]string{Positives: "the second texts of all pairs", All: "first and further texts too"}[c]
}

// ReadOptions controls how pairs are read.
type ReadOptions struct {
	// Pairs holds the options for pairs.Each. SpoolDir is also the folder of the temporary
	// file of texts. With a Tokenizer, usually that of the model, texts are equal if they are
	// in training, see pairs.Options.TextIDs; without one, if they differ in case and white
	// space only.
	Pairs pairs.Options
	// Composed compares unknown words by their spelling, for a model that makes vectors of them
	// from character n-grams. Default false: unknown words are equal, as in training.
	Composed bool
	// Candidates selects the texts that may be negatives. Default Positives.
	Candidates Candidates
}

// Validate returns an error that names the first field out of range.
func (o ReadOptions) Validate() error {
	if o.Candidates != "" && o.Candidates != Positives && o.Candidates != All {
		return fault.Field("Candidates", "", "must be %s or %s, got %q", Positives, All, string(o.Candidates))
	}
	return o.Pairs.Validate()
}

// maxPairs keeps the numbers of pairs and texts in 32 bits.
const maxPairs = math.MaxInt32 / 2

// Pairs holds pairs for which negatives can be mined. Texts are numbered in the order of their
// first occurrence.
type Pairs struct {
	texts      *spool
	anchors    []int32 // of each pair
	positives  []int32
	candidate  []bool // of each text
	candidates int
	partnersOf []uint32 // [texts+1] start of the partners of a text
	partners   []int32  // of each text: in order, with repetitions
	files      []pairs.File
	stats      pairs.Stats
}

// Read reads pairs in one pass. White space around a text is ignored. Of equal texts, the first
// spelling stands for all, also in the Examples. Texts of further columns, which are given negatives, are used only
// with All, and so are labeled pairs with the label 0. Scored pairs are an error. Close the
// result when done.
func Read(ctx context.Context, sources []pairs.Source, o ReadOptions) (*Pairs, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Pairs.SpoolDir == "" {
		o.Pairs.SpoolDir = os.TempDir()
	}
	texts, err := newSpool(o.Pairs.SpoolDir)
	if err != nil {
		return nil, err
	}
	p := &Pairs{texts: texts}
	numbers := textNumbers{pairs: p, options: o, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, of: map[[2]uint64]int32{}}
	p.files, p.stats, err = pairs.Each(ctx, sources, o.Pairs, func(row pairs.Texts) error {
		if row.Kind == pairs.Scored {
			return fault.New("name two columns of texts that belong together, such as sentence1,sentence2, or omit the file",
				"negatives are mined for pairs, but these are scored")
		}
		return p.add(&numbers, row, o.Candidates == All)
	})
	if err == nil && len(p.anchors) == 0 {
		err = fault.New("pairs that belong together have the label 1", "found no pairs that belong together")
	}
	if err == nil {
		err = texts.seal()
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	p.join()
	return p, nil
}

// textNumbers maps texts to their numbers by a 128-bit hash. Its seeds are random, so that
// collisions cannot be constructed; the numbers do not depend on the seeds.
type textNumbers struct {
	pairs   *Pairs
	options ReadOptions
	seeds   [2]maphash.Seed
	of      map[[2]uint64]int32
	ids     []int32 // of a text
	key     []byte
}

// keyOf returns what equal texts have in common.
func (t *textNumbers) keyOf(text string) []byte {
	t.key = t.key[:0]
	switch tokenizer := t.options.Pairs.Tokenizer; {
	case tokenizer == nil:
		for word := range strings.FieldsSeq(text) {
			t.key = append(append(t.key, strings.ToLower(word)...), ' ')
		}
	case t.options.Composed:
		tokenizer.Each(text, func(word []byte, _ int32) { t.key = append(append(t.key, word...), 0) })
	default:
		t.ids = t.options.Pairs.TextIDs(t.ids[:0], text)
		for _, id := range t.ids {
			t.key = binary.LittleEndian.AppendUint32(t.key, uint32(id))
		}
	}
	return t.key
}

func (t *textNumbers) number(text string) (int32, error) {
	key := t.keyOf(text)
	hash := [2]uint64{maphash.Bytes(t.seeds[0], key), maphash.Bytes(t.seeds[1], key)}
	if n, ok := t.of[hash]; ok {
		return n, nil
	}
	n := int32(len(t.of))
	if n == math.MaxInt32 {
		return 0, fault.New("mine parts of the pairs separately", "too many texts: the maximum is %d", n)
	}
	t.of[hash] = n
	t.pairs.candidate = append(t.pairs.candidate, false)
	return n, t.pairs.texts.add(strings.TrimSpace(text))
}

// add adds an example.
func (p *Pairs) add(numbers *textNumbers, row pairs.Texts, all bool) error {
	related := row.Kind == pairs.Paired || row.Score == 1
	var pair [2]int32
	for i, text := range row.Texts {
		if i > 1 && !all || i == 0 && !related && !all {
			continue
		}
		n, err := numbers.number(text)
		if err != nil {
			return err
		}
		if (all || i == 1) && !p.candidate[n] {
			p.candidate[n] = true
			p.candidates++
		}
		if i < 2 {
			pair[i] = n
		}
	}
	if !related {
		return nil
	}
	if len(p.anchors) == maxPairs {
		return fault.New("mine parts of the pairs separately", "too many pairs: the maximum is %d", maxPairs)
	}
	p.anchors, p.positives = append(p.anchors, pair[0]), append(p.positives, pair[1])
	return nil
}

// join lists the partners of each text.
func (p *Pairs) join() {
	p.partnersOf = make([]uint32, len(p.candidate)+1)
	for i, a := range p.anchors {
		p.partnersOf[a+1]++
		p.partnersOf[p.positives[i]+1]++
	}
	for i := 1; i < len(p.partnersOf); i++ {
		p.partnersOf[i] += p.partnersOf[i-1]
	}
	p.partners = make([]int32, 2*len(p.anchors))
	free := slices.Clone(p.partnersOf)
	put := func(a, b int32) {
		p.partners[free[a]] = b
		free[a]++
	}
	for i, a := range p.anchors {
		put(a, p.positives[i])
		put(p.positives[i], a)
	}
	for n := range p.candidate {
		slices.Sort(p.with(int32(n)))
	}
}

// with returns the partners of a text.
func (p *Pairs) with(n int32) []int32 { return p.partners[p.partnersOf[n]:p.partnersOf[n+1]] }

// Len returns the number of pairs.
func (p *Pairs) Len() int { return len(p.anchors) }

// Texts returns the number of distinct texts.
func (p *Pairs) Texts() int { return len(p.candidate) }

// Candidates returns the number of texts that may be negatives.
func (p *Pairs) Candidates() int { return p.candidates }

// SpoolBytes returns the size of the temporary file of texts.
func (p *Pairs) SpoolBytes() int64 { return p.texts.size() }

// Files returns the files in the order in which they were read.
func (p *Pairs) Files() []pairs.File { return p.files }

// Stats returns the statistics of reading.
func (p *Pairs) Stats() pairs.Stats { return p.stats }

// Close removes the temporary file of texts.
func (p *Pairs) Close() error { return p.texts.close() }
