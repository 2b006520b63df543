package words

import (
	"cmp"
	"slices"

	"github.com/luminavec/luminavec/corpora/tokenize"
)

// Huffman is the tree of hierarchical softmax (Morin and Bengio, 2005; Mikolov et
// al., 2013): words are its leaves, and a word's probability is the product of the
// decisions on its path, each σ(x·y) or 1-σ(x·y) with the row y of an inner node.
// Frequent words have short paths.
//
// The tree is Huffman's (1952), built as in word2vec: among equal counts the rarer word by rank
// comes first, and an inner node before a word. Of two nodes that are joined, the one with the
// lower count is to be predicted. Words that do not occur in the text, which word2vec does not
// have, come before inner nodes, so that their part of the tree is flat instead of a long
// chain.
type Huffman struct {
	ends  []int   // of each word's path in paths
	paths []int32 // labelled outputs, from the root down
	depth int     // of the longest path
}

// NewHuffman returns the tree over the words of v. Inner nodes are numbered from
// the root, 0, in descending order of their counts, so that the rows that are used most
// often are close together; there is one fewer than words.
func NewHuffman(v *tokenize.Vocabulary) *Huffman {
	n := v.Len()
	// Leaves in descending order of count; a vocabulary that has grown is not sorted.
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(v.Count(b), v.Count(a)) })

	// The two smallest of the leaves (from the end of order) and the inner nodes (in
	// the order of creation, which is that of their counts) are joined until
	// one is left. Inner node i is n+i.
	counts := make([]uint64, n-1)
	parent := make([]int32, 2*n-1)
	predicted := make([]bool, 2*n-1)
	leaf, inner := n-1, 0
	for made := range counts {
		for k := range 2 {
			node, count := n+inner, uint64(0)
			if leaf >= 0 {
				count = uint64(v.Count(order[leaf]))
			}
			if leaf >= 0 && (inner == made || count < counts[inner] || count == 0) {
				node = int(order[leaf])
				counts[made] += count
				leaf--
			} else {
				counts[made] += counts[inner]
				inner++
			}
			parent[node], predicted[node] = int32(n+made), k == 0
		}
	}

	h := &Huffman{ends: make([]int, n)}
	root := int32(2*n - 2)
	for word := range h.ends {
		start := len(h.paths)
		for node := int32(word); node != root; node = parent[node] {
			row := root - parent[node]
			if !predicted[node] {
				row = ^row
			}
			h.paths = append(h.paths, row)
		}
		slices.Reverse(h.paths[start:])
		h.ends[word] = len(h.paths)
		h.depth = max(h.depth, len(h.paths)-start)
	}
	return h
}

// Path returns the labelled outputs of a word. The caller must not change them.
func (h *Huffman) Path(word int32) []int32 {
	start := 0
	if word > 0 {
		start = h.ends[word-1]
	}
	return h.paths[start:h.ends[word]]
}

// Depth returns the length of the longest path.
func (h *Huffman) Depth() int { return h.depth }
