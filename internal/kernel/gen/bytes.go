package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// byteKernels emits the product of matrices of bytes, for processors with AVX512-VNNI, and the
// rounding of their rows.
func byteKernels() {
	byteTile(avx512)
	largestProduct(avx512)
	roundBytes(avx512)
}

// byteTile keeps the sums of a tile in registers over the whole of k. An instruction multiplies 4
// bytes of a row of A, broadcast to all lanes, by those of 16 columns of B.
func byteTile(a *isa) {
	const rows = 12
	TEXT("byteTile"+a.name, NOSPLIT, "func(dst *float32, ldd int, a *int8, lda int, b *uint8, groups int, start *int32, rowScale, scale, bias *float32, add int)")
	Pragma("noescape")
	Doc("byteTile"+a.name+" sets the 12 rows of 32 values of dst, ldd bytes apart, to",
		"(Σ a*b + start[row])*rowScale[row]*scale[column] + bias[column], plus dst if add is not 0. Rows of a are",
		"lda bytes apart; b holds groups of 4 bytes of each column, at least 1 group.")
	dst, ldd := Load(Param("dst"), GP64()), Load(Param("ldd"), GP64())
	row := Load(Param("lda"), GP64())
	b, groups := Load(Param("b"), GP64()), Load(Param("groups"), GP64())
	pointers := make([]reg.GPVirtual, rows/3)
	pointers[0] = Load(Param("a"), GP64()).(reg.GPVirtual)
	for i := 1; i < len(pointers); i++ {
		pointers[i] = GP64()
		LEAQ(Mem{Base: pointers[i-1], Index: row, Scale: 2}, pointers[i])
		ADDQ(row, pointers[i])
	}
	acc := a.zeros(2 * rows)
	align()
	Label("group")
	low, high := a.vec(), a.vec()
	VMOVDQU32(at(b, 0), low)
	VMOVDQU32(at(b, 64), high)
	for i := range rows {
		m := Mem{Base: pointers[i/3]}
		if i%3 > 0 {
			m.Index, m.Scale = row, uint8(i%3)
		}
		VPDPBUSD_BCST(m, low, acc[2*i])
		VPDPBUSD_BCST(m, high, acc[2*i+1])
	}
	for _, p := range pointers {
		ADDQ(Imm(4), p)
	}
	SUBQ(I8(-128), b) // shorter than adding 128
	DECQ(groups)
	JNE(LabelRef("group"))

	start, rowScale := Load(Param("start"), GP64()), Load(Param("rowScale"), GP64())
	column, shift := Load(Param("scale"), GP64()), Load(Param("bias"), GP64())
	var scale, bias [2]reg.VecVirtual
	for h := range 2 {
		scale[h], bias[h] = a.vec(), a.vec()
		VMOVUPS(at(column, 64*h), scale[h])
		VMOVUPS(at(shift, 64*h), bias[h])
	}
	for i := range rows {
		for h := range 2 {
			v := acc[2*i+h]
			VPADDD_BCST(at(start, 4*i), v, v)
			VCVTDQ2PS(v, v)
			VMULPS_BCST(at(rowScale, 4*i), v, v)
			VFMADD213PS(bias[h], scale[h], v)
		}
	}
	add := Load(Param("add"), GP64())
	TESTQ(add, add)
	JE(LabelRef("set"))
	for i := range rows {
		for h := range 2 {
			VADDPS(at(dst, 64*h), acc[2*i+h], acc[2*i+h])
			VMOVUPS(acc[2*i+h], at(dst, 64*h))
		}
		ADDQ(ldd, dst)
	}
	VZEROUPPER()
	RET()
	Label("set")
	for i := range rows {
		for h := range 2 {
			VMOVUPS(acc[2*i+h], at(dst, 64*h))
		}
		ADDQ(ldd, dst)
	}
	VZEROUPPER()
	RET()
}

// largestProduct finds the largest size of a product.
func largestProduct(a *isa) {
	TEXT("largestProduct"+a.name, NOSPLIT, "func(x, by *float32, n int) float32")
	Pragma("noescape")
	Doc("largestProduct" + a.name + " returns the largest |x[i]*by[i]|; n is a multiple of 16, at least 16.")
	x, by, n := Load(Param("x"), GP64()), Load(Param("by"), GP64()), Load(Param("n"), GP64())
	mask := GP32()
	MOVL(U32(0x7fffffff), mask)
	abs, top := a.vec(), a.vec()
	VPBROADCASTD(mask, abs)
	a.zero(top)
	Label("values")
	v := a.vec()
	VMOVUPS(at(x, 0), v)
	VMULPS(at(by, 0), v, v)
	VPANDD(v, abs, v)
	VMAXPS(v, top, top)
	ADDQ(Imm(64), x)
	ADDQ(Imm(64), by)
	SUBQ(Imm(16), n)
	JNE(LabelRef("values"))
	half := YMM()
	VEXTRACTF64X4(Imm(1), top, half)
	VMAXPS(half, top.AsY(), half)
	quarter := XMM()
	VEXTRACTF128(Imm(1), half, quarter)
	VMAXPS(half.AsX(), quarter, quarter)
	other := XMM()
	VPERMILPS(Imm(0x4e), quarter, other)
	VMAXPS(other, quarter, quarter)
	VPERMILPS(Imm(0xb1), quarter, other)
	VMAXSS(other, quarter, quarter)
	Store(quarter, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// roundBytes rounds numbers to bytes.
func roundBytes(a *isa) {
	TEXT("roundBytes"+a.name, NOSPLIT, "func(dst *int8, x, by *float32, n int, scale float32) int32")
	Pragma("noescape")
	Doc("roundBytes"+a.name+" rounds x[i]*by[i]*scale, half to even, and returns the sum; all must be from -128 to",
		"127, and n a multiple of 16, at least 16.")
	dst, x, n := Load(Param("dst"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	by := Load(Param("by"), GP64())
	scale, sum := a.broadcastParam("scale"), a.vec()
	a.zero(sum)
	Label("values")
	v := a.vec()
	VMOVUPS(at(x, 0), v)
	VMULPS(at(by, 0), v, v)
	VMULPS(scale, v, v)
	VCVTPS2DQ(v, v)
	VPADDD(v, sum, sum)
	VPMOVSDB(v, at(dst, 0))
	ADDQ(Imm(64), x)
	ADDQ(Imm(64), by)
	ADDQ(Imm(16), dst)
	SUBQ(Imm(16), n)
	JNE(LabelRef("values"))
	half, other := YMM(), YMM()
	VEXTRACTI64X4(Imm(1), sum, other)
	VPADDD(other, sum.AsY(), half)
	VEXTRACTI128(Imm(1), half, other.AsX())
	VPADDD(other.AsX(), half.AsX(), half.AsX())
	VPSHUFD(Imm(0x4e), half.AsX(), other.AsX())
	VPADDD(other.AsX(), half.AsX(), half.AsX())
	VPSHUFD(Imm(0xb1), half.AsX(), other.AsX())
	VPADDD(other.AsX(), half.AsX(), half.AsX())
	r := GP32()
	VMOVD(half.AsX(), r)
	Store(r, ReturnIndex(0))
	VZEROUPPER()
	RET()
}
