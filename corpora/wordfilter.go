package corpora

// wordFilter is a Bloom filter (Bloom 1970) with two hash functions: it reports every word that
// was added, and a few others falsely. With 32 bits per word of the limit, one lookup in 1,000
// is wrong after half of the words have been dropped once.
type wordFilter struct {
	bits []uint64
	mask uint64
}

func newWordFilter(words int) *wordFilter {
	n := uint64(64)
	for n < 32*uint64(words) {
		n *= 2
	}
	return &wordFilter{bits: make([]uint64, n/64), mask: n - 1}
}

// bitsOf returns the two bits of a word. The hash is FNV-1a, which is the same in every
// run, with its high bits mixed further.
func bitsOf[T string | []byte](f *wordFilter, word T) (a, b uint64) {
	h := uint64(14695981039346656037)
	for i := range len(word) {
		h = (h ^ uint64(word[i])) * 1099511628211
	}
	h ^= h >> 32
	h *= 0x9e3779b97f4a7c15
	h ^= h >> 29
	return h & f.mask, h >> 32 & f.mask
}

func (f *wordFilter) add(word string) {
	a, b := bitsOf(f, word)
	f.bits[a/64] |= 1 << (a % 64)
	f.bits[b/64] |= 1 << (b % 64)
}

func (f *wordFilter) has(word []byte) bool {
	a, b := bitsOf(f, word)
	return f.bits[a/64]>>(a%64)&1 != 0 && f.bits[b/64]>>(b%64)&1 != 0
}
