package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// expKernels emits the passes of a softmax over rows.
func expKernels(a *isa) {
	expSum(a, false)
	expSum(a, true)
	softmaxGradient(a)
	maximumOf(a)
}

// maximumOf finds the largest value, which a softmax subtracts.
func maximumOf(a *isa) {
	name := "maximum" + a.name
	TEXT(name, NOSPLIT, "func(x, last *float32, blocks int) float32")
	Pragma("noescape")
	Doc(name + " returns the largest of blocks times 16 values at x and of 16 values at last.")
	x, last, left := Load(Param("x"), GP64()), Load(Param("last"), GP64()), Load(Param("blocks"), GP64())
	most := a.vec()
	VMOVUPS(lanes("maximumFirst", float32(math.Inf(-1))), most)
	for i := 0; i < 64; i += a.bytes {
		VMAXPS(at(last, i), most, most)
	}
	Label("blocks")
	for i := 0; i < 64; i += a.bytes {
		VMAXPS(at(x, i), most, most)
	}
	ADDQ(Imm(64), x)
	SUBQ(Imm(1), left)
	JNE(LabelRef("blocks"))
	top := a.maximum(most)
	VZEROUPPER()
	Store(top, ReturnIndex(0))
	RET()
}

var lanesOf = map[string]Mem{}

// lanes returns a constant in memory with v in every lane of a register.
func lanes(name string, v float32) Mem {
	m, ok := lanesOf[name]
	if !ok {
		m = GLOBL(name, RODATA|NOPTR)
		for i := range 16 {
			DATA(4*i, U32(math.Float32bits(v)))
		}
		lanesOf[name] = m
	}
	return m
}

// Predicates of VCMPPS; none of them signals.
const (
	unordered = U8(0x03)
	notLess   = U8(0x15) // or unordered
	greater   = U8(0x1e)
)

// exp returns e to the power of v, which it leaves unchanged. With n the integer nearest
// to v·log₂e it is 2ⁿ·exp(r), where r = v − n·ln 2 is small enough for a polynomial of
// degree 6 (the minimax fit of the relative error on |r| ≤ ½ ln 2, which is 3e-9). Adding
// 1.5·2²³ leaves n in the low bits of the sum, from where it is added to the exponent.
func (a *isa) exp(v reg.VecVirtual) reg.VecVirtual {
	t, n, r, q := a.vec(), a.vec(), a.vec(), a.vec()
	VMOVUPS(lanes("expHighest", 88.722), t)
	VMINPS(t, v, t) // for NaN the constant
	VMOVUPS(lanes("expLog2E", math.Log2E), n)
	magic := lanes("expWhole", 3<<22)
	VFMADD213PS(magic, t, n)
	VSUBPS(magic, n, r)
	VFNMADD231PS(lanes("expLn2High", 0.693359375), r, t)
	VFNMADD231PS(lanes("expLn2Low", -2.12194440e-4), r, t)
	VMOVUPS(lanes("expC6", 0.0013814467), q)
	for i, c := range []float32{0.008368781, 0.041668393, 0.1666652, 0.49999994} {
		VFMADD213PS(lanes(fmt.Sprintf("expC%d", 5-i), c), t, q)
	}
	VMULPS(t, t, r)
	VFMADD213PS(t, r, q)
	VADDPS(lanes("expOne", 1), q, q)
	VPSLLD(U8(23), n, n)
	lowest := lanes("expLowest", -87.33) // below it, the exponent would underflow
	if a.bytes == 64 {
		k := K()
		VCMPPS(notLess, lowest, v, k)
		VPADDD_Z(n, q, k, q)
		nan := K()
		VCMPPS(unordered, v, v, nan)
		VMOVAPS(v, nan, q)
		return q
	}
	VPADDD(n, q, q)
	k := a.vec()
	VCMPPS(notLess, lowest, v, k)
	VANDPS(k, q, q)
	VCMPPS(unordered, v, v, k)
	VORPS(k, q, q)
	return q
}

// zeroBehind clears the lanes of v beyond the tail.
func (t tail) zeroBehind(v reg.VecVirtual) {
	if t.a.neon {
		n := GP64()
		MOVQ(t.n, n)
		VANDPS(t.a.tailMask(n), v, v)
	} else if t.a.bytes == 64 {
		VMOVAPS_Z(v, t.k, v)
	} else {
		VANDPS(t.k, v, v)
	}
}

func expSum(a *isa, withColumns bool) {
	name, parameters := "expSum", "dst, x []float32"
	if withColumns {
		name, parameters = "expSumColumns", "dst, columns, x []float32"
	}
	TEXT(name+a.name, NOSPLIT, "func("+parameters+", scale, shift float32) float32")
	Pragma("noescape")
	if withColumns {
		Doc(fmt.Sprintf("%s%s is like expSum%s, but also adds dst[i] to columns[i].", name, a.name, a.name))
	} else {
		Doc(fmt.Sprintf("%s%s sets dst[i] to exp(scale*x[i]+shift) for i < len(x) and returns the sum.", name, a.name))
	}
	pointers := []reg.Register{Load(Param("dst").Base(), GP64()), Load(Param("x").Base(), GP64())}
	n := Load(Param("x").Len(), GP64()).(reg.GPVirtual)
	if withColumns {
		pointers = append(pointers, Load(Param("columns").Base(), GP64()))
	}
	scale, shift := a.broadcastParam("scale"), a.broadcastParam("shift")
	acc := a.zeros(4)
	power := func(v reg.VecVirtual) reg.VecVirtual {
		VFMADD213PS(shift, scale, v)
		return a.exp(v)
	}
	a.loops(name, n,
		func(bytes int) {
			for _, p := range pointers {
				ADDQ(imm(bytes), p)
			}
		},
		func(i int) {
			v := a.vec()
			VMOVUPS(at(pointers[1], i*a.bytes), v)
			e := power(v)
			VMOVUPS(e, at(pointers[0], i*a.bytes))
			VADDPS(e, acc[i], acc[i])
			if withColumns {
				VADDPS(at(pointers[2], i*a.bytes), e, e)
				VMOVUPS(e, at(pointers[2], i*a.bytes))
			}
		},
		func(t tail) {
			e := power(t.load(at(pointers[1], 0)))
			t.zeroBehind(e)
			t.store(e, at(pointers[0], 0))
			VADDPS(e, acc[1], acc[1])
			if withColumns {
				VADDPS(t.load(at(pointers[2], 0)), e, e)
				t.store(e, at(pointers[2], 0))
			}
		})
	VADDPS(acc[1], acc[0], acc[0])
	VADDPS(acc[3], acc[2], acc[2])
	VADDPS(acc[2], acc[0], acc[0])
	Store(a.sumTo(acc[0]), ReturnIndex(0))
	VZEROUPPER()
	RET()
}

func softmaxGradient(a *isa) {
	TEXT("softmaxGradient"+a.name, NOSPLIT, "func(dst, e, columns []float32, row float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("softmaxGradient%s sets dst[i] to e[i]*(row+columns[i]) for i < len(e).", a.name))
	dst, e := Load(Param("dst").Base(), GP64()), Load(Param("e").Base(), GP64())
	n := Load(Param("e").Len(), GP64()).(reg.GPVirtual)
	columns := Load(Param("columns").Base(), GP64())
	row := a.broadcastParam("row")
	a.loops("gradient", n,
		func(bytes int) { ADDQ(imm(bytes), dst); ADDQ(imm(bytes), e); ADDQ(imm(bytes), columns) },
		func(i int) {
			v := a.vec()
			VADDPS(at(columns, i*a.bytes), row, v)
			VMULPS(at(e, i*a.bytes), v, v)
			VMOVUPS(v, at(dst, i*a.bytes))
		},
		func(t tail) {
			v := t.load(at(columns, 0))
			VADDPS(v, row, v)
			VMULPS(t.load(at(e, 0)), v, v)
			t.store(v, at(dst, 0))
		})
	VZEROUPPER()
	RET()
}
