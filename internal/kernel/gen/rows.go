package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rowKernels emits the kernels on whole rows of tables. Rows are multiples of 64 bytes
// long, so there are no tails.
func rowKernels(a *isa) {
	gatherRows(a)
	scatterRows(a)
	multiplyAdd(a)
}

// blocks emits body for most registers of columns at a time, a power of two, then for
// half as many and so on, up to the end of the row. off is the offset of the block.
func (a *isa) blocks(stride reg.Register, most int, body func(label string, off reg.Register, registers int)) {
	off, end := GP64(), GP64()
	XORQ(off, off)
	for n := most; n*a.bytes >= 64; n /= 2 {
		block, done := fmt.Sprintf("block_%d", n), fmt.Sprintf("block_%d_done", n)
		Label(block)
		LEAQ(at(off, n*a.bytes), end)
		CMPQ(end, stride)
		JGT(LabelRef(done))
		body(fmt.Sprintf("rows_%d", n), off, n)
		ADDQ(U32(n*a.bytes), off)
		if n == most { // the others run at most once
			JMP(LabelRef(block))
		}
		Label(done)
	}
}

// eachID runs body with the address of column off in the row of each id, and its index i.
func eachID(label string, table, ids, count, stride, off reg.Register, body func(p, i reg.Register)) {
	i, p, base := GP64(), GP64(), GP64()
	LEAQ(plus(table, off), base)
	XORQ(i, i)
	TESTQ(count, count)
	JE(LabelRef(label + "_done"))
	Label(label)
	MOVLQSX(Mem{Base: ids, Index: i, Scale: 4}, p)
	IMULQ(stride, p)
	ADDQ(base, p)
	body(p, i)
	INCQ(i)
	CMPQ(i, count)
	JNE(LabelRef(label))
	Label(label + "_done")
}

func gatherRows(a *isa) {
	TEXT("gatherRows"+a.name, NOSPLIT, "func(dst, own, table *float32, ids *int32, count, stride int, scale float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("gatherRows%s sets the row dst of stride bytes to scale times the sum of the row own,", a.name),
		"unless it is nil, and of the rows ids of table.")
	dst, own, table := Load(Param("dst"), GP64()), Load(Param("own"), GP64()), Load(Param("table"), GP64())
	ids, count, stride := Load(Param("ids"), GP64()), Load(Param("count"), GP64()), Load(Param("stride"), GP64())
	scale := a.broadcastParam("scale")
	a.blocks(stride, 8, func(label string, off reg.Register, n int) {
		acc := a.zeros(n)
		TESTQ(own, own)
		JE(LabelRef(label + "_alone"))
		for k, v := range acc {
			VMOVUPS(Mem{Base: own, Index: off, Scale: 1, Disp: k * a.bytes}, v)
		}
		Label(label + "_alone")
		eachID(label, table, ids, count, stride, off, func(p, _ reg.Register) {
			for k, v := range acc {
				VADDPS(at(p, k*a.bytes), v, v)
			}
		})
		for k, v := range acc {
			VMULPS(scale, v, v)
			VMOVUPS(v, Mem{Base: dst, Index: off, Scale: 1, Disp: k * a.bytes})
		}
	})
	VZEROUPPER()
	RET()
}

func scatterRows(a *isa) {
	TEXT("scatterRows"+a.name, NOSPLIT, "func(table *float32, ids *int32, count, stride int, delta *float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("scatterRows%s adds the row delta of stride bytes to the rows ids of table.", a.name))
	table, ids, count := Load(Param("table"), GP64()), Load(Param("ids"), GP64()), Load(Param("count"), GP64())
	stride, delta := Load(Param("stride"), GP64()), Load(Param("delta"), GP64())
	a.blocks(stride, 8, func(label string, off reg.Register, n int) {
		d := make([]reg.VecVirtual, n)
		for k := range d {
			d[k] = a.vec()
			VMOVUPS(Mem{Base: delta, Index: off, Scale: 1, Disp: k * a.bytes}, d[k])
		}
		eachID(label, table, ids, count, stride, off, func(p, _ reg.Register) {
			for k := range d {
				v := a.vec()
				VADDPS(at(p, k*a.bytes), d[k], v)
				VMOVUPS(v, at(p, k*a.bytes))
			}
		})
	})
	VZEROUPPER()
	RET()
}

func multiplyAdd(a *isa) {
	TEXT("multiplyAdd"+a.name, NOSPLIT, "func(dst *float32, alpha float32, x, y *float32, stride int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("multiplyAdd%s adds alpha*x[i]*y[i] to the row dst of stride bytes.", a.name))
	dst, x, y, off := Load(Param("dst"), GP64()), Load(Param("x"), GP64()), Load(Param("y"), GP64()), Load(Param("stride"), GP64())
	alpha := a.broadcastParam("alpha")
	for _, p := range []reg.Register{dst, x, y} {
		ADDQ(off, p)
	}
	NEGQ(off)
	Label("columns")
	v := a.vec()
	VMULPS(plus(x, off), alpha, v)
	w := a.vec()
	VMOVUPS(plus(y, off), w)
	VFMADD213PS(plus(dst, off), w, v)
	VMOVUPS(v, plus(dst, off))
	ADDQ(imm(a.bytes), off)
	JNE(LabelRef("columns"))
	VZEROUPPER()
	RET()
}

// prefetch serves all instruction sets.
func prefetch() {
	TEXT("prefetchAssembly", NOSPLIT, "func(x *float32, bytes int)")
	Pragma("noescape")
	Doc("prefetchAssembly prefetches the cache lines of the given number of bytes at x, at least one.")
	x, n := Load(Param("x"), GP64()), Load(Param("bytes"), GP64())
	ADDQ(x, n)
	Label("prefetch_next")
	PREFETCHT0(at(x, 0))
	ADDQ(Imm(64), x)
	CMPQ(x, n)
	JLT(LabelRef("prefetch_next"))
	RET()
}

// prefetchRows serves all instruction sets.
func prefetchRows() {
	TEXT("prefetchRowsAssembly", NOSPLIT, "func(table *float32, ids *int32, count, stride int)")
	Pragma("noescape")
	Doc("prefetchRowsAssembly prefetches every cache line of the rows ids of table. A negative id is",
		"the complement of a row. count is at least 1.")
	table, ids := Load(Param("table"), GP64()), Load(Param("ids"), GP64())
	count, stride := Load(Param("count"), GP64()), Load(Param("stride"), GP64())
	Label("prefetch_rows")
	p, sign, off := GP64(), GP64(), GP64()
	MOVLQSX(at(ids, 0), p)
	MOVQ(p, sign)
	SARQ(Imm(63), sign)
	XORQ(sign, p)
	IMULQ(stride, p)
	ADDQ(table, p)
	MOVQ(stride, off)
	Label("prefetch_lines")
	PREFETCHT0(Mem{Base: p, Index: off, Scale: 1, Disp: -64})
	SUBQ(Imm(64), off)
	JNE(LabelRef("prefetch_lines"))
	ADDQ(Imm(4), ids)
	DECQ(count)
	JNE(LabelRef("prefetch_rows"))
	RET()
}
