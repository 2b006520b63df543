package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// insertSorted moves the keys that are not before the new one up, eight at a time from the end, until it meets one
// that is.
func insertSorted() {
	TEXT("insertSortedAVX512", NOSPLIT, "func(keys *uint64, n int, key uint64) int")
	Pragma("noescape")
	Doc("insertSortedAVX512 inserts key before the first of n sorted keys that is not less, and returns its place.")
	keys, n, key := Load(Param("keys"), GP64()), Load(Param("n"), GP64()), Load(Param("key"), GP64())
	k, v, after := ZMM(), ZMM(), K()
	VPBROADCASTQ(key, k)
	count := GP64()
	const notLess = 5
	Label("eight")
	CMPQ(n, Imm(8))
	JLT(LabelRef("rest"))
	VMOVDQU64(Mem{Base: keys, Index: n, Scale: 8, Disp: -64}, v)
	VPCMPUQ(Imm(notLess), k, v, after)
	VMOVDQU64(v, after, Mem{Base: keys, Index: n, Scale: 8, Disp: -56})
	KMOVW(after, count.As32())
	CMPQ(count, Imm(255))
	JNE(LabelRef("found"))
	SUBQ(Imm(8), n)
	JMP(LabelRef("eight"))
	Label("rest")
	mask, valid := GP64(), K()
	MOVQ(I64(-1), mask)
	BZHIQ(n, mask, mask)
	KMOVW(mask.As32(), valid)
	VMOVDQU64_Z(Mem{Base: keys}, valid, v)
	VPCMPUQ(Imm(notLess), k, v, valid, after)
	VMOVDQU64(v, after, Mem{Base: keys, Disp: 8})
	KMOVW(after, count.As32())
	Label("found")
	POPCNTQ(count, count)
	SUBQ(count, n)
	MOVQ(key, Mem{Base: keys, Index: n, Scale: 8})
	VZEROUPPER()
	Store(n, ReturnIndex(0))
	RET()
}
