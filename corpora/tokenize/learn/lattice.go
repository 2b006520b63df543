package learn

import "math"

// lattice holds all ways to split a word into pieces, as edges between the places before,
// between and after its characters. It owns buffers, and sums over the words of a block:
// each goroutine needs its own.
type lattice struct {
	u      *unigramLearner
	length int
	edges  []latticeEdge
	from   []int32 // for each place, its first edge; and the number of edges

	forward, backward []float64 // log-likelihood of the word before a place, and after it
	last              []int32   // last edge of the best way to a place
	path              []int32   // pieces of the best way

	expected   []float64 // count of each piece
	likelihood float64
	used       []int64 // count of each piece in best ways
}

// latticeEdge is a piece between two places of the word.
type latticeEdge struct {
	start, end, piece int32
}

func newLattice(u *unigramLearner) *lattice { return &lattice{u: u} }

// reset starts the sums of a block.
func (l *lattice) reset(pieces int) {
	if len(l.expected) != pieces {
		l.expected, l.used = make([]float64, pieces), make([]int64, pieces)
	}
	clear(l.expected)
	clear(l.used)
	l.likelihood = 0
}

// fill builds the lattice of a word.
func (l *lattice) fill(word []int32) {
	t := l.u.trie
	l.length = len(word)
	l.edges, l.from = l.edges[:0], l.from[:0]
	for start := range word {
		l.from = append(l.from, int32(len(l.edges)))
		node := int32(0)
		for end := start; end < len(word); end++ {
			if node = t.child(node, word[end]); node < 0 {
				break
			}
			if p := t.piece[node]; p >= 0 {
				l.edges = append(l.edges, latticeEdge{int32(start), int32(end + 1), p})
			}
		}
	}
	l.from = append(l.from, int32(len(l.edges)))
}

// expect adds the expected count of each piece in count occurrences of the word
// (forward-backward, Rabiner 1989) and returns the log-likelihood of one occurrence.
func (l *lattice) expect(count float64) float64 {
	n := l.length
	l.forward, l.backward = grown(l.forward, n+1), grown(l.backward, n+1)
	for i := range l.forward {
		l.forward[i], l.backward[i] = math.Inf(-1), math.Inf(-1)
	}
	l.forward[0], l.backward[n] = 0, 0
	pieces := l.u.pieces
	for _, e := range l.edges { // sorted by start, so the value at its start is final
		l.forward[e.end] = logAdd(l.forward[e.end], l.forward[e.start]+pieces[e.piece].score)
	}
	for i := len(l.edges) - 1; i >= 0; i-- {
		e := l.edges[i]
		l.backward[e.start] = logAdd(l.backward[e.start], l.backward[e.end]+pieces[e.piece].score)
	}
	z := l.forward[n]
	for _, e := range l.edges {
		l.expected[e.piece] += count * math.Exp(l.forward[e.start]+pieces[e.piece].score+l.backward[e.end]-z)
	}
	return z
}

// logAdd returns log(exp(a) + exp(b)).
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if b == math.Inf(-1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// grown returns a slice of length n, s itself if its capacity suffices.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, 2*n)
	}
	return s[:n]
}

// best returns the pieces, last first, of the most likely way to cut the word (Viterbi
// 1967); with apart, of the ways with more than one piece. Of equally likely ways, it is
// the one with the longest last piece. The result is valid until the next call.
func (l *lattice) best(apart bool) []int32 {
	n := l.length
	l.forward, l.last = grown(l.forward, n+1), grown(l.last, n+1)
	for i := range l.forward {
		l.forward[i] = math.Inf(-1)
	}
	l.forward[0] = 0
	for i, e := range l.edges {
		if apart && int(e.end-e.start) == n {
			continue
		}
		if score := l.forward[e.start] + l.u.pieces[e.piece].score; score > l.forward[e.end] {
			l.forward[e.end], l.last[e.end] = score, int32(i)
		}
	}
	l.path = l.path[:0]
	for at := n; at > 0; at = int(l.edges[l.last[at]].start) {
		l.path = append(l.path, l.edges[l.last[at]].piece)
	}
	return l.path
}
