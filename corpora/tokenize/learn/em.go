package learn

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"

	"github.com/sourcegraph/conc/pool"
	"gonum.org/v1/gonum/mathext"
)

// unigramLearner learns a Unigram model (Kudo 2018, section 3.2): pieces with
// probabilities that make the words of the text likely. The probability of a word is the
// sum, over all ways to split it into pieces, of the product of their probabilities.
//
//  1. Start with many pieces: the characters and the frequent substrings of words.
//  2. Fit the probabilities by two steps of EM.
//  3. Drop the quarter of the pieces that costs the least likelihood, and repeat from 2
//     until the vocabulary has its size.
//
// Characters are never dropped.
type unigramLearner struct {
	o        Options
	alphabet []rune  // characters; their numbers start at 1
	kinds    []int32 // of each character, by number
	text     []int32 // the words as numbers of characters, each followed by 0
	starts   []int32 // of each word in text
	counts   []int64 // of each word
	total    float64 // sum of the counts

	pieces []unigramPiece // sorted by their characters
	trie   *trie
}

// unigramPiece is a token that is being learned.
type unigramPiece struct {
	letters []int32 // a slice of the text
	score   float64 // logarithm of its probability
}

const (
	emSteps       = 2    // between two prunings
	keptByPruning = 0.75 // of the pieces
	fewExpected   = 0.5  // expected count below which a piece is dropped
	// emBlocks is the number of blocks of words. Their sums are added up in order, so
	// the result does not depend on the number of goroutines.
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
				end() // an unknown character splits a word
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

// begin makes the initial pieces: the characters and the seeds. Their probabilities are
// proportional to count times length.
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

// blocks calls work with each word, block by block on all processors, and done with the
// sums of each block, in order.
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

// expect is the E-step. It returns the expected count of each piece in the text and
// the mean log-likelihood of a word.
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

// maximize is the M-step in its variational form, as in SentencePiece: the digamma function
// replaces the logarithm, which lowers the probability of rare pieces as a sparse
// prior does (Liang, Petrov, Jordan and Klein 2007). Pieces with a low expected count are
// dropped, except characters.
func (u *unigramLearner) maximize(expected []float64) {
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

// prune drops the pieces whose loss costs the least likelihood, until size are left (Kudo
// 2018, section 3.2, step 2c). The cost is an estimate: each word is cut in the best way,
// and all occurrences of a piece are replaced by the best way to cut the piece itself.
// Pieces that do not occur are always dropped, characters never.
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

// run learns until size pieces are left and returns the mean log-likelihood of a
// word. It calls progress in each round, with the number of pieces.
func (u *unigramLearner) run(ctx context.Context, size int, progress func(left int)) (likelihood float64, err error) {
	if err := u.begin(ctx); err != nil {
		return 0, err
	}
	for {
		progress(len(u.pieces))
		for range emSteps {
			var expected []float64
			if expected, _, err = u.expect(ctx); err != nil {
				return 0, err
			}
			u.maximize(expected)
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
