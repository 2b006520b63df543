package learn

import "slices"

// trie finds the pieces that are prefixes of a text. Nodes are numbered breadth first, so
// the children of a node are adjacent, sorted by character.
type trie struct {
	first  []int32 // for each node, its first child; its children end where those of the next node begin
	letter []int32 // for each node, the character that leads to it
	piece  []int32 // for each node, the piece that ends there; -1: none
}

// newTrie makes a trie of pieces, which must be sorted and unique.
func newTrie(pieces [][]int32) *trie {
	type part struct{ from, to, depth int32 } // pieces below a node
	t := &trie{letter: []int32{0}, piece: []int32{-1}}
	level := []part{{0, int32(len(pieces)), 0}}
	for at := 0; at < len(level); at++ {
		p := level[at]
		t.first = append(t.first, int32(len(level)))
		if p.from < p.to && int(p.depth) == len(pieces[p.from]) {
			t.piece[at] = p.from
			p.from++
		}
		for p.from < p.to {
			letter := pieces[p.from][p.depth]
			end := p.from + 1
			for end < p.to && pieces[end][p.depth] == letter {
				end++
			}
			level = append(level, part{p.from, end, p.depth + 1})
			t.letter, t.piece = append(t.letter, letter), append(t.piece, -1)
			p.from = end
		}
	}
	t.first = append(t.first, int32(len(level)))
	return t
}

// child returns the node that a letter leads to, -1 if there is none.
func (t *trie) child(node, letter int32) int32 {
	from, to := t.first[node], t.first[node+1]
	if node == 0 && to-from >= letter && letter > 0 && t.letter[from+letter-1] == letter {
		return from + letter - 1 // all characters are pieces
	}
	i, ok := slices.BinarySearch(t.letter[from:to], letter)
	if !ok {
		return -1
	}
	return from + int32(i)
}
