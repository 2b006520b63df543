package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// neon describes NEON as a set of 16 registers of eight floats, which the translation makes
// of it. neonDot is neon with the products of bytes that processors have since about 2018.
var (
	neon    = &isa{name: "NEON", bytes: 32, vec: YMM, chunk: 6, neon: true}
	neonDot = &isa{name: "DotProd", bytes: 32, vec: YMM, chunk: 6, neon: true, dot: true}
)

// operation appends an operation of neonOps to the kernel. The last operand is changed.
func operation(name string, ops ...Op) {
	Instruction(&ir.Instruction{Opcode: name, Operands: ops, Outputs: ops[len(ops)-1:]})
}

// The operations that avo does not have.
var neonOps map[string]func(t *translation, ops []Op)

func init() {
	neonOps = map[string]func(t *translation, ops []Op){
		// LOADFIRST n, m, v: the first n floats at m, at most eight, and zeros.
		"LOADFIRST": func(t *translation, ops []Op) {
			p, dst := t.plain(ops[1].(Mem)), t.halves(ops[2].(reg.Register))
			t.zero(dst[0])
			t.zero(dst[1])
			t.first(t.int(ops[0].(reg.Register)), p, [3]func(h int, p value){
				func(h int, p value) { t.emit("FMOVQ (R{1}), F{0}", []value{dst[h]}, []value{p}) },
				func(h int, p value) { t.emit("FMOVD (R{1}), F{0}", []value{dst[h]}, []value{p}) },
				func(h int, p value) { t.emit("FMOVS (R{1}), F{0}", []value{dst[h]}, []value{p}) },
			}, func(h int, p value) {
				t.emit("VLD1 (R{2}), V{0}.S[2]", []value{dst[h]}, []value{dst[h], p})
				t.tie()
			})
		},
		// STOREFIRST n, v, m: the opposite.
		"STOREFIRST": func(t *translation, ops []Op) {
			p, src := t.plain(ops[2].(Mem)), t.halves(ops[1].(reg.Register))
			store := func(op string) func(h int, p value) {
				return func(h int, p value) { t.emit(op+" F{0}, (R{1})", nil, []value{src[h], p}) }
			}
			t.first(t.int(ops[0].(reg.Register)), p, [3]func(h int, p value){store("FMOVQ"), store("FMOVD"), store("FMOVS")},
				func(h int, p value) { t.emit("VST1 V{0}.S[2], (R{1})", nil, []value{src[h], p}) })
		},
		// SUM v: the sum of all floats of v, to lane 0.
		"SUM": func(t *translation, ops []Op) {
			v := t.halves(ops[0].(reg.Register))
			s := t.fresh(true)
			t.word(fadd, []value{s}, []value{v[0], v[1]})
			p := t.fresh(true)
			t.word(faddp, []value{p}, []value{s, s})
			t.word(addPair, []value{v[0]}, []value{p})
		},
		// SUMS v0, … , d: the sum of the floats of each v, to the lanes of d.
		"SUMS": func(t *translation, ops []Op) { t.sumAll(ops, fadd, faddp) },
		// SUMINTS is SUMS for integers, and d has four lanes.
		"SUMINTS": func(t *translation, ops []Op) {
			t.sumAll(ops, func(r []int) (uint32, string) {
				return 0x4ea08400 | uint32(r[2])<<16 | uint32(r[1])<<5 | uint32(r[0]), fmt.Sprintf("add v%d.4s, v%d.4s, v%d.4s", r[0], r[1], r[2])
			}, addp)
		},
		// ANY v, r: whether a lane of the mask v is set.
		"ANY": func(t *translation, ops []Op) {
			v := t.halves(ops[0].(reg.Register))
			all, most := t.fresh(true), t.fresh(true)
			t.emit("VORR V{2}.B16, V{1}.B16, V{0}.B16", []value{all}, []value{v[0], v[1]})
			t.word(umaxv, []value{most}, []value{all})
			t.emit("FMOVS F{1}, R{0}", []value{t.int(ops[1].(reg.Register))}, []value{most})
		},
		// FILLBYTES b, v: the byte b in all of v.
		"FILLBYTES": func(t *translation, ops []Op) {
			v := t.halves(ops[1].(reg.Register))
			t.emit(fmt.Sprintf("VMOVI $%d, V{0}.B16", must(immediate(ops[0]))), []value{v[0]}, nil)
			t.move(v[1], v[0])
		},
		// SHIFTBYTES n, c, v: each byte without its lowest n bits, which drop out.
		"SHIFTBYTES": shift("VUSHR", "B16"),
		// ADDHIGHBYTES c, v: adds the higher bytes of words to words.
		"ADDHIGHBYTES": func(t *translation, ops []Op) {
			src, dst := t.halves(ops[0].(reg.Register)), t.halves(ops[1].(reg.Register))
			for h := range 2 {
				t.emit("VUSRA $8, V{2}.H8, V{0}.H8", []value{dst[h]}, []value{dst[h], src[h]})
				t.tie()
			}
		},
		// ADDWORDS c, v: adds the words of each 16 bytes to integers.
		"ADDWORDS": func(t *translation, ops []Op) {
			src, dst := t.halves(ops[0].(reg.Register)), t.halves(ops[1].(reg.Register))
			for h := range 2 {
				t.emit("VUADDW V{2}.H4, V{1}.S4, V{0}.S4", []value{dst[0]}, []value{dst[0], src[h]})
				t.emit("VUADDW2 V{2}.H8, V{1}.S4, V{0}.S4", []value{dst[1]}, []value{dst[1], src[h]})
			}
		},
		// LOWBYTES v, w, x: the lowest bytes of the integers of v and w.
		"LOWBYTES": func(t *translation, ops []Op) {
			var words []value
			for _, o := range ops[:2] {
				v, w := t.halves(o.(reg.Register)), t.fresh(true)
				t.emit("VUZP1 V{2}.H8, V{1}.H8, V{0}.H8", []value{w}, []value{v[0], v[1]})
				words = append(words, w)
			}
			t.emit("VUZP1 V{2}.B16, V{1}.B16, V{0}.B16", []value{t.halves(ops[2].(reg.Register))[0]}, words)
		},
		// BOTH x, v: the 16 bytes x in both halves of v.
		"BOTH": func(t *translation, ops []Op) {
			dst := t.halves(ops[1].(reg.Register))
			for h := range 2 {
				t.move(dst[h], t.halves(ops[0].(reg.Register))[0])
			}
		},
		// SUMDIFFERENCE v, w: the sums of the low and high half of v, and their differences.
		"SUMDIFFERENCE": func(t *translation, ops []Op) {
			src, dst := t.halves(ops[0].(reg.Register)), t.halves(ops[1].(reg.Register))
			t.word(fadd, dst[:1], src[:])
			t.word(fsub, dst[1:], src[:])
		},
		// HALFBYTES m, low, eight, v: four bytes at m as the eight integers of their halves, less 8.
		"HALFBYTES": func(t *translation, ops []Op) {
			low, eight, dst := t.halves(ops[1].(reg.Register))[0], t.halves(ops[2].(reg.Register))[0], t.halves(ops[3].(reg.Register))
			v, high := t.fresh(true), t.fresh(true)
			t.loadScalar("FMOVS", ops[0].(Mem), v)
			t.emit("VUSHR $4, V{1}.B16, V{0}.B16", []value{high}, []value{v})
			t.emit("VAND V{2}.B16, V{1}.B16, V{0}.B16", []value{v}, []value{v, low})
			t.emit("VZIP1 V{2}.B16, V{1}.B16, V{0}.B16", []value{v}, []value{v, high})
			t.emit("VSUB V{2}.B16, V{1}.B16, V{0}.B16", []value{v}, []value{v, eight})
			t.extend(v, dst)
		},
		// SUMINT v, r: the sum of all integers of v.
		"SUMINT": func(t *translation, ops []Op) {
			v, s := t.halves(ops[0].(reg.Register)), t.fresh(true)
			t.emit("VADD V{2}.S4, V{1}.S4, V{0}.S4", []value{s}, []value{v[0], v[1]})
			t.sumLanes(s, t.int(ops[1].(reg.Register)))
		},
		// MAXIMUM v: the largest of all floats of v, to lane 0.
		"MAXIMUM": func(t *translation, ops []Op) {
			v, m := t.halves(ops[0].(reg.Register)), t.fresh(true)
			t.word(fmax, []value{m}, []value{v[0], v[1]})
			t.word(fmaxv, []value{v[0]}, []value{m})
		},
		// DOTBYTES q, c, acc: adds the products of signed bytes to 32-bit lanes.
		"DOTBYTES": func(t *translation, ops []Op) {
			q, c, acc := t.halves(ops[0].(reg.Register)), t.halves(ops[1].(reg.Register)), t.halves(ops[2].(reg.Register))
			for h := range 2 {
				t.word(sdot, []value{acc[h]}, []value{acc[h], q[h], c[h]})
				t.tie()
			}
		},
		// DOTROW m, b, c, acc, acc2: adds the products of four signed bytes at m and each four of b and c to acc and acc2.
		"DOTROW": func(t *translation, ops []Op) {
			row := t.fresh(true)
			t.loadScalar("FMOVS", ops[0].(Mem), row)
			for i := range 2 {
				b, acc := t.halves(ops[1+i].(reg.Register)), t.halves(ops[3+i].(reg.Register))
				for h := range 2 {
					t.word(sdotLane, []value{acc[h]}, []value{acc[h], b[h], row})
					t.tie()
				}
			}
		},
		// MULBYTES is DOTBYTES with instructions that every processor has.
		"MULBYTES": func(t *translation, ops []Op) {
			q, c, acc := t.halves(ops[0].(reg.Register)), t.halves(ops[1].(reg.Register)), t.halves(ops[2].(reg.Register))
			for h := range 2 {
				for _, w := range []encoding{smull, smull2} {
					p := t.fresh(true)
					t.word(w, []value{p}, []value{q[h], c[h]})
					t.word(sadalp, []value{acc[h]}, []value{acc[h], p})
					t.tie()
				}
			}
		},
	}
}

// first runs part 0 for four floats, 1 for two, 2 for one, and last for the third of three, so
// that they cover the first n floats at p.
func (t *translation) first(n, p value, part [3]func(h int, p value), last func(h int, p value)) {
	done, eight, few := t.newLabel("first_done"), t.newLabel("first_eight"), t.newLabel("first_few")
	after := func(p value, bytes int) value { return t.plainOf(p, bytes) }
	rest := func(h int, p value) {
		one := t.newLabel("first_one")
		t.branch("TBZ $1, R{0}, ", one, false, n)
		part[1](h, p)
		t.branch("TBZ $0, R{0}, ", done, false, n)
		last(h, after(p, 8))
		t.branch("JMP ", done, true)
		t.label(one)
		t.branch("TBZ $0, R{0}, ", done, false, n)
		part[2](h, p)
	}
	t.branch("TBNZ $3, R{0}, ", eight, false, n)
	t.branch("TBZ $2, R{0}, ", few, false, n)
	part[0](0, p)
	rest(1, after(p, 16))
	t.branch("JMP ", done, true)
	t.label(few)
	rest(0, p)
	t.branch("JMP ", done, true)
	t.label(eight)
	part[0](0, p)
	part[0](1, after(p, 16))
	t.label(done)
}

// extend sets dst to the eight signed bytes of v, which it overwrites.
func (t *translation) extend(v value, dst [2]value) {
	t.word(bytesToWords, []value{v}, []value{v})
	t.word(wordsToInts, []value{dst[0]}, []value{v})
	t.word(wordsToInts2, []value{dst[1]}, []value{v})
}

// sumLanes sets dst to the sum of the integers of v.
func (t *translation) sumLanes(v, dst value) {
	sum := t.fresh(true)
	t.emit("VADDV V{1}.S4, V{0}", []value{sum}, []value{v})
	t.emit("FMOVS F{1}, R{0}", []value{dst}, []value{sum})
}

// sumAll adds pairs of lanes until a lane is left of each source.
func (t *translation) sumAll(ops []Op, add, pairs encoding) {
	dst := t.halves(ops[len(ops)-1].(reg.Register))
	var sums []value
	for _, o := range ops[:len(ops)-1] {
		v := t.halves(o.(reg.Register))
		s := t.fresh(true)
		t.word(add, []value{s}, []value{v[0], v[1]})
		sums = append(sums, s)
	}
	for range 2 {
		var next []value
		for i := 0; i < len(sums); i += 2 {
			s := t.fresh(true)
			t.word(pairs, []value{s}, []value{sums[i], sums[min(i+1, len(sums)-1)]})
			next = append(next, s)
		}
		sums = next
	}
	// Lanes without a source hold arbitrary numbers.
	t.move(dst[0], sums[0])
	if lanesOfRegister(ops[len(ops)-1]) == 2 {
		t.move(dst[1], sums[len(sums)-1])
	}
}
