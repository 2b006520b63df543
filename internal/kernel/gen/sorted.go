package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// insertSorted moves the keys after the last one that is less than the new one up, eight at a time from the end. It
// loses none if some are not in order.
func insertSorted() {
	TEXT("insertSortedAVX512", NOSPLIT, "func(keys *uint64, n int, key uint64) int")
	Pragma("noescape")
	Doc("insertSortedAVX512 inserts key after the last of n sorted keys that is less, and returns its place.")
	keys, n, key := Load(Param("keys"), GP64()), Load(Param("n"), GP64()), Load(Param("key"), GP64())
	k, v, moved := ZMM(), ZMM(), K()
	VPBROADCASTQ(key, k)
	less, last, all := GP64(), GP64(), GP64()
	const lessThan = 1
	Label("eight")
	CMPQ(n, Imm(8))
	JLT(LabelRef("rest"))
	VMOVDQU64(Mem{Base: keys, Index: n, Scale: 8, Disp: -64}, v)
	VPCMPUQ(Imm(lessThan), k, v, moved)
	KMOVW(moved, less.As32())
	TESTQ(less, less)
	JNE(LabelRef("found"))
	VMOVDQU64(v, Mem{Base: keys, Index: n, Scale: 8, Disp: -56})
	SUBQ(Imm(8), n)
	JMP(LabelRef("eight"))

	Label("found")
	BSRQ(less, last)
	MOVQ(U32(0x1fe), all)
	SHLXQ(last, all, all)
	KMOVW(all.As32(), moved)
	VMOVDQU64(v, moved, Mem{Base: keys, Index: n, Scale: 8, Disp: -56})
	LEAQ(Mem{Base: n, Index: last, Scale: 1, Disp: -7}, n)
	JMP(LabelRef("place"))

	Label("rest")
	valid := K()
	MOVQ(I64(-1), all)
	BZHIQ(n, all, all)
	KMOVW(all.As32(), valid)
	VMOVDQU64_Z(Mem{Base: keys}, valid, v)
	VPCMPUQ(Imm(lessThan), k, v, valid, moved)
	KMOVW(moved, less.As32())
	XORQ(n, n)
	TESTQ(less, less)
	JE(LabelRef("first"))
	BSRQ(less, last)
	LEAQ(at(last, 1), n)
	MOVQ(U32(0x1fe), less)
	SHLXQ(last, less, less)
	ANDQ(less, all)
	Label("first")
	KMOVW(all.As32(), moved)
	VMOVDQU64(v, moved, Mem{Base: keys, Disp: 8})
	Label("place")
	MOVQ(key, Mem{Base: keys, Index: n, Scale: 8})
	VZEROUPPER()
	Store(n, ReturnIndex(0))
	RET()
}
