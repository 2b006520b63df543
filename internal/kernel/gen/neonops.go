package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// instruction translates n. flags says whether the flags that it sets are read.
func (t *translation) instruction(n *ir.Instruction, flags bool) error {
	ops := n.Operands
	if branch, ok := branches[n.Opcode]; ok {
		target := string(ops[0].(operand.LabelRef))
		t.branch(branch+" ", target, branch == "JMP")
		return nil
	}
	if f, ok := vectorOps[n.Opcode]; ok {
		f(t, ops)
		return nil
	}
	if f, ok := neonOps[n.Opcode]; ok {
		f(t, ops)
		return nil
	}
	switch n.Opcode {
	case "VZEROUPPER":
	case "PCALIGN":
		t.emit("PCALIGN $16", nil, nil)
	case "RET":
		t.code = append(t.code, inst{text: "RET", end: true})
	case "PREFETCHT0":
		base, disp := t.address(ops[0].(operand.Mem))
		if disp < 0 || disp%8 != 0 {
			base, disp = t.plainOf(base, disp), 0
		}
		t.emit(fmt.Sprintf("PRFM %d(R{0}), PLDL1KEEP", disp), nil, []value{base})
	default:
		return t.general(n, flags)
	}
	return nil
}

var branches = map[string]string{
	"JE": "BEQ", "JNE": "BNE", "JLT": "BLT", "JL": "BLT", "JGE": "BGE", "JGT": "BGT", "JMP": "JMP",
}

// vectorOps translates the vector instructions. As in avo, the destination comes last, and
// of two sources, the one that may be in memory comes first.
var vectorOps map[string]func(t *translation, ops []operand.Op)

type encoding = func(r []int) (uint32, string)

// init, because the functions refer to each other.
func init() {
	vectorOps = map[string]func(t *translation, ops []operand.Op){
		"VMOVUPS": (*translation).moveVector, "VMOVDQU": (*translation).moveVector, "VMOVAPS": (*translation).moveVector,
		"VMOVSS": moveScalar("FMOVS"), "MOVSS": moveScalar("FMOVS"), "VMOVSD": moveScalar("FMOVD"),
		"VMOVHPS": func(t *translation, ops []operand.Op) {
			dst := t.halves(ops[2].(reg.Register))[0]
			t.move(dst, t.halves(ops[1].(reg.Register))[0])
			t.emit("VLD1 (R{2}), V{0}.D[1]", []value{dst}, []value{dst, t.plain(ops[0].(operand.Mem))})
			t.tie()
		},
		"VBROADCASTSS": (*translation).broadcast,
		"VPBROADCASTD": func(t *translation, ops []operand.Op) {
			src := t.halves(ops[0].(reg.Register))[0]
			dst := t.halves(ops[1].(reg.Register))
			for _, d := range dst[:lanesOfRegister(ops[1])] {
				t.emit("VDUP V{1}.S[0], V{0}.S4", []value{d}, []value{src})
			}
		},
		"VMOVD": func(t *translation, ops []operand.Op) {
			from, to := ops[0].(reg.Register), ops[1].(reg.Register)
			if to.Kind() == reg.KindVector {
				t.emit("FMOVS R{1}, F{0}", []value{t.halves(to)[0]}, []value{t.int(from)})
			} else {
				t.emit("FMOVS F{1}, R{0}", []value{t.int(to)}, []value{t.wholeHalf(from)})
			}
		},

		"VADDPS": binary(fadd), "VSUBPS": binary(fsub), "VDIVPS": binary(fdiv),
		"VMULPS":     (*translation).multiply,
		"VSQRTPS":    unary(fsqrt),
		"VCVTPS2DQ":  unary(fcvtns),
		"VCVTTPS2DQ": unary(fcvtzs),
		"VCVTDQ2PS":  unary(scvtf),
		"VCVTPH2PS": func(t *translation, ops []operand.Op) {
			base, disp := t.address(ops[0].(operand.Mem))
			v, dst := t.fresh(true), t.halves(ops[1].(reg.Register))
			t.emit(fmt.Sprintf("FMOVQ %d(R{1}), F{0}", disp), []value{v}, []value{base})
			t.word(fcvtl, dst[:1], []value{v})
			t.word(fcvtl2, dst[1:], []value{v})
		},
		"VPMOVSXBD": func(t *translation, ops []operand.Op) {
			v := t.fresh(true)
			t.loadScalar("FMOVD", ops[0].(operand.Mem), v)
			t.extend(v, t.halves(ops[1].(reg.Register)))
		},
		"VROUNDPS":     func(t *translation, ops []operand.Op) { unary(frintn)(t, ops[1:]) }, // to the nearest, ties to even
		"VFMADD231PS":  fused(fmla, fmlaLane),
		"VFNMADD231PS": fused(fmls, fmlsLane),
		"VFMADD213PS":  (*translation).fused213,
		"VFMSUB132PS": func(t *translation, ops []operand.Op) { // dst·a - b
			a, b, dst := t.source(ops[0]), t.source(ops[1]), t.halves(ops[2].(reg.Register))
			for h := range 2 {
				sum := t.fresh(true)
				t.word(fneg, []value{sum}, []value{b[h]})
				t.word(fmla, []value{sum}, []value{sum, dst[h], a[h]})
				t.tie()
				t.move(dst[h], sum)
			}
		},
		"VMAXPS": extreme(fmax, fmaxnm), "VMINPS": extreme(fmin, fminnm),

		"VXORPS": (*translation).exclusiveOr, "VPXOR": (*translation).exclusiveOr,
		"VANDPS": bitwise("VAND"), "VPAND": bitwise("VAND"), "VORPS": bitwise("VORR"),
		"VPADDD": integers("VADD", "S4"), "VPSUBD": integers("VSUB", "S4"), "VPMAXSD": binary(smax),
		"VPADDW": integers("VADD", "H8"), "VPSUBW": integers("VSUB", "H8"), "VPADDB": integers("VADD", "B16"),
		"VPSLLD": shift("VSHL", "S4"), "VPSRLD": shift("VUSHR", "S4"), "VPSLLW": shift("VSHL", "H8"),
		// VPSHUFB sets bytes to 0 where the index has its highest bit, VTBL where it is not below 16. Indices
		// between these are not used.
		"VPSHUFB": func(t *translation, ops []operand.Op) {
			index, table, dst := t.source(ops[0]), t.halves(ops[1].(reg.Register)), t.halves(ops[2].(reg.Register))
			for h := range 2 {
				t.emit("VTBL V{2}.B16, [V{1}.B16], V{0}.B16", []value{dst[h]}, []value{table[h], index[h]})
			}
		},
		"VPERMILPS": func(t *translation, ops []operand.Op) { // swaps neighbors, or pairs
			src, dst := t.halves(ops[1].(reg.Register)), t.halves(ops[2].(reg.Register))
			text := map[int64]string{0b10110001: "VREV64 V{1}.S4, V{0}.S4", 0b01001110: "VEXT $8, V{1}.B16, V{1}.B16, V{0}.B16"}[must(immediate(ops[0]))]
			for h := range lanesOfRegister(ops[2]) {
				t.emit(text, []value{dst[h]}, []value{src[h]})
			}
		},
		"VMOVMSKPS": func(t *translation, ops []operand.Op) {
			bits := t.source(operand.NewDataAddr(operand.NewStaticSymbol("laneBits"), 0))
			v, set := t.halves(ops[0].(reg.Register)), [2]value{t.fresh(true), t.fresh(true)}
			for h := range 2 {
				t.emit("VAND V{2}.B16, V{1}.B16, V{0}.B16", []value{set[h]}, []value{v[h], bits[h]})
			}
			all := t.fresh(true)
			t.emit("VORR V{2}.B16, V{1}.B16, V{0}.B16", []value{all}, set[:])
			t.sumLanes(all, t.int(ops[1].(reg.Register)))
		},

		"VCMPPS":    (*translation).compare,
		"VBLENDPS":  (*translation).blendLanes,
		"VBLENDVPS": (*translation).blend,

		"VUNPCKLPS": pairwise("VZIP1", "S4"), "VUNPCKHPS": pairwise("VZIP2", "S4"),
		"VUNPCKLPD": pairwise("VZIP1", "D2"), "VUNPCKHPD": pairwise("VZIP2", "D2"),
		"VSHUFPS": func(t *translation, ops []operand.Op) {
			name := map[int64]string{0x88: "VUZP1", 0xdd: "VUZP2"}[must(immediate(ops[0]))]
			pairwise(name, "S4")(t, ops[1:])
		},
		"VPSHUFD": func(t *translation, ops []operand.Op) { // lane 1 to all
			if must(immediate(ops[0])) != 1 {
				panic("VPSHUFD")
			}
			t.emit("VDUP V{1}.S[1], V{0}.S4", []value{t.halves(ops[2].(reg.Register))[0]}, []value{t.halves(ops[1].(reg.Register))[0]})
		},
		"VINSERTF128": func(t *translation, ops []operand.Op) { // the high half from memory
			base, disp := t.address(ops[1].(operand.Mem))
			src, dst := t.halves(ops[2].(reg.Register)), t.halves(ops[3].(reg.Register))
			t.move(dst[0], src[0])
			t.emit(fmt.Sprintf("FMOVQ %d(R{1}), F{0}", disp), []value{dst[1]}, []value{base})
		},

		"VADDSS": scalar("FADDS"), "VDIVSS": scalar("FDIVS"),
		"VCVTSI2SSQ": func(t *translation, ops []operand.Op) {
			t.emit("SCVTFS R{1}, F{0}", []value{t.halves(ops[2].(reg.Register))[0]}, []value{t.integer(ops[0])})
		},
	}
}

func must(v int64, ok bool) int64 {
	if !ok {
		panic("not a constant")
	}
	return v
}

// wholeHalf returns the low half of a register, where lane 0 is defined.
func (t *translation) wholeHalf(r reg.Register) value { return t.halves(r)[0] }

func (t *translation) moveVector(ops []operand.Op) {
	n := lanesOfRegister(ops[0])
	if lanesOfRegister(ops[1]) == 1 {
		n = 1
	}
	switch to := ops[1].(type) {
	case operand.Mem:
		src := t.halves(ops[0].(reg.Register))
		if n == 2 {
			t.storePair(to, src)
			return
		}
		base, disp := t.address(to)
		t.emit(fmt.Sprintf("FMOVQ F{0}, %d(R{1})", disp), nil, []value{src[0], base})
	case reg.Register:
		dst := t.halves(to)
		from, memory := ops[0].(operand.Mem)
		switch {
		case memory && n == 2:
			t.loadPair(from, dst)
		case memory:
			base, disp := t.address(from)
			t.emit(fmt.Sprintf("FMOVQ %d(R{1}), F{0}", disp), []value{dst[0]}, []value{base})
		default:
			src := t.halves(ops[0].(reg.Register))
			for h := range n {
				t.move(dst[h], src[h])
			}
		}
	}
}

// moveScalar loads or stores the lowest lane.
func moveScalar(op string) func(t *translation, ops []operand.Op) {
	return func(t *translation, ops []operand.Op) {
		if to, ok := ops[1].(operand.Mem); ok {
			src := t.halves(ops[0].(reg.Register))[0]
			if to.Base == reg.FramePointer {
				t.emit(fmt.Sprintf("%s F{0}, %s+%d(FP)", op, to.Symbol.Name, to.Disp), nil, []value{src})
				return
			}
			base, disp := t.address(to)
			t.emit(fmt.Sprintf("%s F{0}, %d(R{1})", op, disp), nil, []value{src, base})
			return
		}
		t.loadScalar(op, ops[0].(operand.Mem), t.halves(ops[1].(reg.Register))[0])
	}
}

func (t *translation) loadScalar(op string, m operand.Mem, dst value) {
	switch {
	case m.Base == reg.FramePointer:
		t.emit(fmt.Sprintf("%s %s+%d(FP), F{0}", op, m.Symbol.Name, m.Disp), []value{dst}, nil)
	case m.Index != nil && m.Disp == 0 && op == "FMOVS" && (m.Scale == 4 || m.Scale == 1):
		index := "(R{2})"
		if m.Scale == 4 {
			index = "(R{2}<<2)"
		}
		t.emit(op+" (R{1})"+index+", F{0}", []value{dst}, []value{t.int(m.Base), t.int(m.Index)})
	default:
		base, disp := t.address(m)
		t.emit(fmt.Sprintf("%s %d(R{1}), F{0}", op, disp), []value{dst}, []value{base})
	}
}

func (t *translation) broadcast(ops []operand.Op) {
	r := ops[1].(reg.Register)
	dst := t.halves(r)
	m, memory := ops[0].(operand.Mem)
	if memory && t.splat[r.ID()] != laneSplat && m.Base != reg.FramePointer {
		t.emit("VLD1R (R{1}), [V{0}.S4]", []value{dst[0]}, []value{t.plain(m)})
	} else {
		var lane value
		if memory {
			lane = t.fresh(true)
			t.loadScalar("FMOVS", m, lane)
		} else {
			lane = t.halves(ops[0].(reg.Register))[0]
		}
		if t.splat[r.ID()] == laneSplat {
			t.move(dst[0], lane)
			return
		}
		t.emit("VDUP V{1}.S[0], V{0}.S4", []value{dst[0]}, []value{lane})
	}
	if dst[1] != dst[0] && r.Size() == 32 {
		t.move(dst[1], dst[0])
	}
}

func binary(w encoding) func(t *translation, ops []operand.Op) {
	return func(t *translation, ops []operand.Op) {
		n := lanesOfRegister(ops[2])
		b, a, dst := t.sourceOf(ops[0], n), t.sourceOf(ops[1], n), t.halves(ops[2].(reg.Register))
		for h := range n {
			t.word(w, []value{dst[h]}, []value{a[h], b[h]})
		}
	}
}

// sourceOf is source for an instruction on n halves.
func (t *translation) sourceOf(o operand.Op, n int) [2]value {
	if m, ok := o.(operand.Mem); ok && n == 1 {
		v := t.fresh(true)
		base, disp := t.address(m)
		t.emit(fmt.Sprintf("FMOVQ %d(R{1}), F{0}", disp), []value{v}, []value{base})
		return [2]value{v, v}
	}
	return t.source(o)
}

func unary(w encoding) func(t *translation, ops []operand.Op) {
	return func(t *translation, ops []operand.Op) {
		n := lanesOfRegister(ops[1])
		a, dst := t.sourceOf(ops[0], n), t.halves(ops[1].(reg.Register))
		for h := range n {
			t.word(w, []value{dst[h]}, []value{a[h]})
		}
	}
}

// isLane reports whether o is held in lane 0 only.
func (t *translation) isLane(o operand.Op) bool {
	r, ok := o.(reg.Register)
	return ok && t.splat[r.ID()] == laneSplat
}

func (t *translation) multiply(ops []operand.Op) {
	if t.isLane(ops[1]) {
		ops = []operand.Op{ops[1], ops[0], ops[2]}
	}
	w := fmul
	if t.isLane(ops[0]) {
		w = fmulLane
	}
	binary(w)(t, ops)
}

// fused adds the product of two sources to the destination.
func fused(w, lane encoding) func(t *translation, ops []operand.Op) {
	return func(t *translation, ops []operand.Op) {
		w := w
		if t.isLane(ops[1]) {
			ops = []operand.Op{ops[1], ops[0], ops[2]}
		}
		if t.isLane(ops[0]) {
			w = lane
		}
		n := lanesOfRegister(ops[2])
		b, a, dst := t.sourceOf(ops[0], n), t.sourceOf(ops[1], n), t.halves(ops[2].(reg.Register))
		for h := range n {
			t.word(w, []value{dst[h]}, []value{dst[h], a[h], b[h]})
			t.tie()
		}
	}
}

// fused213 replaces the destination by its product with the second source, plus the first.
// NEON only adds to the destination, so the sum is a register of its own.
func (t *translation) fused213(ops []operand.Op) {
	w := fmla
	if t.isLane(ops[1]) {
		w = fmlaLane
	}
	c, b, dst := t.source(ops[0]), t.source(ops[1]), t.halves(ops[2].(reg.Register))
	for h := range 2 {
		sum := t.fresh(true)
		t.move(sum, c[h])
		t.word(w, []value{sum}, []value{sum, dst[h], b[h]})
		t.tie()
		t.move(dst[h], sum)
	}
}

// extreme is a maximum or minimum, which for NaN is the first source, as on amd64. propagate
// is the instruction that returns NaN, ignore the one that returns the number.
func extreme(propagate, ignore encoding) func(t *translation, ops []operand.Op) {
	return func(t *translation, ops []operand.Op) {
		switch {
		case t.isNumber(ops[0]):
			binary(ignore)(t, ops)
		case t.isNumber(ops[1]):
			binary(propagate)(t, ops)
		default:
			panic("a maximum or minimum needs one source that is never NaN")
		}
	}
}

// isNumber reports whether o is known never to be NaN.
func (t *translation) isNumber(o operand.Op) bool {
	switch o := o.(type) {
	case operand.Mem:
		return o.Base == reg.StaticBase
	case reg.Register:
		return t.number[o.ID()]
	}
	return false
}

func (t *translation) exclusiveOr(ops []operand.Op) {
	if isZeroing(&ir.Instruction{Opcode: "VXORPS", Operands: ops}) {
		dst := t.halves(ops[2].(reg.Register))
		for h := range lanesOfRegister(ops[2]) {
			t.zero(dst[h])
		}
		return
	}
	bitwise("VEOR")(t, ops)
}

func (t *translation) zero(v value) {
	t.emit("VMOVI $0, V{0}.B16", []value{v}, nil)
}

func bitwise(name string) func(t *translation, ops []operand.Op) { return integers(name, "B16") }

func integers(name, format string) func(t *translation, ops []operand.Op) {
	return func(t *translation, ops []operand.Op) {
		n := lanesOfRegister(ops[2])
		b, a, dst := t.sourceOf(ops[0], n), t.sourceOf(ops[1], n), t.halves(ops[2].(reg.Register))
		for h := range n {
			t.emit(fmt.Sprintf("%s V{2}.%[2]s, V{1}.%[2]s, V{0}.%[2]s", name, format), []value{dst[h]}, []value{a[h], b[h]})
		}
	}
}

// pairwise is integers for instructions that move lanes.
func pairwise(name, format string) func(t *translation, ops []operand.Op) {
	return integers(name, format)
}

func shift(name, format string) func(t *translation, ops []operand.Op) {
	return func(t *translation, ops []operand.Op) {
		by := must(immediate(ops[0]))
		src, dst := t.source(ops[1]), t.halves(ops[2].(reg.Register))
		for h := range lanesOfRegister(ops[2]) {
			t.emit(fmt.Sprintf("%s $%d, V{1}.%[3]s, V{0}.%[3]s", name, by, format), []value{dst[h]}, []value{src[h]})
		}
	}
}

// compare sets the lanes of the destination in which the second source and the first are in a
// relation.
func (t *translation) compare(ops []operand.Op) {
	b, a, dst := t.source(ops[1]), t.source(ops[2]), t.halves(ops[3].(reg.Register))
	for h := range 2 {
		switch must(immediate(ops[0])) {
		case 0x03: // unordered: a is NaN, because both are a
			v := t.fresh(true)
			t.word(fcmeq, []value{v}, []value{a[h], b[h]})
			t.word(not, []value{dst[h]}, []value{v})
		case 0x15: // not less
			v := t.fresh(true)
			t.word(fcmgt, []value{v}, []value{b[h], a[h]})
			t.word(not, []value{dst[h]}, []value{v})
		case 0x1a: // not greater
			v := t.fresh(true)
			t.word(fcmgt, []value{v}, []value{a[h], b[h]})
			t.word(not, []value{dst[h]}, []value{v})
		case 0x1d: // not less, and numbers
			t.word(fcmge, []value{dst[h]}, []value{a[h], b[h]})
		case 0x1e: // greater
			t.word(fcmgt, []value{dst[h]}, []value{a[h], b[h]})
		default:
			panic("VCMPPS")
		}
	}
}

// insertWhere sets dst to first where mask is set, else to second.
func (t *translation) insertWhere(dst, mask, first, second value) {
	v := t.fresh(true)
	t.move(v, second)
	t.emit("VBIT V{3}.B16, V{2}.B16, V{0}.B16", []value{v}, []value{v, first, mask})
	t.tie()
	t.move(dst, v)
}

// blendLanes takes the lanes that are set in a constant from the first source.
func (t *translation) blendLanes(ops []operand.Op) {
	lanes := must(immediate(ops[0]))
	first, second, dst := t.source(ops[1]), t.source(ops[2]), t.halves(ops[3].(reg.Register))
	for h := range 2 {
		switch n := lanes >> (4 * h) & 15; n {
		case 0:
			t.move(dst[h], second[h])
		case 15:
			t.move(dst[h], first[h])
		case 1, 3, 7:
			mask := t.fresh(true)
			base, _ := t.address(operand.NewDataAddr(operand.NewStaticSymbol("laneMasks"), 0))
			t.emit(fmt.Sprintf("FMOVQ %d(R{1}), F{0}", map[int64]int{1: 0, 3: 16, 7: 32}[n]), []value{mask}, []value{base})
			t.insertWhere(dst[h], mask, first[h], second[h])
		default:
			panic("VBLENDPS")
		}
	}
}

// blend takes the lanes with the sign bit of the mask set from the first source.
func (t *translation) blend(ops []operand.Op) {
	r := ops[0].(reg.Register)
	mask, first, second, dst := t.halves(r), t.source(ops[1]), t.source(ops[2]), t.halves(ops[3].(reg.Register))
	for h := range 2 {
		m := mask[h]
		if !t.mask[r.ID()] {
			m = t.fresh(true)
			t.word(signs, []value{m}, []value{mask[h]})
		}
		t.insertWhere(dst[h], m, first[h], second[h])
	}
}

// scalar works on lane 0.
func scalar(name string) func(t *translation, ops []operand.Op) {
	return func(t *translation, ops []operand.Op) {
		var b value
		if m, ok := ops[0].(operand.Mem); ok {
			b = t.fresh(true)
			t.loadScalar("FMOVS", m, b)
		} else {
			b = t.halves(ops[0].(reg.Register))[0]
		}
		a, dst := t.halves(ops[1].(reg.Register))[0], t.halves(ops[2].(reg.Register))[0]
		t.emit(name+" F{2}, F{1}, F{0}", []value{dst}, []value{a, b})
	}
}
