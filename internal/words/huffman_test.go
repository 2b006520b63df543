package words_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/luminavec/luminavec/internal/words"
)

// A tree small enough to be drawn by hand, with ties.
func TestHuffmanPaths(t *testing.T) {
	// e+d = 2 is node 2 of four, then c and it: a tie, the inner node first. The
	// root joins a and what b is in.
	h := NewHuffman(vocabularyOf(t, 6, 3, 2, 1, 1))
	want := []string{"[0]", "[-1 1]", "[-1 -2 -3]", "[-1 -2 2 -4]", "[-1 -2 2 3]"}
	for word, w := range want {
		if got := fmt.Sprint(h.Path(int32(word))); got != w {
			t.Errorf("path of word %d: %s, want %s", word, got, w)
		}
	}
	if h.Depth() != 4 {
		t.Errorf("depth %d", h.Depth())
	}
}

// Words that do not occur, as most tokens of a tokenizer.json in a small text, make no
// chain of each other.
func TestHuffmanWithoutCounts(t *testing.T) {
	counts := make([]int64, 1000)
	for i := range 8 {
		counts[i] = 10
	}
	h := NewHuffman(vocabularyOf(t, counts...))
	if h.Depth() > 4+10 {
		t.Errorf("depth %d with 8 words and 992 that do not occur", h.Depth())
	}
	for word := range int32(8) {
		if n := len(h.Path(word)); n < 3 || n > 4 {
			t.Errorf("word %d of 8 alike has a path of %d", word, n)
		}
	}
}

// The code has no word inside another's, uses every inner node, is as short as the
// entropy allows, and is the same forevery tree of the same counts.
func TestHuffmanCode(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	for _, n := range []int{2, 3, 10, 26} {
		for range 20 {
			counts := make([]int64, n)
			for i := range counts {
				counts[i] = 1 + rng.Int64N(1000)/int64(1+rng.IntN(300))
			}
			slices.Sort(counts)
			slices.Reverse(counts)
			h, again := NewHuffman(vocabularyOf(t, counts...)), NewHuffman(vocabularyOf(t, counts...))
			kraft, bits, entropy, sum := 0.0, 0.0, 0.0, 0.0
			for _, c := range counts {
				sum += float64(c)
			}
			codes, nodes := map[string]bool{}, map[int32]bool{}
			for word, c := range counts {
				path := h.Path(int32(word))
				if !slices.Equal(path, again.Path(int32(word))) {
					t.Fatalf("%v: two trees differ at word %d", counts, word)
				}
				code := ""
				for _, id := range path {
					bit := "1"
					if id < 0 {
						id, bit = ^id, "0"
					}
					if int(id) >= n-1 || codes[code] {
						t.Fatalf("%v: word %d has the path %v", counts, word, path)
					}
					code += bit
					nodes[id] = true
				}
				codes[code] = true
				kraft += math.Pow(2, -float64(len(path)))
				p := float64(c) / sum
				bits += p * float64(len(path))
				entropy -= p * math.Log2(p)
			}
			if kraft != 1 || len(nodes) != n-1 || len(codes) != n {
				t.Errorf("%v: Kraft sum %g, %d inner nodes, %d codes", counts, kraft, len(nodes), len(codes))
			}
			if bits < entropy-1e-9 || bits >= entropy+1 {
				t.Errorf("%v: %.3f bits a word, the entropy is %.3f", counts, bits, entropy)
			}
		}
	}
}
