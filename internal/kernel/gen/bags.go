package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bagKernels emits the kernels that pool the rows of a bag.
func bagKernels(a *isa) {
	bagSum(a)
	bagMax(a)
}

func bagSum(a *isa) {
	TEXT("bagSum"+a.name, NOSPLIT, "func(dst, table *float32, ids *int32, weights *float32, count, stride int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("bagSum%s sets the row dst of stride bytes to the sum of weights[i] times row ids[i] of table.", a.name))
	dst, table, ids := Load(Param("dst"), GP64()), Load(Param("table"), GP64()), Load(Param("ids"), GP64())
	weights, count, stride := Load(Param("weights"), GP64()), Load(Param("count"), GP64()), Load(Param("stride"), GP64())
	a.blocks(stride, 8, func(label string, off reg.Register, n int) {
		acc := a.zeros(n)
		eachID(label, table, ids, count, stride, off, func(p, i reg.Register) {
			w := a.vec()
			VBROADCASTSS(Mem{Base: weights, Index: i, Scale: 4}, w)
			for k, v := range acc {
				VFMADD231PS(at(p, k*a.bytes), w, v)
			}
		})
		for k, v := range acc {
			VMOVUPS(v, Mem{Base: dst, Index: off, Scale: 1, Disp: k * a.bytes})
		}
	})
	VZEROUPPER()
	RET()
}

// bagMax keeps the largest values so far and the numbers of their rows.
func bagMax(a *isa) {
	TEXT("bagMax"+a.name, NOSPLIT, "func(dst *float32, argmax *int32, table *float32, ids *int32, count, stride int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("bagMax%s sets the row dst of stride bytes to the largest values, column by column, of the rows", a.name),
		"ids of table, and argmax to the first i whose row ids[i] has them. count is at least 1.")
	dst, argmax, table := Load(Param("dst"), GP64()), Load(Param("argmax"), GP64()), Load(Param("table"), GP64())
	ids, count, stride := Load(Param("ids"), GP64()), Load(Param("count"), GP64()), Load(Param("stride"), GP64())
	one := a.vec()
	VBROADCASTSS(lanes("wholeOne", 1.401298464324817e-45), one) // the bits of the integer 1
	a.blocks(stride, 4, func(label string, off reg.Register, n int) {
		best, arg := make([]reg.VecVirtual, n), make([]reg.VecVirtual, n)
		p, number := GP64(), a.vec()
		MOVLQSX(at(ids, 0), p)
		IMULQ(stride, p)
		ADDQ(table, p)
		for k := range best {
			best[k], arg[k] = a.vec(), a.vec()
			VMOVUPS(Mem{Base: p, Index: off, Scale: 1, Disp: k * a.bytes}, best[k])
			a.zero(arg[k])
		}
		a.zero(number)
		// The first row is compared with itself, which has no effect.
		eachID(label, table, ids, count, stride, off, func(p, _ reg.Register) {
			for k := range best {
				v := a.vec()
				VMOVUPS(at(p, k*a.bytes), v)
				if a.bytes == 64 {
					more := K()
					VCMPPS(greater, best[k], v, more)
					VMOVAPS(v, more, best[k])
					VMOVAPS(number, more, arg[k])
				} else {
					more := a.vec()
					VCMPPS(greater, best[k], v, more)
					VBLENDVPS(more, v, best[k], best[k])
					VBLENDVPS(more, number, arg[k], arg[k])
				}
			}
			VPADDD(one, number, number)
		})
		for k := range best {
			VMOVUPS(best[k], Mem{Base: dst, Index: off, Scale: 1, Disp: k * a.bytes})
			VMOVUPS(arg[k], Mem{Base: argmax, Index: off, Scale: 1, Disp: k * a.bytes})
		}
	})
	VZEROUPPER()
	RET()
}
