package learn

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mathext"
)

// unigramOf returns a learner of words with the given pieces and probabilities.
func unigramOf(words []countedWord, probabilities map[string]float64) *unigramLearner {
	var alphabet []rune
	for _, l := range countLetters(words) {
		alphabet = append(alphabet, l.r)
	}
	slices.Sort(alphabet)
	u := newUnigramLearner(DefaultOptions(Unigram), words, alphabet)
	for text, p := range probabilities {
		var letters []int32
		for _, r := range text {
			letters = append(letters, int32(slices.Index(alphabet, r)+1))
		}
		u.pieces = append(u.pieces, unigramPiece{letters, math.Log(p)})
	}
	slices.SortFunc(u.pieces, func(a, b unigramPiece) int { return slices.Compare(a.letters, b.letters) })
	u.index()
	return u
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

// One step by hand. "ab" occurs three times: as ab with probability 1/2, or as a and b
// with 1/4·1/4, in total 9/16. So the expected counts are 3·(8/16)/(9/16) = 8/3 for ab
// and 1/3 for a and b; the word "b" makes it 4/3 for b. The character a stays, with a
// count of 1/2.
func TestEMByHand(t *testing.T) {
	u := unigramOf([]countedWord{{"ab", 3}, {"b", 1}}, map[string]float64{"a": 0.25, "b": 0.25, "ab": 0.5})
	expected, likelihood, err := u.expect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"a": 1. / 3, "ab": 8. / 3, "b": 4. / 3}
	for i, p := range u.pieces {
		if !near(expected[i], want[u.string(p)]) {
			t.Errorf("%s is expected %g times, want %g", u.string(p), expected[i], want[u.string(p)])
		}
	}
	if want := (3*math.Log(9./16) + math.Log(0.25)) / 4; !near(likelihood, want) {
		t.Errorf("log-likelihood %g, want %g", likelihood, want)
	}
	u.maximize(expected)
	want["a"] = 0.5
	sum := 0.5 + 8./3 + 4./3
	for _, p := range u.pieces {
		if s := mathext.Digamma(want[u.string(p)]) - mathext.Digamma(sum); !near(p.score, s) {
			t.Errorf("score of %s: %g, want %g", u.string(p), p.score, s)
		}
	}
}

// segmentations calls fn with all ways to split a word into pieces.
func (u *unigramLearner) segmentations(word []int32, path []int32, score float64, fn func(path []int32, score float64)) {
	if len(word) == 0 {
		fn(path, score)
	}
	for i, p := range u.pieces {
		if len(p.letters) <= len(word) && slices.Equal(p.letters, word[:len(p.letters)]) {
			u.segmentations(word[len(p.letters):], append(path, int32(i)), score+p.score, fn)
		}
	}
}

func randomUnigram(r *rand.Rand) *unigramLearner {
	counts := map[string]int64{}
	probabilities := map[string]float64{}
	random := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(byte('a' + r.IntN(3)))
		}
		return b.String()
	}
	for range 30 {
		counts[random(1+r.IntN(9))] = 1 + int64(r.IntN(5))
		probabilities[random(2+r.IntN(3))] = r.Float64()
	}
	words := (&wordCounter{counts: counts}).counted()
	for _, l := range countLetters(words) {
		probabilities[string(l.r)] = r.Float64()
	}
	return unigramOf(words, probabilities)
}

func TestLatticeAgainstAllSegmentations(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 30 {
		u := randomUnigram(r)
		want := make([]float64, len(u.pieces))
		total := 0.0
		l := newLattice(u)
		for i := range u.starts {
			word, count := u.word(i), float64(u.counts[i])
			z, best, bestApart := 0.0, math.Inf(-1), math.Inf(-1)
			u.segmentations(word, nil, 0, func(path []int32, score float64) {
				z += math.Exp(score)
				best = max(best, score)
				if len(path) > 1 {
					bestApart = max(bestApart, score)
				}
			})
			u.segmentations(word, nil, 0, func(path []int32, score float64) {
				for _, p := range path {
					want[p] += count * math.Exp(score) / z
				}
			})
			total += count * math.Log(z)
			l.fill(word)
			for apart, want := range map[bool]float64{false: best, true: bestApart} {
				if apart && len(word) == 1 {
					continue
				}
				score := 0.0
				for _, p := range l.best(apart) {
					score += u.pieces[p].score
				}
				if !near(score, want) {
					t.Fatalf("best way (apart %t) %g, want %g", apart, score, want)
				}
			}
		}
		expected, likelihood, err := u.expect(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !near(likelihood, total/u.total) {
			t.Fatalf("log-likelihood %g, want %g", likelihood, total/u.total)
		}
		for i := range want {
			if !near(expected[i], want[i]) {
				t.Fatalf("%s is expected %g times, want %g", u.string(u.pieces[i]), expected[i], want[i])
			}
		}
	}
}

// Seeds are the substrings that end a word or are followed by different characters.
func TestSeedsAgainstCounting(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for round := range 30 {
		u := randomUnigram(r)
		u.o.MaxLength, u.o.MinCount = 2+r.IntN(8), 1+int64(r.IntN(4))
		counts, next := map[string]int64{}, map[string]map[string]bool{}
		for i := range u.starts {
			word := u.string(unigramPiece{letters: u.word(i)})
			for from := range len(word) {
				for to := from + 2; to <= min(len(word), from+u.o.MaxLength); to++ {
					s := word[from:to]
					counts[s] += u.counts[i]
					if next[s] == nil {
						next[s] = map[string]bool{}
					}
					if to == len(word) {
						next[s]["end"], next[s]["of word"] = true, true
					} else {
						next[s][word[to:to+1]] = true
					}
				}
			}
		}
		want := map[string]int64{}
		for s, n := range counts {
			if n >= u.o.MinCount && len(next[s]) > 1 {
				want[s] = n
			}
		}
		seeds, err := u.seeds(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if len(seeds) != len(want) {
			t.Errorf("round %d: %d seeds, want %d", round, len(seeds), len(want))
		}
		for _, s := range seeds {
			text := u.string(unigramPiece{letters: u.text[s.at : s.at+s.length]})
			if want[text] != s.count {
				t.Errorf("round %d: %q %d times, want %d", round, text, s.count, want[text])
			}
		}
	}
}

// A piece that does not occur is dropped first. A rare piece without a likely alternative
// stays longer than a frequent one that is almost as likely in parts.
func TestPrune(t *testing.T) {
	u := unigramOf([]countedWord{{"ab", 100}, {"cd", 60}, {"a", 300}, {"b", 300}},
		map[string]float64{"a": 0.35, "b": 0.35, "c": 1e-6, "d": 1e-6, "ab": 0.13, "cd": 0.1, "abc": 0.01})
	left := func() (texts []string) {
		for _, p := range u.pieces {
			texts = append(texts, u.string(p))
		}
		return texts
	}
	if err := u.prune(context.Background(), 6); err != nil {
		t.Fatal(err)
	}
	if got := left(); !slices.Equal(got, []string{"a", "ab", "b", "c", "cd", "d"}) {
		t.Errorf("%v, but abc is not in any word", got)
	}
	if err := u.prune(context.Background(), 5); err != nil {
		t.Fatal(err)
	}
	if got := left(); !slices.Equal(got, []string{"a", "b", "c", "cd", "d"}) {
		t.Errorf("%v, but ab costs less than cd", got)
	}
}

// A token has letters of one script, and ▁ at its start only.
func TestValidPieces(t *testing.T) {
	alphabet := []rune{'!', '1', '2', 'a', 'b', 'é', 'я', '▁', 'か', 'カ', '漢', 'ー'}
	u := &unigramLearner{alphabet: alphabet, kinds: kindsOf(alphabet)}
	for text, want := range map[string]bool{"ab": true, "aé": true, "▁a": true, "▁1": true, "12": true, "1!": true, "▁12": true,
		"a1": false, "a!": false, "яa": false, "a▁": false, "▁▁": false, "▁a1": false, "漢か": true, "カー": true, "漢a": false} {
		var letters []int32
		for _, r := range text {
			letters = append(letters, int32(slices.Index(alphabet, r)+1))
		}
		if got := u.valid(letters); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func TestTrie(t *testing.T) {
	pieces := [][]int32{{1}, {1, 2}, {1, 2, 3, 4}, {2}, {2, 2}, {4, 1}}
	tr := newTrie(pieces)
	for i, p := range pieces {
		node := int32(0)
		for _, c := range p {
			node = tr.child(node, c)
		}
		if tr.piece[node] != int32(i) {
			t.Errorf("%v is piece %d", p, tr.piece[node])
		}
	}
	if n := tr.child(0, 3); n != -1 {
		t.Errorf("3 leads to node %d", n)
	}
}
