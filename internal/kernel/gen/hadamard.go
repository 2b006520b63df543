package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// hadamardKernels emits the passes of a fast rotation. They only add, subtract and multiply, each
// value in one order, so all versions return the same bits.
func hadamardKernels(a *isa) {
	multiply(a)
	butterflies(a)
	hadamard(a)
}

func multiply(a *isa) {
	name := "multiply" + a.name
	TEXT(name, NOSPLIT, "func(x, y *float32, n int)")
	Pragma("noescape")
	Doc(name + " multiplies x[i] by y[i] for i < n, a multiple of 16.")
	x, y, n := Load(Param("x"), GP64()), Load(Param("y"), GP64()), Load(Param("n"), GP64())
	Label("multiply")
	for i := 0; i < 64; i += a.bytes {
		v := a.vec()
		VMOVUPS(at(x, i), v)
		VMULPS(at(y, i), v, v)
		VMOVUPS(v, at(x, i))
	}
	ADDQ(Imm(64), x)
	ADDQ(Imm(64), y)
	SUBQ(Imm(16), n)
	JNE(LabelRef("multiply"))
	VZEROUPPER()
	RET()
}

// butterfly replaces the vectors at p and q by their sum and difference.
func (a *isa) butterfly(p, q Mem) {
	u, v, w := a.vec(), a.vec(), a.vec()
	VMOVUPS(p, u)
	VMOVUPS(q, v)
	VADDPS(v, u, w)
	VSUBPS(v, u, v)
	VMOVUPS(w, p)
	VMOVUPS(v, q)
}

func butterflies(a *isa) {
	name := "butterflies" + a.name
	TEXT(name, NOSPLIT, "func(x, y *float32, n int)")
	Pragma("noescape")
	Doc(name + " sets x[i] and y[i] to x[i]+y[i] and x[i]-y[i] for i < n, a multiple of 16.")
	x, y, n := Load(Param("x"), GP64()), Load(Param("y"), GP64()), Load(Param("n"), GP64())
	Label("butterflies")
	for i := 0; i < 64; i += a.bytes {
		a.butterfly(at(x, i), at(y, i))
	}
	ADDQ(Imm(64), x)
	ADDQ(Imm(64), y)
	SUBQ(Imm(16), n)
	JNE(LabelRef("butterflies"))
	VZEROUPPER()
	RET()
}

func hadamard(a *isa) {
	name := "hadamard" + a.name
	TEXT(name, NOSPLIT, "func(x *float32, n int)")
	Pragma("noescape")
	Doc(name + " replaces x by its product with the Hadamard matrix of n, a power of two from 64 on.")
	x, n := Load(Param("x"), GP64()), Load(Param("n"), GP64())
	masks, minus := a.pairMasks(), a.pairSigns()
	p, end := GP64(), GP64()
	MOVQ(x, p)
	LEAQ(Mem{Base: x, Index: n, Scale: 4}, end)
	Label("within")
	v := a.vec()
	VMOVUPS(at(p, 0), v)
	for stride := 1; stride < a.floats(); stride *= 2 {
		v = a.pairs(v, stride, masks, minus)
	}
	VMOVUPS(v, at(p, 0))
	ADDQ(Imm(uint64(a.bytes)), p)
	CMPQ(p, end)
	JLT(LabelRef("within"))

	// p and q are stride bytes apart; p runs through a part of that length, then skips one.
	stride, q, part := GP64(), GP64(), GP64()
	MOVQ(U32(a.bytes), stride)
	Label("stage")
	MOVQ(x, p)
	Label("part")
	LEAQ(plus(p, stride), q)
	MOVQ(q, part)
	Label("between")
	a.butterfly(at(p, 0), at(q, 0))
	ADDQ(Imm(uint64(a.bytes)), p)
	ADDQ(Imm(uint64(a.bytes)), q)
	CMPQ(p, part)
	JLT(LabelRef("between"))
	MOVQ(q, p)
	CMPQ(p, end)
	JLT(LabelRef("part"))
	ADDQ(stride, stride)
	LEAQ(plus(x, stride), q)
	CMPQ(q, end)
	JLT(LabelRef("stage"))
	VZEROUPPER()
	RET()
}

// pairMasks returns the masks of the second values of pairs, by the stride of the pair.
func (a *isa) pairMasks() map[int]reg.Register {
	if a.bytes != 64 {
		return nil
	}
	masks := map[int]reg.Register{}
	for i, bits := range []uint32{0xaaaa, 0xcccc, 0xf0f0, 0xff00} {
		r, k := GP32(), K()
		MOVL(U32(bits), r)
		KMOVW(r, k)
		masks[1<<i] = k
	}
	return masks
}

// pairSigns returns for NEON the signs of the second values of pairs within four, by the stride of the pair.
func (a *isa) pairSigns() map[int]reg.VecVirtual {
	if !a.neon {
		return nil
	}
	signs := map[int]reg.VecVirtual{}
	for stride := 1; stride < 4; stride *= 2 {
		m := GLOBL(fmt.Sprintf("pairSigns%d", stride), RODATA|NOPTR)
		for i := range 8 {
			DATA(4*i, U32(uint32(i/stride%2)<<31))
		}
		signs[stride] = a.vec()
		VMOVUPS(m, signs[stride])
	}
	return signs
}

// pairs returns the sums and differences of the values of v that are stride apart.
func (a *isa) pairs(v reg.VecVirtual, stride int, masks map[int]reg.Register, minus map[int]reg.VecVirtual) reg.VecVirtual {
	swapped, sum := a.vec(), a.vec()
	if a.neon && stride == 4 {
		operation("SUMDIFFERENCE", v, sum)
		return sum
	}
	switch {
	case stride == 1:
		VPERMILPS(Imm(0b10110001), v, swapped)
	case stride == 2:
		VPERMILPS(Imm(0b01001110), v, swapped)
	case a.bytes == 32:
		VPERM2F128(Imm(1), v, v, swapped)
	case stride == 4:
		VSHUFF32X4(Imm(0b10110001), v, v, swapped)
	default:
		VSHUFF32X4(Imm(0b01001110), v, v, swapped)
	}
	if a.neon {
		VXORPS(minus[stride], v, v)
		VADDPS(v, swapped, sum)
		return sum
	}
	VADDPS(swapped, v, sum)
	if a.bytes == 64 {
		VSUBPS(v, swapped, masks[stride], sum)
		return sum
	}
	VSUBPS(v, swapped, swapped)
	VBLENDPS(Imm(map[int]uint64{1: 0xaa, 2: 0xcc, 4: 0xf0}[stride]), swapped, sum, sum)
	return sum
}
