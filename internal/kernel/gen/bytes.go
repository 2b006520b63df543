package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// byteKernels emits the product of matrices of bytes, for processors with AVX512-VNNI, with AVX2 or with the products of
// bytes of NEON, and the rounding of their rows.
func byteKernels(a *isa) {
	switch {
	case a.neon:
		byteTileNEON(neonDot)
	case a.bytes == 64:
		byteTile(a)
	default:
		wordTile(a)
	}
	largestProduct(a)
	roundBytes(a)
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

// wordTile multiplies pairs of bytes and adds them in words of 16 bits, which cannot overflow: two pairs, before they are
// added in words of 32 bits.
func wordTile(a *isa) {
	const rows = 3
	TEXT("wordTile"+a.name, NOSPLIT, "func(dst *float32, ldd int, a *uint8, lda int, b *int8, octets int, start *int32, rowScale, scale, bias *float32, add, count int)")
	Pragma("noescape")
	Doc("wordTile"+a.name+" sets count times 3 rows of 16 values of dst, ldd bytes apart, to",
		"(Σ a*b + start[column])*rowScale[row]*scale[column] + bias[column], plus dst if add is not 0. Rows of a are",
		"lda bytes apart; b holds, for each 8 values of a row, the first 4 of each column and then the last 4. The sums of",
		"values 0, 1, 4 and 5, and of 2, 3, 6 and 7, must fit 16 bits. octets and count are at least 1.")
	dst, ldd := Load(Param("dst"), GP64()), Load(Param("ldd"), GP64())
	first, lda := Load(Param("a"), GP64()), Load(Param("lda"), GP64())
	rowScale, count := Load(Param("rowScale"), GP64()), Load(Param("count"), GP64())
	ones := a.broadcastInt(1<<16 | 1)
	var acc []reg.VecVirtual
	for range 2 * rows {
		acc = append(acc, a.vec())
	}
	b, octets, p := GP64(), GP64(), GP64()
	Label("tile")
	for _, v := range acc {
		a.zero(v)
	}
	Load(Param("b"), b)
	Load(Param("octets"), octets)
	MOVQ(first, p)
	align()
	Label("octet")
	var columns [4]reg.VecVirtual
	for i := range columns {
		columns[i] = a.vec()
		VMOVDQU(at(b, 32*i), columns[i])
	}
	for i := range rows {
		m := Mem{Base: p}
		if i > 0 {
			m.Index, m.Scale = lda, uint8(i)
		}
		low, high := a.vec(), a.vec()
		VPBROADCASTD(m, low)
		m.Disp = 4
		VPBROADCASTD(m, high)
		for h := range 2 {
			v, w := a.vec(), a.vec()
			VPMADDUBSW(columns[h], low, v)
			VPMADDUBSW(columns[2+h], high, w)
			VPADDW(v, w, w)
			VPMADDWD(ones, w, w)
			VPADDD(w, acc[2*i+h], acc[2*i+h])
		}
	}
	ADDQ(Imm(8), p)
	SUBQ(I8(-128), b) // shorter than adding 128
	DECQ(octets)
	JNE(LabelRef("octet"))

	start, column, shift := Load(Param("start"), GP64()), Load(Param("scale"), GP64()), Load(Param("bias"), GP64())
	add := Load(Param("add"), GP64())
	for h := range 2 {
		begin, scale, bias := a.vec(), a.vec(), a.vec()
		VMOVDQU(at(start, 32*h), begin)
		VMOVUPS(at(column, 32*h), scale)
		VMOVUPS(at(shift, 32*h), bias)
		for i := range rows {
			v, r := acc[2*i+h], a.vec()
			VPADDD(begin, v, v)
			VCVTDQ2PS(v, v)
			VBROADCASTSS(at(rowScale, 4*i), r)
			VMULPS(r, v, v)
			VFMADD213PS(bias, scale, v)
		}
	}
	TESTQ(add, add)
	JE(LabelRef("set"))
	d := GP64()
	MOVQ(dst, d)
	for i := range rows {
		for h := range 2 {
			VADDPS(at(d, 32*h), acc[2*i+h], acc[2*i+h])
		}
		ADDQ(ldd, d)
	}
	Label("set")
	for i := range rows {
		for h := range 2 {
			VMOVUPS(acc[2*i+h], at(dst, 32*h))
		}
		ADDQ(ldd, dst)
		ADDQ(lda, first)
	}
	ADDQ(Imm(4*rows), rowScale)
	DECQ(count)
	JNE(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// byteTileNEON is a half of that height and width, because there are fewer registers. The bytes of B become
// signed ones here.
func byteTileNEON(a *isa) {
	const rows = 6
	TEXT("byteTile"+a.name, NOSPLIT, "func(dst *float32, ldd int, a *int8, lda int, b *uint8, groups int, rowScale, scale, bias *float32, add int)")
	Pragma("noescape")
	Doc("byteTile"+a.name+" sets 6 rows of 16 values of dst, ldd bytes apart, to",
		"Σ a*(b-128)*rowScale[row]*scale[column] + bias[column], plus dst if add is not 0. Rows of a are",
		"lda bytes apart; b holds groups of 4 bytes of each of 32 columns, at least 1 group.")
	lda := Load(Param("lda"), GP64())
	b, groups := Load(Param("b"), GP64()), Load(Param("groups"), GP64())
	pointers := []reg.Register{Load(Param("a"), GP64())}
	for len(pointers) < rows {
		p := GP64()
		LEAQ(plus(pointers[len(pointers)-1], lda), p)
		pointers = append(pointers, p)
	}
	flip, off := a.vec(), GP64()
	operation("FILLBYTES", U8(0x80), flip)
	XORQ(off, off)
	acc := a.zeros(2 * rows)
	align()
	Label("group")
	low, high := a.vec(), a.vec()
	VMOVDQU(at(b, 0), low)
	VMOVDQU(at(b, 32), high)
	VPXOR(flip, low, low)
	VPXOR(flip, high, high)
	for i, p := range pointers {
		operation("DOTROW", plus(p, off), low, high, acc[2*i], acc[2*i+1])
	}
	ADDQ(Imm(4), off)
	ADDQ(imm(128), b)
	DECQ(groups)
	JNE(LabelRef("group"))

	dst, ldd := Load(Param("dst"), GP64()), Load(Param("ldd"), GP64())
	rowScale, add := Load(Param("rowScale"), GP64()), Load(Param("add"), GP64())
	column, shift := Load(Param("scale"), GP64()), Load(Param("bias"), GP64())
	finish := func(adds bool) {
		for h := range 2 {
			scale, bias, d := a.vec(), a.vec(), GP64()
			VMOVUPS(at(column, 32*h), scale)
			VMOVUPS(at(shift, 32*h), bias)
			MOVQ(dst, d)
			for i := range rows {
				v, r := acc[2*i+h], a.vec()
				VBROADCASTSS(at(rowScale, 4*i), r)
				VCVTDQ2PS(v, v)
				VMULPS(r, v, v)
				VFMADD213PS(bias, scale, v)
				if adds {
					VADDPS(at(d, 32*h), v, v)
				}
				VMOVUPS(v, at(d, 32*h))
				ADDQ(ldd, d)
			}
		}
		RET()
	}
	TESTQ(add, add)
	JE(LabelRef("set"))
	finish(true)
	Label("set")
	finish(false)
}

// largestProduct finds the largest size of a product.
func largestProduct(a *isa) {
	TEXT("largestProduct"+a.name, NOSPLIT, "func(x, by, middle *float32, n int) float32")
	Pragma("noescape")
	Doc("largestProduct" + a.name + " returns the largest |x[i]*by[i] - middle[i]|; n is a multiple of 16, at least 16.")
	x, by, n := Load(Param("x"), GP64()), Load(Param("by"), GP64()), Load(Param("n"), GP64())
	middle := Load(Param("middle"), GP64())
	positive, most := a.broadcastInt(1<<31-1), a.zeros(1)[0]
	Label("values")
	for i := 0; i < 64; i += a.bytes {
		v := a.vec()
		VMOVUPS(at(x, i), v)
		VMULPS(at(by, i), v, v)
		VSUBPS(at(middle, i), v, v)
		a.and(positive, v)
		VMAXPS(v, most, most)
	}
	ADDQ(Imm(64), x)
	ADDQ(Imm(64), by)
	ADDQ(Imm(64), middle)
	SUBQ(Imm(16), n)
	JNE(LabelRef("values"))
	top := a.maximum(most)
	VZEROUPPER()
	Store(top, ReturnIndex(0))
	RET()
}

// roundBytes rounds numbers to bytes.
func roundBytes(a *isa) {
	TEXT("roundBytes"+a.name, NOSPLIT, "func(dst *int8, x, by, middle *float32, n int, scale float32) int32")
	Pragma("noescape")
	Doc("roundBytes"+a.name+" rounds (x[i]*by[i] - middle[i])*scale, half to even, and returns the sum; all must be from -128 to",
		"127, and n a multiple of 16, at least 16.")
	dst, x, n := Load(Param("dst"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	by, middle := Load(Param("by"), GP64()), Load(Param("middle"), GP64())
	scale, sum := a.broadcastParam("scale"), a.zeros(1)[0]
	Label("values")
	var ints []reg.VecVirtual
	for i := 0; i < 64; i += a.bytes {
		v := a.vec()
		VMOVUPS(at(x, i), v)
		VMULPS(at(by, i), v, v)
		VSUBPS(at(middle, i), v, v)
		VMULPS(scale, v, v)
		VCVTPS2DQ(v, v)
		VPADDD(v, sum, sum)
		ints = append(ints, v)
	}
	VMOVDQU(a.toBytes(ints), at(dst, 0))
	ADDQ(Imm(64), x)
	ADDQ(Imm(64), by)
	ADDQ(Imm(64), middle)
	ADDQ(Imm(16), dst)
	SUBQ(Imm(16), n)
	JNE(LabelRef("values"))
	total := a.sumInts(sum)
	VZEROUPPER()
	Store(total, ReturnIndex(0))
	RET()
}
