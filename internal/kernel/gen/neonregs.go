package main

import (
	"bytes"
	"fmt"
	"math/bits"
	"strings"
)

// The registers of arm64 that kernels may use: R18 belongs to the operating system, R27 to
// the assembler, R28 and above to Go.
var generalRegisters = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24, 25, 26}

const vectorRegisters = 32

// print assigns registers and writes the function.
func (t *translation) print(out *bytes.Buffer) error {
	t.splitWebs()
	t.removeDead()
	registers, err := t.assign(true)
	if err != nil {
		if registers, err = t.assign(false); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\n// %s\n", t.fn.Stub())
	fmt.Fprintf(out, "TEXT ·%s(SB), NOSPLIT, $0-%d\n", t.fn.Name, t.fn.ArgumentBytes())
	for _, i := range t.code {
		if i.label != "" {
			fmt.Fprintf(out, "%s:\n", i.label)
			continue
		}
		var r []int
		for _, v := range append(i.defs[:len(i.defs):len(i.defs)], i.uses...) {
			r = append(r, registers[v])
		}
		if i.move && r[0] == r[1] {
			continue
		}
		if i.word != nil {
			code, text := i.word(r)
			fmt.Fprintf(out, "\tWORD $0x%08x // %s\n", code, text)
			continue
		}
		text := i.text
		for k, n := range r {
			text = strings.ReplaceAll(text, fmt.Sprintf("{%d}", k), fmt.Sprint(n))
		}
		fmt.Fprintf(out, "\t%s\n", text)
	}
	return nil
}

// blocks returns the index of the first instruction of each block, and its successors.
func (t *translation) blocks() (starts []int, next [][]int) {
	labels := map[string]int{}
	for k, i := range t.code {
		first := k == 0 || i.label != "" || t.code[k-1].target != "" || t.code[k-1].end
		if first {
			starts = append(starts, k)
		}
		if i.label != "" {
			labels[i.label] = len(starts) - 1
		}
	}
	for b := range starts {
		last := t.code[t.endOf(starts, b)-1]
		var to []int
		if !last.end && b+1 < len(starts) {
			to = append(to, b+1)
		}
		if last.target != "" {
			to = append(to, labels[last.target])
		}
		next = append(next, to)
	}
	return starts, next
}

func (t *translation) endOf(starts []int, b int) int {
	if b+1 < len(starts) {
		return starts[b+1]
	}
	return len(t.code)
}

type bitset []uint64

func (s bitset) has(v value) bool { return s[v/64]>>(v%64)&1 != 0 }
func (s bitset) add(v value)      { s[v/64] |= 1 << (v % 64) }
func (s bitset) remove(v value)   { s[v/64] &^= 1 << (v % 64) }

func (s bitset) each(f func(v value)) {
	for w, b := range s {
		for ; b != 0; b &= b - 1 {
			f(value(64*w + bits.TrailingZeros64(b)))
		}
	}
}

// live returns the values that are live at the end of each block.
func (t *translation) live(starts []int, next [][]int) []bitset {
	words := (len(t.vector) + 63) / 64
	in, out := make([]bitset, len(starts)), make([]bitset, len(starts))
	for b := range starts {
		in[b], out[b] = make(bitset, words), make(bitset, words)
	}
	for changed := true; changed; {
		changed = false
		for b := len(starts) - 1; b >= 0; b-- {
			live := make(bitset, words)
			for _, n := range next[b] {
				for w := range live {
					live[w] |= in[n][w]
				}
			}
			copy(out[b], live)
			for k := t.endOf(starts, b) - 1; k >= starts[b]; k-- {
				for _, d := range t.code[k].defs {
					live.remove(d)
				}
				for _, u := range t.code[k].uses {
					live.add(u)
				}
			}
			for w := range live {
				if live[w] != in[b][w] {
					in[b], changed = live, true
					break
				}
			}
		}
	}
	return out
}

// splitWebs gives every web, the definitions and uses of a value that depend on one another,
// a value of its own.
func (t *translation) splitWebs() {
	starts, next := t.blocks()
	out := t.live(starts, next)
	var parent []int
	var vector []bool
	find := func(n int) int {
		for parent[n] != n {
			parent[n] = parent[parent[n]]
			n = parent[n]
		}
		return n
	}
	node := func(v value) int {
		parent, vector = append(parent, len(parent)), append(vector, t.vector[v])
		return len(parent) - 1
	}
	entry := make([]map[value]int, len(starts)) // the webs at the start of the blocks
	for b := range entry {
		entry[b] = map[value]int{}
	}
	at := func(b int, v value) int {
		n, ok := entry[b][v]
		if !ok {
			n = node(v)
			entry[b][v] = n
		}
		return n
	}
	for b := range starts {
		current := map[value]int{}
		web := func(v value) int {
			n, ok := current[v]
			if !ok {
				n = at(b, v)
				current[v] = n
			}
			return n
		}
		for k := starts[b]; k < t.endOf(starts, b); k++ {
			i := &t.code[k]
			uses, defs := make([]value, len(i.uses)), make([]value, len(i.defs))
			for j, u := range i.uses {
				uses[j] = value(web(u))
			}
			for j, d := range i.defs {
				n := -1
				if i.tied {
					for l, u := range i.uses {
						if u == d {
							n = int(uses[l])
						}
					}
				}
				if n < 0 {
					n = node(d)
				}
				current[d] = n
				defs[j] = value(n)
			}
			i.uses, i.defs = uses, defs
		}
		for _, s := range next[b] {
			out[b].each(func(v value) {
				x, y := find(web(v)), find(at(s, v))
				parent[x] = y
			})
		}
	}
	for k := range t.code {
		for j, v := range t.code[k].uses {
			t.code[k].uses[j] = value(find(int(v)))
		}
		for j, v := range t.code[k].defs {
			t.code[k].defs[j] = value(find(int(v)))
		}
	}
	t.vector = vector
}

// removeDead removes instructions whose results nobody reads.
func (t *translation) removeDead() {
	for {
		used := map[value]bool{}
		for _, i := range t.code {
			for _, u := range i.uses {
				used[u] = true
			}
		}
		kept := t.code[:0]
		for _, i := range t.code {
			if len(i.defs) > 0 && !i.flags() {
				dead := true
				for _, d := range i.defs {
					dead = dead && !used[d]
				}
				if dead {
					continue
				}
			}
			kept = append(kept, i)
		}
		if len(kept) == len(t.code) {
			return
		}
		t.code = kept
	}
}

// flags reports whether the instruction sets flags.
func (i *inst) flags() bool {
	for _, p := range []string{"ADDS", "SUBS", "ANDS", "NEGS"} {
		if strings.HasPrefix(i.text, p) {
			return true
		}
	}
	return false
}

// assign colors the interference graph (Chaitin 1982), with the values of moves merged first
// where they do not interfere.
func (t *translation) assign(merge bool) ([]int, error) {
	starts, next := t.blocks()
	out := t.live(starts, next)
	n := len(t.vector)
	near := make([]map[value]bool, n)
	for v := range near {
		near[v] = map[value]bool{}
	}
	present := make([]bool, n)
	for b := range starts {
		live := out[b]
		for k := t.endOf(starts, b) - 1; k >= starts[b]; k-- {
			i := t.code[k]
			for _, d := range i.defs {
				present[d] = true
				live.each(func(v value) {
					if v != d && t.vector[v] == t.vector[d] && !(i.move && v == i.uses[0]) {
						near[d][v], near[v][d] = true, true
					}
				})
				for _, e := range i.defs {
					if e != d && t.vector[d] == t.vector[e] {
						near[d][e], near[e][d] = true, true
					}
				}
			}
			for _, d := range i.defs {
				live.remove(d)
			}
			for _, u := range i.uses {
				live.add(u)
				present[u] = true
			}
		}
	}
	same := make([]value, n)
	for v := range same {
		same[v] = value(v)
	}
	find := func(v value) value {
		for same[v] != v {
			v = same[v]
		}
		return v
	}
	if merge {
		for _, i := range t.code {
			if !i.move {
				continue
			}
			d, s := find(i.defs[0]), find(i.uses[0])
			if d == s || near[d][s] {
				continue
			}
			for v := range near[d] {
				delete(near[v], d)
				near[v][s], near[s][v] = true, true
			}
			near[d], same[d], present[d] = nil, s, false
		}
	}
	// Remove values in the order of their degrees; what is left interferes with few.
	removed := make([]bool, n)
	var stack []value
	for {
		best := value(-1)
		degree := 0
		for v := range n {
			if !present[v] || removed[v] {
				continue
			}
			d := 0
			for u := range near[v] {
				if !removed[u] {
					d++
				}
			}
			if best < 0 || d < degree {
				best, degree = value(v), d
			}
		}
		if best < 0 {
			break
		}
		removed[best] = true
		stack = append(stack, best)
	}
	registers := make([]int, n)
	for v := range registers {
		registers[v] = -1
	}
	for k := len(stack) - 1; k >= 0; k-- {
		v := stack[k]
		taken := map[int]bool{}
		for u := range near[v] {
			if registers[u] >= 0 {
				taken[registers[u]] = true
			}
		}
		for i := 0; registers[v] < 0; i++ {
			r := i
			if !t.vector[v] {
				if i >= len(generalRegisters) {
					return nil, fmt.Errorf("out of general registers")
				}
				r = generalRegisters[i]
			} else if i >= vectorRegisters {
				return nil, fmt.Errorf("out of vector registers")
			}
			if !taken[r] {
				registers[v] = r
			}
		}
	}
	for v := range registers {
		registers[v] = registers[find(value(v))]
	}
	return registers, nil
}
