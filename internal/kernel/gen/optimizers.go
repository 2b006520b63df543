package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// optimizerKernels emits the steps of the optimizers on a row.
func optimizerKernels(a *isa) {
	optimizer(a, "momentumStep", "w, velocity, g []float32, lr, momentum float32",
		"sets velocity[i] to momentum*velocity[i]+g[i] and takes lr times it from w[i].",
		[]string{"w", "velocity", "g"}, []string{"lr", "momentum"},
		func(v, c []reg.VecVirtual) {
			VFMADD213PS(v[2], c[1], v[1])
			VFNMADD231PS(v[1], c[0], v[0])
		})
	optimizer(a, "adaGradStep", "w, squares, g []float32, lr, epsilon float32",
		"adds g[i]² to squares[i] and takes lr*g[i]/(√squares[i]+epsilon) from w[i].",
		[]string{"w", "squares", "g"}, []string{"lr", "epsilon"},
		func(v, c []reg.VecVirtual) {
			VFMADD231PS(v[2], v[2], v[1])
			root, step := a.vec(), a.vec()
			VSQRTPS(v[1], root)
			VADDPS(c[1], root, root)
			VMULPS(c[0], v[2], step)
			VDIVPS(root, step, step)
			VSUBPS(step, v[0], v[0])
		})
	optimizer(a, "adamStep", "w, m, v, g []float32, beta1, rest1, beta2, rest2, step, root, epsilon, keep float32",
		"sets m[i] to beta1*m[i]+rest1*g[i], v[i] to beta2*v[i]+rest2*g[i]² and w[i] to",
		[]string{"w", "m", "v", "g"}, []string{"beta1", "rest1", "beta2", "rest2", "step", "root", "epsilon", "keep"},
		func(v, c []reg.VecVirtual) {
			g := v[3]
			VMULPS(c[0], v[1], v[1])
			VFMADD231PS(c[1], g, v[1])
			VMULPS(g, g, g)
			VMULPS(c[2], v[2], v[2])
			VFMADD231PS(c[3], g, v[2])
			root := a.vec()
			VSQRTPS(v[2], root)
			VFMADD213PS(c[6], c[5], root)
			VMULPS(c[4], v[1], g)
			VDIVPS(root, g, g)
			VMULPS(c[7], v[0], v[0])
			VSUBPS(g, v[0], v[0])
		}, "keep*w[i] - step*m[i]/(root*√v[i]+epsilon).")
}

// optimizer emits a kernel on rows that are as long as the first, register by register.
// body changes all of them except the last, the gradient.
func optimizer(a *isa, name, parameters, doc string, rows, scalars []string, body func(v, c []reg.VecVirtual), more ...string) {
	TEXT(name+a.name, NOSPLIT, "func("+parameters+")")
	Pragma("noescape")
	Doc(append([]string{fmt.Sprintf("%s%s %s", name, a.name, doc)}, more...)...)
	p := make([]reg.Register, len(rows))
	for i, r := range rows {
		p[i] = Load(Param(r).Base(), GP64())
	}
	n := Load(Param(rows[0]).Len(), GP64()).(reg.GPVirtual)
	c := make([]reg.VecVirtual, len(scalars))
	for i, s := range scalars {
		c[i] = a.broadcastParam(s)
	}
	all := func(load func(m Mem) reg.VecVirtual, store func(v reg.VecVirtual, m Mem)) {
		v := make([]reg.VecVirtual, len(p))
		for i := range v {
			v[i] = load(at(p[i], 0))
		}
		body(v, c)
		for i := range len(v) - 1 {
			store(v[i], at(p[i], 0))
		}
	}
	f := a.floats()
	SUBQ(imm(f), n)
	JLT(LabelRef("whole_done"))
	Label("whole")
	all(func(m Mem) reg.VecVirtual {
		v := a.vec()
		VMOVUPS(m, v)
		return v
	}, func(v reg.VecVirtual, m Mem) { VMOVUPS(v, m) })
	for i := range p {
		ADDQ(imm(a.bytes), p[i])
	}
	SUBQ(imm(f), n)
	JGE(LabelRef("whole"))
	Label("whole_done")
	ADDQ(imm(f), n)
	JE(LabelRef("done"))
	t := a.tail(n)
	all(t.load, t.store)
	Label("done")
	VZEROUPPER()
	RET()
}
