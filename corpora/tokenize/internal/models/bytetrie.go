package models

import (
	"slices"
	"sort"
)

// byteTrie finds, byte by byte, the strings of a set that are prefixes of a text. Node 0
// is the root.
type byteTrie struct {
	ids   []int32 // for each node, the string that ends there, -1 if none
	first []int32 // for each node, its first child; the others follow it
	count []uint16
	label []byte // for each node, the byte that leads to it
	root  [256]int32
}

// newByteTrie makes a trie of strings; a string is identified by its index.
func newByteTrie(strings []string) byteTrie {
	order := make([]int32, len(strings))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		switch x, y := strings[a], strings[b]; {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return int(a - b)
	})
	// Breadth first: a node is a range of order whose strings share their first depth bytes.
	type node struct{ from, to, depth int32 }
	nodes := []node{{0, int32(len(order)), 0}}
	t := byteTrie{label: []byte{0}}
	for at := 0; at < len(nodes); at++ {
		n := nodes[at]
		id := int32(-1)
		for n.from < n.to && len(strings[order[n.from]]) == int(n.depth) {
			id = order[n.from]
			n.from++
		}
		t.ids = append(t.ids, id)
		t.first = append(t.first, int32(len(nodes)))
		count := uint16(0)
		for n.from < n.to {
			b := strings[order[n.from]][n.depth]
			rest := int(n.to - n.from)
			end := n.from + int32(sort.Search(rest, func(i int) bool { return strings[order[n.from+int32(i)]][n.depth] > b }))
			nodes = append(nodes, node{n.from, end, n.depth + 1})
			t.label = append(t.label, b)
			n.from = end
			count++
		}
		t.count = append(t.count, count)
	}
	for b := range t.root {
		t.root[b] = t.search(0, byte(b))
	}
	return t
}

// child returns the node that b leads to, -1 if there is none.
func (t *byteTrie) child(node int32, b byte) int32 {
	if node == 0 {
		return t.root[b]
	}
	return t.search(node, b)
}

func (t *byteTrie) search(node int32, b byte) int32 {
	first := t.first[node]
	labels := t.label[first : first+int32(t.count[node])]
	for i, l := range labels {
		if l >= b {
			if l == b {
				return first + int32(i)
			}
			break
		}
	}
	return -1
}
