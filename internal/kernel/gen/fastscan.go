package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// notGreater is the predicate of VCMPPS that holds for NaN too.
var notGreater = Imm(0x1a)

// fastScan looks up the nibbles of 32 codes in the tables of the query. The sums of entries are
// kept in words: one accumulator adds the looked-up bytes in pairs as words, another the odd
// ones, which are subtracted at the end. A word holds 257 entries, so after each 256 the sums go to
// doublewords.
func fastScan(a *isa) {
	name := "fastScan" + a.name
	TEXT(name, NOSPLIT, "func(dst *float32, masks *uint32, blocks, ahead *float32, tables *uint8, lines, width, bounds, count int, "+
		"scale, offset, slack, limit float32)")
	Pragma("noescape")
	Doc(name+" scores count blocks of 32 codes, width bytes apart, whose first lines bytes hold the nibbles;",
		"the bounds begin bounds bytes after the factors. Meanwhile it prefetches as many blocks from ahead on.")
	dst, masks := Load(Param("dst"), GP64()), Load(Param("masks"), GP64())
	block, tables := Load(Param("blocks"), GP64()), Load(Param("tables"), GP64())
	ahead := Load(Param("ahead"), GP64())
	lines, count := Load(Param("lines"), GP64()), Load(Param("count"), GP64())
	nibbles := a.broadcastInt(0x0f0f0f0f)

	Label("block")
	sums := make([]reg.VecVirtual, 4)
	for i := range sums {
		sums[i] = YMM()
		VXORPS(sums[i], sums[i], sums[i])
	}
	off, end := GP64(), GP64()
	XORQ(off, off)
	XORQ(end, end)
	Label("part")
	ADDQ(imm(256*a.bytes), end)
	CMPQ(end, lines)
	CMOVQGT(lines, end)
	acc := a.zeros(4) // pairs and odd bytes of the low nibbles, then of the high ones
	align()
	Label("line")
	PREFETCHT0(plus(ahead, off))
	code, high, table := a.vec(), a.vec(), a.vec()
	a.move(plus(block, off), code)
	a.move(plus(tables, off), table)
	if a.neon {
		operation("SHIFTBYTES", U8(4), code, high)
	} else {
		VPSRLW(Imm(4), code, high)
		a.and(nibbles, high)
	}
	a.and(nibbles, code)
	for i, c := range []reg.VecVirtual{code, high} {
		VPSHUFB(c, table, c)
		VPADDW(c, acc[2*i], acc[2*i])
		if a.neon {
			operation("ADDHIGHBYTES", c, acc[2*i+1])
			continue
		}
		VPSRLW(Imm(8), c, c)
		VPADDW(c, acc[2*i+1], acc[2*i+1])
	}
	ADDQ(Imm(uint64(a.bytes)), off)
	CMPQ(off, end)
	JLT(LabelRef("line"))
	for i := range 2 {
		pairs, odd, t := acc[2*i], acc[2*i+1], a.vec()
		VPSLLW(Imm(8), odd, t)
		VPSUBW(t, pairs, pairs)
		a.addWords(pairs, sums[2*i])
		a.addWords(odd, sums[2*i+1])
	}
	CMPQ(off, lines)
	JLT(LabelRef("part"))

	terms, bounds := GP64(), GP64()
	LEAQ(plus(block, lines), terms)
	MOVQ(terms, bounds)
	ADDQ(param("bounds"), bounds)
	scale, offset, slack, limit := YMM(), YMM(), YMM(), YMM()
	VBROADCASTSS(param("scale"), scale)
	VBROADCASTSS(param("offset"), offset)
	VBROADCASTSS(param("slack"), slack)
	VBROADCASTSS(param("limit"), limit)
	bits, all := GP32(), GP32()
	for i, s := range sums {
		t := YMM()
		VCVTDQ2PS(s, s)
		VMULPS(scale, s, s)
		VADDPS(offset, s, s)
		VMULPS(at(terms, 32*i), s, s)
		VADDPS(at(terms, 128+32*i), s, s)
		VMULPS(at(bounds, 32*i), slack, t)
		VSUBPS(t, s, s)
		VMOVUPS(s, at(dst, 32*i))
		VCMPPS(notGreater, limit, s, t)
		if i == 0 {
			VMOVMSKPS(t, all)
			continue
		}
		VMOVMSKPS(t, bits)
		SHLL(U8(8*i), bits)
		ORL(bits, all)
	}
	MOVL(all, at(masks, 0))
	ADDQ(imm(128), dst)
	ADDQ(imm(4), masks)
	ADDQ(param("width"), block)
	ADDQ(param("width"), ahead)
	DECQ(count)
	JNE(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// addWords adds the words of each 16 bytes of v to the doublewords of sum; v is overwritten.
func (a *isa) addWords(v, sum reg.VecVirtual) {
	if a.neon {
		operation("ADDWORDS", v, sum)
		return
	}
	halves := []reg.VecVirtual{v.AsY().(reg.VecVirtual)}
	if a.bytes == 64 {
		h := YMM()
		VEXTRACTI64X4(Imm(1), v, h)
		halves = append(halves, h)
	}
	for _, h := range halves {
		x, wide := XMM(), YMM()
		VPMOVZXWD(h.AsX(), wide)
		VPADDD(wide, sum, sum)
		VEXTRACTI128(Imm(1), h, x)
		VPMOVZXWD(x, wide)
		VPADDD(wide, sum, sum)
	}
}
