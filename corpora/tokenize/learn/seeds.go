package learn

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"unicode"

	"github.com/sourcegraph/conc/pool"

	"github.com/luminavec/luminavec/corpora/tokenize/internal/pretokenizers"
)

// maxSeeds is the number of substrings that Unigram starts with, as in SentencePiece.
const maxSeeds = 1_000_000

// seed is a substring of a word: a range of the text of a learner.
type seed struct {
	at     int32
	length int32
	count  int64
}

// seeds returns the candidates for the vocabulary: the substrings of 2 to MaxLength
// characters with the greatest count × length (Kudo 2018, section 3.2).
//
// Of substrings that occur only together, such as "zebr" and "zebra", only the longest is
// a candidate: those that end a word, or that are followed by different characters. They
// are found in the sorted suffixes of all words, cut to MaxLength+1 characters: a
// substring is a run of neighbors with a common prefix. Hugging Face's trainer finds the
// same substrings but counts each distinct word once; SentencePiece and this one count
// it as often as it occurs in the text.
func (u *unigramLearner) seeds(ctx context.Context) ([]seed, error) {
	suffixes, err := u.suffixes(ctx)
	if err != nil {
		return nil, err
	}
	var found []seed
	type run struct {
		depth int32 // length of the common prefix
		first int   // index of the first suffix
		count int64 // sum over all suffixes before it
	}
	stack := []run{{}}
	sum, common := int64(0), int32(0)
	add := func(at, depth int32, count int64) {
		if depth >= 2 && int(depth) <= u.o.MaxLength && count >= u.o.MinCount && u.valid(u.text[at:at+depth]) {
			found = append(found, seed{at, depth, count})
		}
	}
	for i, at := range suffixes {
		if i%(1<<18) == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		next := int32(0) // length of the common prefix with the next suffix
		if i+1 < len(suffixes) {
			next = u.common(at, suffixes[i+1])
		}
		count := u.counts[u.wordAt(at)]
		if length := u.suffixLength(at); length > max(common, next) && int(length) <= u.o.MaxLength {
			add(at, length, count) // the end of a single word
		}
		first, before := i, sum
		sum += count
		for stack[len(stack)-1].depth > next {
			r := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			add(suffixes[r.first], r.depth, sum-r.count)
			first, before = r.first, r.count
		}
		if stack[len(stack)-1].depth < next {
			stack = append(stack, run{next, first, before})
		}
		common = next
	}
	slices.SortFunc(found, func(a, b seed) int {
		return cmp.Or(cmp.Compare(b.count*int64(b.length), a.count*int64(a.length)),
			slices.Compare(u.text[a.at:a.at+a.length], u.text[b.at:b.at+b.length]))
	})
	return found[:min(len(found), maxSeeds)], ctx.Err()
}

// suffixes returns the starts of all suffixes of words, sorted. Suffixes with the same
// first character are sorted by one goroutine.
func (u *unigramLearner) suffixes(ctx context.Context) ([]int32, error) {
	starts := make([]int32, len(u.alphabet)+2)
	for _, c := range u.text {
		starts[c+1]++
	}
	for c := range len(starts) - 1 {
		starts[c+1] += starts[c]
	}
	places := make([]int32, len(u.text))
	fill := slices.Clone(starts)
	for at, c := range u.text {
		places[fill[c]] = int32(at)
		fill[c]++
	}
	sorting := pool.New().WithMaxGoroutines(runtime.GOMAXPROCS(0))
	for c := 1; c <= len(u.alphabet); c++ {
		part := places[starts[c]:starts[c+1]]
		sorting.Go(func() {
			if ctx.Err() == nil {
				slices.SortFunc(part, u.compare)
			}
		})
	}
	sorting.Wait()
	return places[starts[1]:], ctx.Err()
}

// compare orders two suffixes by their first MaxLength+1 characters, then by start.
func (u *unigramLearner) compare(a, b int32) int {
	for i := range int32(u.o.MaxLength + 1) {
		x, y := u.text[a+i], u.text[b+i]
		if x != y {
			return cmp.Compare(x, y)
		}
		if x == 0 {
			break
		}
	}
	return cmp.Compare(a, b)
}

// common returns the length of the common prefix of two suffixes, at most MaxLength+1.
func (u *unigramLearner) common(a, b int32) int32 {
	n := int32(0)
	for int(n) <= u.o.MaxLength && u.text[a+n] != 0 && u.text[a+n] == u.text[b+n] {
		n++
	}
	return n
}

// suffixLength returns the length of a suffix, at most MaxLength+1.
func (u *unigramLearner) suffixLength(at int32) int32 {
	n := int32(0)
	for int(n) <= u.o.MaxLength && u.text[at+n] != 0 {
		n++
	}
	return n
}

// wordAt returns the word that contains a position of the text.
func (u *unigramLearner) wordAt(at int32) int {
	i, found := slices.BinarySearch(u.starts, at)
	if !found {
		i--
	}
	return i
}

// Kinds of characters. A token contains one kind only, except for ▁ at its start. Higher
// numbers are scripts.
const (
	kindOther int32 = iota // digits, punctuation
	kindSpace              // ▁
	kindScript
)

// kindsOf returns the kind of each character, by its number. In SentencePiece, too, the
// letters of a token are of one script.
func kindsOf(alphabet []rune) []int32 {
	var names []string
	for name := range unicode.Scripts {
		if name != "Common" && name != "Inherited" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	kinds := make([]int32, len(alphabet)+1)
	for i, r := range alphabet {
		kind := kindOther
		switch {
		case r == pretokenizers.Metaspace:
			kind = kindSpace
		case r == 'ー' || unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han): // one script in SentencePiece
			kind = kindScript
		default:
			for k, name := range names {
				if unicode.Is(unicode.Scripts[name], r) {
					kind = kindScript + 1 + int32(k)
					break
				}
			}
		}
		kinds[i+1] = kind
	}
	return kinds
}

// valid reports whether a substring may be a token.
func (u *unigramLearner) valid(text []int32) bool {
	if u.o.mixed {
		return true
	}
	if u.kinds[text[0]] == kindSpace {
		text = text[1:]
	}
	for _, c := range text {
		if k := u.kinds[c]; k == kindSpace || k != u.kinds[text[0]] {
			return false
		}
	}
	return true
}
