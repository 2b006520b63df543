package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// brainKernels emits the product of matrices of bfloat16 numbers, for processors with AVX512-BF16, and the rounding of
// their rows.
func brainKernels(a *isa) {
	brainTile(a)
	roundBrains(a)
}

// brainTile keeps the sums of a tile in registers over the whole of k. An instruction multiplies 2 numbers of a row of
// A, broadcast to all lanes, by those of 16 columns of B. The registers are fixed, because that instruction has to be
// encoded here.
func brainTile(a *isa) {
	const rows = 12
	TEXT("brainTile"+a.name, NOSPLIT, "func(dst *float32, ldd int, a *uint16, lda int, b *uint16, pairs int, bias *float32, add int)")
	Pragma("noescape")
	Doc("brainTile"+a.name+" sets the 12 rows of 32 values of dst, ldd bytes apart, to Σ a*b + bias[column],",
		"plus dst if add is not 0. Rows of a are lda bytes apart; b holds pairs of numbers of each column, at least",
		"1 pair.")
	dst, ldd := Load(Param("dst"), GP64()), Load(Param("ldd"), GP64())
	row := Load(Param("lda"), GP64())
	b, pairs := Load(Param("b"), GP64()), Load(Param("pairs"), GP64())
	pointers := make([]reg.GPVirtual, rows/3)
	pointers[0] = Load(Param("a"), GP64()).(reg.GPVirtual)
	for i := 1; i < len(pointers); i++ {
		pointers[i] = GP64()
		LEAQ(Mem{Base: pointers[i-1], Index: row, Scale: 2}, pointers[i])
		ADDQ(row, pointers[i])
	}
	z := []reg.VecPhysical{reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7, reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23, reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31}
	for i := range 2 * rows {
		VPXORD(z[i], z[i], z[i])
	}
	align()
	Label("pair")
	VMOVDQU32(at(b, 0), z[24])
	VMOVDQU32(at(b, 64), z[25])
	for i := range rows {
		m := Mem{Base: pointers[i/3]}
		if i%3 > 0 {
			m.Index, m.Scale = row, uint8(i%3)
		}
		v := 26 + i%6
		VPBROADCASTD(m, z[v])
		addBrainProducts(2*i, 24, v)
		addBrainProducts(2*i+1, 25, v)
	}
	for _, p := range pointers {
		ADDQ(Imm(4), p)
	}
	SUBQ(I8(-128), b) // shorter than adding 128
	DECQ(pairs)
	JNE(LabelRef("pair"))

	shift, add := Load(Param("bias"), GP64()), Load(Param("add"), GP64())
	for h := range 2 {
		VMOVUPS(at(shift, 64*h), z[24+h])
		for i := range rows {
			VADDPS(z[24+h], z[2*i+h], z[2*i+h])
		}
	}
	TESTQ(add, add)
	JE(LabelRef("set"))
	d := GP64()
	MOVQ(dst, d)
	for i := range rows {
		for h := range 2 {
			VADDPS(at(d, 64*h), z[2*i+h], z[2*i+h])
		}
		ADDQ(ldd, d)
	}
	Label("set")
	for i := range rows {
		for h := range 2 {
			VMOVUPS(z[2*i+h], at(dst, 64*h))
		}
		ADDQ(ldd, dst)
	}
	VZEROUPPER()
	RET()
}

// addBrainProducts emits VDPBF16PS, which Go's assembler lacks: the products of the pairs in registers x and y are added
// to sum. The encoding is EVEX.512.F3.0F38.W0 52 /r (Intel's manual, volume 2); some bits are inverted.
func addBrainProducts(sum, x, y int) {
	inverted := func(register, bit, to int) int { return (^register >> bit & 1) << to }
	p0 := inverted(sum, 3, 7) | inverted(y, 4, 6) | inverted(y, 3, 5) | inverted(sum, 4, 4) | 2
	p1 := (^x&15)<<3 | 1<<2 | 2
	p2 := 2<<5 | inverted(x, 4, 3)
	modrm := 3<<6 | (sum&7)<<3 | y&7
	Comment(fmt.Sprintf("VDPBF16PS Z%d, Z%d, Z%d", y, x, sum))
	Instruction(&ir.Instruction{Opcode: "LONG", Operands: []Op{U32(uint32(0x62 | p0<<8 | p1<<16 | p2<<24))}})
	Instruction(&ir.Instruction{Opcode: "WORD", Operands: []Op{U16(uint16(0x52 | modrm<<8))}})
}

// roundBrains rounds numbers by adding a half of what is cut off, or a little less if the rest is even.
func roundBrains(a *isa) {
	TEXT("roundBrains"+a.name, NOSPLIT, "func(dst *uint16, x *float32, n int)")
	Pragma("noescape")
	Doc("roundBrains" + a.name + " rounds finite numbers to bfloat16, half to even; n is a multiple of 16, at least 16.")
	dst, x, n := Load(Param("dst"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64())
	one, half := a.broadcastInt(1), a.broadcastInt(0x7fff)
	Label("values")
	v, odd := a.vec(), a.vec()
	VMOVDQU32(at(x, 0), v)
	VPSRLD(Imm(16), v, odd)
	VPANDD(one, odd, odd)
	VPADDD(half, v, v)
	VPADDD(odd, v, v)
	VPSRLD(Imm(16), v, v)
	VPMOVDW(v, at(dst, 0))
	ADDQ(Imm(64), x)
	ADDQ(Imm(32), dst)
	SUBQ(Imm(16), n)
	JNE(LabelRef("values"))
	VZEROUPPER()
	RET()
}
