package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func vectorKernels(a *isa) {
	product := func(acc reg.VecVirtual, x reg.VecVirtual, y Op) { VFMADD231PS(y, x, acc) }
	square := func(acc reg.VecVirtual, x reg.VecVirtual, y Op) {
		d := a.vec()
		VSUBPS(y, x, d)
		VFMADD231PS(d, d, acc)
	}
	reduction(a, "dot", "dot%[1]s returns the sum of x[i]*y[i] over i < len(x).", product)
	reduction(a, "squaredDistance", "squaredDistance%[1]s returns the sum of (x[i]-y[i])² over i < len(x).", square)
	elementwise(a)
	dots(a)
	scan(a, "dotScan", "dotScan%[1]s sets dst[i] to dot%[1]s(q, rows[i*stride:]).", product)
	scan(a, "squaredDistanceScan", "squaredDistanceScan%[1]s sets dst[i] to squaredDistance%[1]s(q, rows[i*stride:]).", square)
}

// tail reads and writes the last n mod floats() values and nothing past them, with a
// mask register or, for AVX2, a vector of sign bits.
type tail struct {
	a *isa
	k reg.Register
	n reg.Register // arm64: the number of values
}

// tailMasks holds eight set lanes, then eight clear ones: the mask for r lanes is the
// eight that start at 8-r.
var tailMasks Mem

func (a *isa) tail(rem reg.GPVirtual) tail {
	if a.neon {
		return tail{a: a, n: rem}
	}
	if a.bytes == 64 {
		k, ones := K(), GP64()
		MOVQ(I32(-1), ones)
		BZHIQ(rem, ones, ones)
		KMOVW(ones.As32(), k)
		return tail{a: a, k: k}
	}
	return tail{a: a, k: a.tailMask(rem)}
}

// tailMask returns a vector whose first rem lanes are set; it changes rem.
func (a *isa) tailMask(rem reg.GPVirtual) reg.VecVirtual {
	if tailMasks.Base == nil {
		tailMasks = GLOBL("tailMasks", RODATA|NOPTR)
		for i := range 16 {
			v := uint32(0xffffffff)
			if i >= 8 {
				v = 0
			}
			DATA(4*i, U32(v))
		}
	}
	p, k := GP64(), YMM()
	LEAQ(tailMasks, p)
	NEGQ(rem)
	VMOVUPS(Mem{Base: p, Index: rem, Scale: 4, Disp: 32}, k)
	return k
}

func (t tail) load(m Mem) reg.VecVirtual {
	v := t.a.vec()
	if t.a.neon {
		operation("LOADFIRST", t.n, m, v)
	} else if t.a.bytes == 64 {
		VMOVUPS_Z(m, t.k, v)
	} else {
		VMASKMOVPS(m, t.k, v)
	}
	return v
}

func (t tail) store(v reg.VecVirtual, m Mem) {
	if t.a.neon {
		operation("STOREFIRST", t.n, v, m)
	} else if t.a.bytes == 64 {
		VMOVUPS(v, t.k, m)
	} else {
		VMASKMOVPS(v, t.k, m)
	}
}

// loops emits a loop over four registers at a time, one over single registers, and the
// masked tail. n counts down; advance moves the pointers.
func (a *isa) loops(name string, n reg.GPVirtual, advance func(bytes int), whole func(lane int), masked func(t tail)) {
	f := a.floats()
	SUBQ(imm(4*f), n)
	JLT(LabelRef(name + "_four_done"))
	align()
	Label(name + "_four")
	for i := range 4 {
		whole(i)
	}
	advance(4 * a.bytes)
	SUBQ(imm(4*f), n)
	JGE(LabelRef(name + "_four"))
	Label(name + "_four_done")
	ADDQ(imm(3*f), n)
	JLT(LabelRef(name + "_one_done"))
	Label(name + "_one")
	whole(0)
	advance(a.bytes)
	SUBQ(imm(f), n)
	JGE(LabelRef(name + "_one"))
	Label(name + "_one_done")
	ADDQ(imm(f), n)
	JE(LabelRef(name + "_done"))
	masked(a.tail(n))
	Label(name + "_done")
}

func reduction(a *isa, name, doc string, step func(acc, x reg.VecVirtual, y Op)) {
	TEXT(name+a.name, NOSPLIT, "func(x, y []float32) float32")
	Pragma("noescape")
	Doc(fmt.Sprintf(doc, a.name))
	x := Load(Param("x").Base(), GP64())
	n := Load(Param("x").Len(), GP64()).(reg.GPVirtual)
	y := Load(Param("y").Base(), GP64())
	s := a.reduce(name, x, y, n, step, 0)
	Store(s, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// reduce sums step over the n values at x and y, and changes n, x and y. Unless ahead is 0, it
// prefetches memory ahead bytes past y.
func (a *isa) reduce(name string, x, y reg.Register, n reg.GPVirtual, step func(acc, x reg.VecVirtual, y Op), ahead int) reg.Register {
	acc := a.zeros(4)
	a.loops(name, n,
		func(bytes int) { ADDQ(imm(bytes), x); ADDQ(imm(bytes), y) },
		func(i int) {
			if ahead > 0 && i*a.bytes%64 == 0 {
				PREFETCHT0(at(y, ahead+i*a.bytes))
			}
			v := a.vec()
			VMOVUPS(at(x, i*a.bytes), v)
			step(acc[i], v, at(y, i*a.bytes))
		},
		func(t tail) { step(acc[1], t.load(at(x, 0)), t.load(at(y, 0))) })
	VADDPS(acc[1], acc[0], acc[0])
	VADDPS(acc[3], acc[2], acc[2])
	VADDPS(acc[2], acc[0], acc[0])
	return a.sumTo(acc[0])
}

// scanAhead is the number of bytes in advance by which rows are prefetched that are read from
// memory in order. On its own, the processor reads them more slowly.
const scanAhead = 1024

// scan is a reduction for each of many rows, in the order of memory.
func scan(a *isa, name, doc string, step func(acc, x reg.VecVirtual, y Op)) {
	TEXT(name+a.name, NOSPLIT, "func(dst, q, rows []float32, stride int)")
	Pragma("noescape")
	Doc(fmt.Sprintf(doc, a.name))
	dst := Load(Param("dst").Base(), GP64())
	count := Load(Param("dst").Len(), GP64())
	rows := Load(Param("rows").Base(), GP64())
	stride := Load(Param("stride"), GP64())
	SHLQ(Imm(2), stride)
	TESTQ(count, count)
	JE(LabelRef("scan_end"))
	Label("scan_row")
	x, y := GP64(), GP64()
	Load(Param("q").Base(), x)
	MOVQ(rows, y)
	n := Load(Param("q").Len(), GP64()).(reg.GPVirtual)
	VMOVSS(a.reduce("scan", x, y, n, step, scanAhead), at(dst, 0))
	ADDQ(Imm(4), dst)
	ADDQ(stride, rows)
	DECQ(count)
	JNE(LabelRef("scan_row"))
	Label("scan_end")
	VZEROUPPER()
	RET()
}

func elementwise(a *isa) {
	TEXT("axpy"+a.name, NOSPLIT, "func(dst []float32, alpha float32, x []float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("axpy%s adds alpha*x[i] to dst[i] for i < len(x).", a.name))
	dst := Load(Param("dst").Base(), GP64())
	alpha := a.broadcastParam("alpha")
	x := Load(Param("x").Base(), GP64())
	n := Load(Param("x").Len(), GP64()).(reg.GPVirtual)
	a.loops("axpy", n,
		func(bytes int) { ADDQ(imm(bytes), x); ADDQ(imm(bytes), dst) },
		func(i int) {
			v := a.vec()
			VMOVUPS(at(x, i*a.bytes), v)
			VFMADD213PS(at(dst, i*a.bytes), alpha, v)
			VMOVUPS(v, at(dst, i*a.bytes))
		},
		func(t tail) {
			v := t.load(at(x, 0))
			VFMADD213PS(t.load(at(dst, 0)), alpha, v)
			t.store(v, at(dst, 0))
		})
	VZEROUPPER()
	RET()

	TEXT("scale"+a.name, NOSPLIT, "func(dst []float32, alpha float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("scale%s multiplies every value of dst by alpha.", a.name))
	dst = Load(Param("dst").Base(), GP64())
	n = Load(Param("dst").Len(), GP64()).(reg.GPVirtual)
	alpha = a.broadcastParam("alpha")
	a.loops("scale", n,
		func(bytes int) { ADDQ(imm(bytes), dst) },
		func(i int) {
			v := a.vec()
			VMULPS(at(dst, i*a.bytes), alpha, v)
			VMOVUPS(v, at(dst, i*a.bytes))
		},
		func(t tail) {
			v := t.load(at(dst, 0))
			VMULPS(v, alpha, v)
			t.store(v, at(dst, 0))
		})
	VZEROUPPER()
	RET()
}

func (a *isa) broadcastParam(name string) reg.VecVirtual {
	m, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	v := a.vec()
	VBROADCASTSS(m.Addr, v)
	return v
}

// dots processes eight rows at a time: each block of q is loaded once for all of them,
// and their eight sums are computed together.
func dots(a *isa) {
	TEXT("dots"+a.name, NOSPLIT, "func(dst, q, rows []float32, stride int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("dots%s sets dst[i] to the inner product of q and rows[i*stride:], for the", a.name),
		"first len(dst)/8*8 rows.")
	dst := Load(Param("dst").Base(), GP64())
	count := Load(Param("dst").Len(), GP64())
	q := Load(Param("q").Base(), GP64())
	base := Load(Param("rows").Base(), GP64())
	stride := Load(Param("stride"), GP64())
	SHLQ(Imm(2), stride)
	SUBQ(Imm(8), count)
	JLT(LabelRef("dots_end"))
	Label("dots_rows")
	// Rows 0 to 3 are at base plus 0, 1, 2 and 3 strides; rows 4 to 7 likewise from far.
	three, far, off := GP64(), GP64(), GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, three)
	LEAQ(Mem{Base: base, Index: stride, Scale: 4}, far)
	next := GP64()
	LEAQ(Mem{Base: far, Index: stride, Scale: 4}, next)
	near := GP64()
	MOVQ(base, near)
	MOVQ(q, off)
	row := func(i int) Mem {
		m := Mem{Base: near}
		if i >= 4 {
			m.Base = far
		}
		switch i % 4 {
		case 1:
			m.Index, m.Scale = stride, 1
		case 2:
			m.Index, m.Scale = stride, 2
		case 3:
			m.Index, m.Scale = three, 1
		}
		return m
	}
	acc := a.zeros(8)
	n := Load(Param("q").Len(), GP64()).(reg.GPVirtual)
	f := a.floats()
	SUBQ(imm(f), n)
	JLT(LabelRef("dots_whole_done"))
	align()
	Label("dots_whole")
	v := a.vec()
	VMOVUPS(at(off, 0), v)
	for i := range acc {
		VFMADD231PS(row(i), v, acc[i])
	}
	ADDQ(imm(a.bytes), off)
	ADDQ(imm(a.bytes), near)
	ADDQ(imm(a.bytes), far)
	SUBQ(imm(f), n)
	JGE(LabelRef("dots_whole"))
	Label("dots_whole_done")
	ADDQ(imm(f), n)
	JE(LabelRef("dots_sum"))
	t := a.tail(n)
	v = t.load(at(off, 0))
	for i := range acc {
		VFMADD231PS(t.load(row(i)), v, acc[i])
	}
	Label("dots_sum")
	VMOVUPS(a.sumRows([][]reg.VecVirtual{acc}).AsY(), at(dst, 0))
	ADDQ(Imm(32), dst)
	MOVQ(next, base)
	SUBQ(Imm(8), count)
	JGE(LabelRef("dots_rows"))
	Label("dots_end")
	VZEROUPPER()
	RET()
}

// firstAbove exists for AVX2 and NEON only: memory limits it, not the size of the registers.
func firstAbove(a *isa) {
	TEXT("firstAbove"+a.name, NOSPLIT, "func(x []float32, bound float32) int")
	Pragma("noescape")
	if a.neon {
		Doc("firstAboveNEON returns a multiple i of eight, with no x[j] > bound for j < i, and one for",
			"j < i+8, or len(x)/8*8 if there is none.")
	} else {
		Doc("firstAboveAVX2 returns the smallest i < len(x)/8*8 with x[i] > bound, or len(x)/8*8 if",
			"there is none.")
	}
	x := Load(Param("x").Base(), GP64())
	n := Load(Param("x").Len(), GP64())
	bound := a.broadcastParam("bound")
	i, hits := GP64(), GP32()
	XORQ(i, i)
	ANDQ(I8(-8), n)
	above := func(lane int) reg.VecVirtual {
		v := YMM()
		// Greater than, false for NaN.
		VCMPPS(Imm(0x1e), bound, load(Mem{Base: x, Index: i, Scale: 4, Disp: 32 * lane}), v)
		return v
	}
	test := func(v reg.VecVirtual) {
		if a.neon {
			operation("ANY", v, hits)
		} else {
			VMOVMSKPS(v, hits)
		}
	}
	left := GP64()
	Label("above_four")
	MOVQ(n, left)
	SUBQ(i, left)
	CMPQ(left, Imm(32))
	JLT(LabelRef("above_one"))
	v, b, c, d := above(0), above(1), above(2), above(3)
	VORPS(v, b, v)
	VORPS(c, d, c)
	VORPS(v, c, v)
	test(v)
	TESTL(hits, hits)
	JNE(LabelRef("above_one"))
	ADDQ(Imm(32), i)
	JMP(LabelRef("above_four"))
	Label("above_one")
	CMPQ(i, n)
	JGE(LabelRef("above_done"))
	test(above(0))
	TESTL(hits, hits)
	JNE(LabelRef("above_found"))
	ADDQ(Imm(8), i)
	JMP(LabelRef("above_one"))
	Label("above_found")
	if !a.neon {
		BSFL(hits, hits)
		ADDQ(hits.As64(), i)
	}
	Label("above_done")
	Store(i, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

func load(m Mem) reg.VecVirtual {
	v := YMM()
	VMOVUPS(m, v)
	return v
}
