package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gemmKernels emits the product of one tile of a matrix and the packing of its panels.
func gemmKernels(a *isa) {
	gemmTile(a)
	packRows(a)
}

// tileRows returns the height of a tile: with two registers for each row it takes all
// registers except two for B and those for the broadcast values of A.
func (a *isa) tileRows() int {
	if a.bytes == 64 {
		return 12
	}
	return 6
}

// gemmTile keeps the sums of the tile in registers over the whole of k: two registers of
// a row of B are multiplied by the values of a column of A, each broadcast to all lanes.
func gemmTile(a *isa) {
	rows := a.tileRows()
	TEXT("gemmTile"+a.name, NOSPLIT, "func(c *float32, ldc int, a *float32, row, step int, b *float32, next, k int, alpha, beta float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("gemmTile%s sets the %d rows of %d values of c, ldc bytes apart, to alpha*A*B + beta*c.", a.name, rows, 2*a.floats()),
		"The value (i, p) of A is row*i + step*p bytes from a; row p of B is next*p bytes from b. k is at",
		"least 1. With beta 0 c is not read.")
	c, ldc := Load(Param("c"), GP64()), Load(Param("ldc"), GP64())
	row, step := Load(Param("row"), GP64()), Load(Param("step"), GP64())
	b, next, k := Load(Param("b"), GP64()), Load(Param("next"), GP64()), Load(Param("k"), GP64())
	// One pointer serves three rows, at 0, 1 and 2 times row from it.
	pointers := make([]reg.GPVirtual, rows/3)
	pointers[0] = Load(Param("a"), GP64()).(reg.GPVirtual)
	for i := 1; i < len(pointers); i++ {
		pointers[i] = GP64()
		LEAQ(Mem{Base: pointers[i-1], Index: row, Scale: 2}, pointers[i])
		ADDQ(row, pointers[i])
	}
	value := func(i int) Mem {
		m := Mem{Base: pointers[i/3]}
		if i%3 > 0 {
			m.Index, m.Scale = row, uint8(i%3)
		}
		return m
	}
	acc := a.zeros(2 * rows)
	column := func() {
		low, high := a.vec(), a.vec()
		VMOVUPS(at(b, 0), low)
		VMOVUPS(at(b, a.bytes), high)
		for i := range rows {
			v := a.vec()
			VBROADCASTSS(value(i), v)
			VFMADD231PS(v, low, acc[2*i])
			VFMADD231PS(v, high, acc[2*i+1])
		}
		for _, p := range pointers {
			ADDQ(step, p)
		}
		ADDQ(next, b)
	}
	SUBQ(Imm(4), k)
	JLT(LabelRef("four_done"))
	align()
	Label("four")
	for range 4 {
		column()
	}
	SUBQ(Imm(4), k)
	JGE(LabelRef("four"))
	Label("four_done")
	ADDQ(Imm(4), k)
	JE(LabelRef("sums"))
	Label("one")
	column()
	DECQ(k)
	JNE(LabelRef("one"))

	Label("sums")
	alpha, beta := a.broadcastParam("alpha"), a.broadcastParam("beta")
	whole := GP32()
	VMOVD(beta.AsX(), whole)
	ADDL(whole, whole) // minus zero counts as zero
	JE(LabelRef("set"))
	for i := range rows {
		for h := range 2 {
			v := a.vec()
			VMULPS(at(c, h*a.bytes), beta, v)
			VFMADD231PS(alpha, acc[2*i+h], v)
			VMOVUPS(v, at(c, h*a.bytes))
		}
		ADDQ(ldc, c)
	}
	VZEROUPPER()
	RET()
	Label("set")
	for i := range rows {
		for h := range 2 {
			VMULPS(alpha, acc[2*i+h], acc[2*i+h])
			VMOVUPS(acc[2*i+h], at(c, h*a.bytes))
		}
		ADDQ(ldc, c)
	}
	VZEROUPPER()
	RET()
}

// packRows writes whole registers, past the end of a row, because the next row overwrites
// the surplus. The height of a tile needs one register, its width two.
func packRows(a *isa) {
	TEXT("packRows"+a.name, NOSPLIT, "func(dst *float32, width int, src *float32, ld, n, lanes int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("packRows%s copies n rows of lanes values, ld bytes apart, to rows width bytes apart, and pads", a.name),
		fmt.Sprintf("each with zeros to %d values, or to %d if width is less. lanes is not 0.", 2*a.floats(), a.floats()))
	dst, width := Load(Param("dst"), GP64()), Load(Param("width"), GP64())
	src, ld, n := Load(Param("src"), GP64()), Load(Param("ld"), GP64()), Load(Param("n"), GP64())
	lanes := Load(Param("lanes"), GP64())
	var load func(h int) reg.VecVirtual
	if a.neon {
		counts := []reg.GPVirtual{GP64(), GP64()}
		eight := GP64()
		MOVQ(lanes, counts[0])
		MOVQ(U32(8), eight)
		CMPQ(counts[0], eight)
		CMOVQGT(eight, counts[0])
		MOVQ(lanes, counts[1])
		SUBQ(counts[0], counts[1])
		load = func(h int) reg.VecVirtual {
			v := a.vec()
			operation("LOADFIRST", counts[h], at(src, 32*h), v)
			return v
		}
	} else if a.bytes == 64 {
		ones := GP64()
		MOVQ(I32(-1), ones)
		BZHIQ(lanes, ones, ones)
		k := []reg.Register{K(), K()}
		KMOVW(ones.As32(), k[0])
		SHRQ(Imm(16), ones)
		KMOVW(ones.As32(), k[1])
		load = func(h int) reg.VecVirtual {
			v := a.vec()
			VMOVUPS_Z(at(src, 64*h), k[h], v)
			return v
		}
	} else {
		masks := GLOBL("rowMasks", RODATA|NOPTR)
		for i := range 32 {
			v := uint32(0xffffffff)
			if i >= 16 {
				v = 0
			}
			DATA(4*i, U32(v))
		}
		p := GP64()
		LEAQ(masks, p)
		NEGQ(lanes)
		k := []reg.VecVirtual{YMM(), YMM()}
		for h := range k {
			VMOVUPS(Mem{Base: p, Index: lanes, Scale: 4, Disp: 64 + 32*h}, k[h])
		}
		load = func(h int) reg.VecVirtual {
			v := a.vec()
			VMASKMOVPS(at(src, 32*h), k[h], v)
			return v
		}
	}
	TESTQ(n, n)
	JE(LabelRef("done"))
	CMPQ(width, imm(2*a.bytes))
	JLT(LabelRef("narrow"))
	for _, registers := range []int{2, 1} {
		label := []string{"narrow", "wide"}[registers-1]
		Label(label)
		for h := range registers {
			VMOVUPS(load(h), at(dst, h*a.bytes))
		}
		ADDQ(ld, src)
		ADDQ(width, dst)
		DECQ(n)
		JNE(LabelRef(label))
		VZEROUPPER()
		RET()
	}
	Label("done")
	RET()
}

// transpose serves all instruction sets.
func transpose() {
	TEXT("transposeAssembly", NOSPLIT, "func(dst *float32, width int, rows *[8]*float32, n int)")
	Pragma("noescape")
	Doc("transposeAssembly writes the first n values of eight rows as n rows of eight, width bytes apart, in",
		"order. n is a multiple of 8, and not 0.")
	dst, width, n := Load(Param("dst"), GP64()), Load(Param("width"), GP64()), Load(Param("n"), GP64())
	from := Load(Param("rows"), GP64())
	src := make([]reg.GPVirtual, 8)
	for i := range src {
		src[i] = GP64()
		MOVQ(at(from, 8*i), src[i])
	}
	off := GP64()
	XORQ(off, off)
	Label("block")
	var in, t [8]reg.VecVirtual
	// Rows i and i+4 share a register: the low halves first, then the high ones.
	for half := range 2 {
		for i := range 4 {
			in[i] = YMM()
			VMOVUPS(Mem{Base: src[i], Index: off, Scale: 4, Disp: 16 * half}, in[i].AsX())
			VINSERTF128(Imm(1), Mem{Base: src[i+4], Index: off, Scale: 4, Disp: 16 * half}, in[i], in[i])
		}
		for i := range 4 {
			t[i] = YMM()
		}
		VUNPCKLPS(in[1], in[0], t[0])
		VUNPCKHPS(in[1], in[0], t[1])
		VUNPCKLPS(in[3], in[2], t[2])
		VUNPCKHPS(in[3], in[2], t[3])
		for i := range 4 {
			v := YMM()
			if i%2 == 0 {
				VUNPCKLPD(t[2+i/2], t[i/2], v)
			} else {
				VUNPCKHPD(t[2+i/2], t[i/2], v)
			}
			VMOVUPS(v, at(dst, 0))
			ADDQ(width, dst)
		}
	}
	ADDQ(Imm(8), off)
	CMPQ(off, n)
	JLT(LabelRef("block"))
	VZEROUPPER()
	RET()
}
