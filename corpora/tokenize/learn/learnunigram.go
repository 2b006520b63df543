package learn

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"

	"github.com/sourcegraph/conc/pool"
	"gonum.org/v1/gonum/mathext"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// unigramLearner learns a Unigram model (Kudo 2018, section 3.2): pieces with
// probabilities under which the words of the text are likely, when the probability
// of a word is the sum over all ways to cut it into pieces of their products.
//
//  1. Begin with many pieces: the characters, and the frequent substrings of words.
//  2. Fit the probabilities by two steps of EM.
//  3. Leave out the quarter of the pieces that are missed least, and go on with 2.
//
// In the end the vocabulary has its size. Characters always stay.
type unigramLearner struct {
	o        Options
	alphabet []rune  // the characters are the numbers from 1
	kinds    []int32 // of characters
	text     []int32 // the words as numbers of characters, a 0 behind each
	starts   []int32 // of words in text
	counts   []int64 // of words
	total    float64 // sum of them

	pieces []unigramPiece // sorted by their characters
	trie   *trie
}

// unigramPiece is a token while it is learnt.
type unigramPiece struct {
	letters []int32 // a part of text
	score   float64 // logarithm of its probability
}

const (
	emSteps       = 2    // between two prunings
	keptByPruning = 0.75 // of the pieces
	fewExpected   = 0.5  // occurrences below which a piece goes
	// emBlocks is how many parts the words are dealt into. Their sums are added up in
	// order, so the outcome does not depend on the number of goroutines.
	emBlocks = 32
)

func newUnigramLearner(o Options, words []countedWord, alphabet []rune) *unigramLearner {
	u := &unigramLearner{o: o, alphabet: alphabet, kinds: kindsOf(alphabet)}
	number := map[rune]int32{}
	for i, r := range alphabet {
		number[r] = int32(i + 1)
	}
	for _, w := range words {
		start := len(u.text)
		end := func() {
			if len(u.text) > start {
				u.starts = append(u.starts, int32(start))
				u.counts = append(u.counts, w.count)
				u.total += float64(w.count)
				u.text = append(u.text, 0)
				start = len(u.text)
			}
		}
		for _, r := range w.text {
			if c, ok := number[r]; ok {
				u.text = append(u.text, c)
			} else {
				end() // what is unknown parts a word
			}
		}
		end()
	}
	return u
}

// word returns a word as numbers of characters.
func (u *unigramLearner) word(i int) []int32 {
	end := len(u.text)
	if i+1 < len(u.starts) {
		end = int(u.starts[i+1])
	}
	return u.text[u.starts[i] : end-1]
}

// begin makes the first pieces: the characters, and the seeds. Their probabilities
// are as their counts, times their lengths.
func (u *unigramLearner) begin(ctx context.Context) error {
	seeds, err := u.seeds(ctx)
	if err != nil {
		return err
	}
	counts := make([]float64, len(u.alphabet)+1)
	at := make([]int32, len(u.alphabet)+1)
	for i := range u.starts {
		for k, c := range u.word(i) {
			counts[c] += float64(u.counts[i])
			at[c] = u.starts[i] + int32(k)
		}
	}
	for c := 1; c < len(counts); c++ {
		u.pieces = append(u.pieces, unigramPiece{u.text[at[c] : at[c]+1], counts[c]})
	}
	for _, s := range seeds {
		u.pieces = append(u.pieces, unigramPiece{u.text[s.at : s.at+s.length], float64(s.count) * float64(s.length)})
	}
	sum := 0.0
	for _, p := range u.pieces {
		sum += p.score
	}
	for i := range u.pieces {
		u.pieces[i].score = math.Log(u.pieces[i].score / sum)
	}
	slices.SortFunc(u.pieces, func(a, b unigramPiece) int { return slices.Compare(a.letters, b.letters) })
	u.index()
	return ctx.Err()
}

// index makes the trie of the pieces.
func (u *unigramLearner) index() {
	letters := make([][]int32, len(u.pieces))
	for i, p := range u.pieces {
		letters[i] = p.letters
	}
	u.trie = newTrie(letters)
}

// blocks calls work for each block of words on as many goroutines as there are
// processors, and done with its state in the order of the blocks.
func (u *unigramLearner) blocks(ctx context.Context, work func(l *lattice, word int), done func(l *lattice)) error {
	lattices := make([]*lattice, min(runtime.GOMAXPROCS(0), emBlocks))
	for i := range lattices {
		lattices[i] = newLattice(u)
	}
	for block := 0; block < emBlocks; block += len(lattices) {
		used := lattices[:min(len(lattices), emBlocks-block)]
		working := pool.New()
		for k, l := range used {
			working.Go(func() {
				l.reset(len(u.pieces))
				for i := block + k; i < len(u.starts) && ctx.Err() == nil; i += emBlocks {
					work(l, i)
				}
			})
		}
		working.Wait()
		for _, l := range used {
			done(l)
		}
	}
	return ctx.Err()
}

// expect is the E-step: how often each piece is expected to occur in the text, and
// the log-likelihood of a word on average.
func (u *unigramLearner) expect(ctx context.Context) (expected []float64, likelihood float64, err error) {
	expected = make([]float64, len(u.pieces))
	err = u.blocks(ctx, func(l *lattice, i int) {
		l.fill(u.word(i))
		l.likelihood += float64(u.counts[i]) * l.expect(float64(u.counts[i]))
	}, func(l *lattice) {
		for i, n := range l.expected {
			expected[i] += n
		}
		likelihood += l.likelihood
	})
	return expected, likelihood / u.total, err
}

// maximise is the M-step in its variational form: the logarithm becomes the digamma
// function, which takes more from rare pieces than from others, as a sparse prior
// does (Liang, Petrov, Jordan and Klein 2007; SentencePiece does the same). Pieces
// that are hardly expected go, but for characters.
func (u *unigramLearner) maximise(expected []float64) {
	kept, sum := u.pieces[:0], 0.0
	var counts []float64
	for i, p := range u.pieces {
		n := expected[i]
		if n < fewExpected {
			if len(p.letters) > 1 {
				continue
			}
			n = fewExpected
		}
		kept, counts = append(kept, p), append(counts, n)
		sum += n
	}
	for i, n := range counts {
		kept[i].score = mathext.Digamma(n) - mathext.Digamma(sum)
	}
	u.pieces = kept
	u.index()
}

// prune leaves out the pieces that are missed least, until size are left (Kudo 2018,
// section 3.2, step 2c). What is missed is estimated: each word is cut in the best way, and
// all occurrences of a piece give way to the best way to cut the piece itself. Those
// that no word is cut into go in any case, characters never.
func (u *unigramLearner) prune(ctx context.Context, size int) error {
	used := make([]int64, len(u.pieces))
	err := u.blocks(ctx, func(l *lattice, i int) {
		l.fill(u.word(i))
		for _, p := range l.best(false) {
			l.used[p] += u.counts[i]
		}
	}, func(l *lattice) {
		for i, n := range l.used {
			used[i] += n
		}
	})
	if err != nil {
		return err
	}
	sum := 0.0
	for _, n := range used {
		sum += float64(n)
	}
	type loss struct {
		piece int
		loss  float64
	}
	var losses []loss
	keep := make([]bool, len(u.pieces))
	l := newLattice(u)
	for i, p := range u.pieces {
		if len(p.letters) == 1 {
			keep[i] = true
			size--
			continue
		}
		if used[i] == 0 {
			continue
		}
		n := float64(used[i])
		l.fill(p.letters)
		instead := l.best(true)
		after := math.Log(sum + n*float64(len(instead)-1))
		lost := math.Log(n) - math.Log(sum)
		for _, q := range instead {
			lost -= math.Log(float64(used[q])+n) - after
		}
		losses = append(losses, loss{i, n * lost})
		if i%(1<<16) == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	slices.SortFunc(losses, func(a, b loss) int {
		return cmp.Or(cmp.Compare(b.loss, a.loss), cmp.Compare(a.piece, b.piece))
	})
	for _, x := range losses[:min(max(size, 0), len(losses))] {
		keep[x.piece] = true
	}
	kept := u.pieces[:0]
	for i, p := range u.pieces {
		if keep[i] {
			kept = append(kept, p)
		}
	}
	u.pieces = kept
	u.index()
	return nil
}

// run learns until size pieces are left, and returns the log-likelihood of a word
// on average. It calls told after each round, with how many are left.
func (u *unigramLearner) run(ctx context.Context, size int, told func(left int)) (likelihood float64, err error) {
	if err := u.begin(ctx); err != nil {
		return 0, err
	}
	for {
		told(len(u.pieces))
		for range emSteps {
			var expected []float64
			if expected, _, err = u.expect(ctx); err != nil {
				return 0, err
			}
			u.maximise(expected)
		}
		if len(u.pieces) <= size {
			break
		}
		left := max(size, int(keptByPruning*float64(len(u.pieces))))
		if err := u.prune(ctx, left); err != nil {
			return 0, err
		}
	}
	_, likelihood, err = u.expect(ctx)
	return likelihood, err
}

// learnUnigram learns Unigram.
func (o Options) learnUnigram(ctx context.Context, parts *tokenize.Parts, t *Result, words []countedWord, alphabet []rune) error {
	if need := len(o.Special) + len(alphabet); need > o.Vocabulary {
		return o.tooSmall(need)
	}
	u := newUnigramLearner(o, words, alphabet)
	size, most := o.Vocabulary-len(o.Special), 0
	told := func(left int) {
		most = max(most, left)
		if o.OnProgress == nil {
			return
		}
		// The size falls by a factor a round: so does the time that is left.
		rounds := func(n int) int64 { return int64(1000 * math.Log(float64(max(n, size))/float64(size))) }
		o.OnProgress(Progress{"learning", rounds(most) - rounds(left), rounds(most) + 1})
	}
	var err error
	if t.Likelihood, err = u.run(ctx, size, told); err != nil {
		return err
	}
	slices.SortFunc(u.pieces, func(a, b unigramPiece) int {
		return cmp.Or(cmp.Compare(b.score, a.score), slices.Compare(a.letters, b.letters))
	})
	return o.writeUnigram(parts, u)
}
