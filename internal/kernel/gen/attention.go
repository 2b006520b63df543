package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// attentionKernels emits what a transformer needs besides products and softmaxes.
func attentionKernels(a *isa) {
	biasGELU(a)
	deviations(a)
	standardize(a)
}

// gelu replaces y by y·Φ(y), where Φ is the distribution function of the normal distribution:
//
//	max(y, 0) − |y|·½·erfc(|y|/√2)
//
// With t = 1/(1 + 0.3275911·z), erfc(z) is exp(−z²) times a polynomial in t of degree 5, with an
// error of at most 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26).
func (a *isa) gelu(y reg.VecVirtual) reg.VecVirtual {
	size, t, q := a.vec(), a.vec(), a.vec()
	VANDPS(lanes("geluSize", math.Float32frombits(0x7fffffff)), y, size)
	VMOVUPS(lanes("geluStep", 0.3275911/math.Sqrt2), t)
	one := a.vec()
	VMOVUPS(lanes("expOne", 1), one)
	VFMADD213PS(one, size, t)
	VDIVPS(t, one, t)
	// Half of the coefficients.
	VMOVUPS(lanes("geluC5", 1.061405429/2), q)
	for i, c := range []float32{-1.453152027 / 2, 1.421413741 / 2, -0.284496736 / 2, 0.254829592 / 2} {
		VFMADD213PS(lanes(fmt.Sprintf("geluC%d", 4-i), c), t, q)
	}
	VMULPS(t, q, q)
	square := a.vec()
	VMULPS(y, y, square)
	VMULPS(lanes("geluHalf", -0.5), square, square)
	e := a.exp(square)
	VMULPS(e, q, q)
	VMULPS(size, q, q)
	zero := a.zeros(1)[0]
	VMAXPS(y, zero, y) // for NaN y
	VSUBPS(q, y, y)
	return y
}

func biasGELU(a *isa) {
	TEXT("biasGELU"+a.name, NOSPLIT, "func(dst, x, bias []float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("biasGELU%s sets dst[i] to the GELU of x[i]+bias[i] for i < len(bias).", a.name))
	dst, x := Load(Param("dst").Base(), GP64()), Load(Param("x").Base(), GP64())
	bias := Load(Param("bias").Base(), GP64())
	n := Load(Param("bias").Len(), GP64()).(reg.GPVirtual)
	a.loops("gelu", n,
		func(bytes int) { ADDQ(imm(bytes), dst); ADDQ(imm(bytes), x); ADDQ(imm(bytes), bias) },
		func(i int) {
			v := a.vec()
			VMOVUPS(at(x, i*a.bytes), v)
			VADDPS(at(bias, i*a.bytes), v, v)
			VMOVUPS(a.gelu(v), at(dst, i*a.bytes))
		},
		func(t tail) {
			v := t.load(at(x, 0))
			VADDPS(t.load(at(bias, 0)), v, v)
			t.store(a.gelu(v), at(dst, 0))
		})
	VZEROUPPER()
	RET()
}

func deviations(a *isa) {
	TEXT("deviations"+a.name, NOSPLIT, "func(x []float32, mean float32) (sum, squares float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("deviations%s returns the sums of x[i]-mean and of its square.", a.name))
	x, n := Load(Param("x").Base(), GP64()), Load(Param("x").Len(), GP64()).(reg.GPVirtual)
	mean := a.broadcastParam("mean")
	sums, squares := a.zeros(4), a.zeros(4)
	a.loops("deviations", n,
		func(bytes int) { ADDQ(imm(bytes), x) },
		func(i int) {
			v := a.vec()
			VMOVUPS(at(x, i*a.bytes), v)
			VSUBPS(mean, v, v)
			VADDPS(v, sums[i], sums[i])
			VFMADD231PS(v, v, squares[i])
		},
		func(t tail) {
			v := t.load(at(x, 0))
			VSUBPS(mean, v, v)
			t.zeroBehind(v)
			VADDPS(v, sums[1], sums[1])
			VFMADD231PS(v, v, squares[1])
		})
	for i, acc := range [][]reg.VecVirtual{sums, squares} {
		VADDPS(acc[1], acc[0], acc[0])
		VADDPS(acc[3], acc[2], acc[2])
		VADDPS(acc[2], acc[0], acc[0])
		Store(a.sumTo(acc[0]), ReturnIndex(i))
	}
	VZEROUPPER()
	RET()
}

func standardize(a *isa) {
	TEXT("standardize"+a.name, NOSPLIT, "func(dst, x, gain, bias []float32, mean, inverse float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("standardize%s sets dst[i] to (x[i]-mean)*inverse*gain[i] + bias[i] for i < len(x).", a.name))
	dst, x := Load(Param("dst").Base(), GP64()), Load(Param("x").Base(), GP64())
	n := Load(Param("x").Len(), GP64()).(reg.GPVirtual)
	gain, bias := Load(Param("gain").Base(), GP64()), Load(Param("bias").Base(), GP64())
	mean, inverse := a.broadcastParam("mean"), a.broadcastParam("inverse")
	a.loops("standardize", n,
		func(bytes int) {
			for _, p := range []reg.Register{dst, x, gain, bias} {
				ADDQ(imm(bytes), p)
			}
		},
		func(i int) {
			v, b := a.vec(), a.vec()
			VMOVUPS(at(x, i*a.bytes), v)
			VSUBPS(mean, v, v)
			VMULPS(inverse, v, v)
			VMOVUPS(at(bias, i*a.bytes), b)
			VFMADD231PS(at(gain, i*a.bytes), v, b)
			VMOVUPS(b, at(dst, i*a.bytes))
		},
		func(t tail) {
			v := t.load(at(x, 0))
			VSUBPS(mean, v, v)
			VMULPS(inverse, v, v)
			b := t.load(at(bias, 0))
			VFMADD231PS(t.load(at(gain, 0)), v, b)
			t.store(b, at(dst, 0))
		})
	VZEROUPPER()
	RET()
}
