package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/reg"
)

// reluKernels emits a row of the layer max(0, x + bias) and its gradient.
func reluKernels(a *isa) {
	biasReLU(a)
	reluGradient(a)
}

func biasReLU(a *isa) {
	TEXT("biasReLU"+a.name, NOSPLIT, "func(dst, x, bias []float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("biasReLU%s sets dst[i] to max(0, x[i]+bias[i]) for i < len(bias).", a.name))
	dst, x := Load(Param("dst").Base(), GP64()), Load(Param("x").Base(), GP64())
	bias := Load(Param("bias").Base(), GP64())
	n := Load(Param("bias").Len(), GP64()).(reg.GPVirtual)
	zero := a.zeros(1)[0]
	a.loops("relu", n,
		func(bytes int) { ADDQ(imm(bytes), dst); ADDQ(imm(bytes), x); ADDQ(imm(bytes), bias) },
		func(i int) {
			v := a.vec()
			VMOVUPS(at(x, i*a.bytes), v)
			VADDPS(at(bias, i*a.bytes), v, v)
			VMAXPS(v, zero, v) // for NaN v
			VMOVUPS(v, at(dst, i*a.bytes))
		},
		func(t tail) {
			v := t.load(at(x, 0))
			VADDPS(t.load(at(bias, 0)), v, v)
			VMAXPS(v, zero, v)
			t.store(v, at(dst, 0))
		})
	VZEROUPPER()
	RET()
}

func reluGradient(a *isa) {
	TEXT("reluGradient"+a.name, NOSPLIT, "func(dst, bias, y, dy []float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("reluGradient%s sets dst[i] to dy[i] where y[i] > 0, else to 0, and adds it to bias[i], for", a.name),
		"i < len(bias).")
	dst, bias := Load(Param("dst").Base(), GP64()), Load(Param("bias").Base(), GP64())
	y, dy := Load(Param("y").Base(), GP64()), Load(Param("dy").Base(), GP64())
	n := Load(Param("bias").Len(), GP64()).(reg.GPVirtual)
	zero := a.zeros(1)[0]
	masked := func(y, dy reg.VecVirtual) {
		if a.bytes == 64 {
			k := K()
			VCMPPS(greater, zero, y, k)
			VMOVAPS_Z(dy, k, dy)
			return
		}
		VCMPPS(greater, zero, y, y)
		VANDPS(y, dy, dy)
	}
	a.loops("relu_gradient", n,
		func(bytes int) {
			for _, p := range []reg.Register{dst, bias, y, dy} {
				ADDQ(imm(bytes), p)
			}
		},
		func(i int) {
			v, d := a.vec(), a.vec()
			VMOVUPS(at(y, i*a.bytes), v)
			VMOVUPS(at(dy, i*a.bytes), d)
			masked(v, d)
			VMOVUPS(d, at(dst, i*a.bytes))
			VADDPS(at(bias, i*a.bytes), d, d)
			VMOVUPS(d, at(bias, i*a.bytes))
		},
		func(t tail) {
			v, d := t.load(at(y, 0)), t.load(at(dy, 0))
			masked(v, d)
			t.store(d, at(dst, 0))
			VADDPS(t.load(at(bias, 0)), d, d)
			t.store(d, at(bias, 0))
		})
	VZEROUPPER()
	RET()
}
