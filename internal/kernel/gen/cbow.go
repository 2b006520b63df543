package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// callAverage is a field of windowCall that only CBOW reads: 1 for the mean of the
// context, 0 for its sum.
const callAverage = 120

// cbow makes two passes over the columns: first the mean of the context and its inner
// products with the outputs, then the updates.
func cbow(a *isa, n int, placed bool) {
	w := beginPlaced(a, placed, "cbow", n, fmt.Sprintf("applies CBOW windows with %d outputs; sum is the hidden row.", n))
	w.keep()
	w.eachWindow(func() {
		w.contextRows()
		w.nextRows()
		w.outputRows()
		w.hidden()
		w.updateHidden()
	})
	w.end()
}

// hidden stores the mean or the sum of the context rows at callSum and its gradients
// at callGrad.
func (w *window) hidden() {
	m, rows, places := w.count(), w.field(callRows), w.places()
	inverse, one, divisor := w.vec(), w.vec(), GP64()
	VXORPS(one.AsX(), one.AsX(), one.AsX())
	if w.placed {
		w.totalWeight(one.AsX(), places, m)
	} else {
		MOVQ(U32(1), divisor)
		CMPQ(at(w.call, callAverage), Imm(0))
		CMOVQNE(m, divisor)
		VCVTSI2SSQ(divisor, one.AsX(), one.AsX())
	}
	VMOVSS(constant(1), inverse.AsX())
	VDIVSS(one.AsX(), inverse.AsX(), inverse.AsX())
	if w.placed {
		VMOVSS(one.AsX(), at(w.call, callTotal))
		VMOVSS(inverse.AsX(), at(w.call, callInverse))
	}
	VBROADCASTSS(inverse.AsX(), inverse)
	w.toEnds(m, rows, places)
	hid, off := w.field(callSum), w.offset()
	ADDQ(at(w.call, callStride), hid)
	acc := w.zeros(w.n)
	Label("hidden")
	h := w.vec()
	w.zero(h)
	w.eachRow("mean", rows, func(p, i reg.Register) {
		if !w.placed {
			VADDPS(plus(p, off), h, h)
			return
		}
		by := w.vec()
		VBROADCASTSS(Mem{Base: places, Index: i, Scale: 4}, by)
		VFMADD231PS(plus(p, off), by, h)
	})
	VMULPS(inverse, h, h)
	VMOVUPS(h, plus(hid, off))
	for j, y := range w.outs {
		VFMADD231PS(plus(y, off), h, acc[j])
	}
	ADDQ(imm(w.bytes), off)
	JNE(LabelRef("hidden"))
	total := w.vec() // AVX-512 reads the lower half of it
	if w.placed {
		VBROADCASTSS(at(w.call, callTotal), total)
	}
	w.finish([][]reg.VecVirtual{acc}, w.field(callGrad), func(int) Op { return total.AsY() })
}

// places returns a register with the address of the weights of the context words of a
// placed window.
func (w *window) places() reg.GPVirtual {
	if !w.placed {
		return nil
	}
	places, first := w.field(callPlaces), w.field(callWindow)
	MOVLQSX(at(first, 4), first)
	LEAQ(Mem{Base: places, Index: first, Scale: 4}, places)
	return places
}

// totalWeight adds the m weights at places to x; if the context is summed instead of
// averaged, it adds 1.
func (w *window) totalWeight(x, places, m reg.Register) {
	i := GP64()
	CMPQ(at(w.call, callAverage), Imm(0))
	JNE(LabelRef("average"))
	VADDSS(constant(1), x, x)
	JMP(LabelRef("total"))
	Label("average")
	XORQ(i, i)
	Label("add_weight")
	VADDSS(Mem{Base: places, Index: i, Scale: 4}, x, x)
	INCQ(i)
	CMPQ(i, m)
	JNE(LabelRef("add_weight"))
	Label("total")
}

func (w *window) updateHidden() {
	hid, off := w.field(callSum), w.offset()
	ADDQ(at(w.call, callStride), hid)
	grad := w.field(callGrad)
	g := make([]reg.VecVirtual, w.n)
	for j := range g {
		g[j] = w.vec()
		VBROADCASTSS(at(grad, 4*j), g[j])
	}
	var inverse reg.VecVirtual
	if w.placed {
		inverse = w.vec()
		VBROADCASTSS(at(w.call, callInverse), inverse)
	}
	Label("blocks")
	sums := w.zeros(2)
	for j, y := range w.outs {
		VFMADD231PS(plus(y, off), g[j], sums[j%2])
	}
	VADDPS(sums[1], sums[0], sums[0])
	if w.placed {
		VMULPS(inverse, sums[0], sums[0])
	}
	h := w.vec()
	VMOVUPS(plus(hid, off), h)
	for j, y := range w.outs {
		v := w.vec()
		VMOVAPS(h, v)
		VFMADD213PS(plus(y, off), g[j], v)
		VMOVUPS(v, plus(y, off))
	}
	rows, places := w.field(callRows), w.places() // not kept, because all registers are in use
	w.toEnds(w.count(), rows, places)
	w.eachRow("row", rows, func(p, i reg.Register) {
		v := w.vec()
		if w.placed {
			VBROADCASTSS(Mem{Base: places, Index: i, Scale: 4}, v)
			VFMADD213PS(plus(p, off), sums[0], v)
		} else {
			VADDPS(plus(p, off), sums[0], v)
		}
		VMOVUPS(v, plus(p, off))
	})
	w.prefetch(off)
	ADDQ(imm(w.bytes), off)
	JNE(LabelRef("blocks"))
}

// toEnds moves the registers to the ends of the m addresses and the m weights.
func (w *window) toEnds(m, rows, places reg.GPVirtual) {
	LEAQ(Mem{Base: rows, Index: m, Scale: 8}, rows)
	if w.placed {
		LEAQ(Mem{Base: places, Index: m, Scale: 4}, places)
	}
}

// eachRow runs body with the end of each of the m context rows, whose addresses end
// at rows, and its number minus m.
func (w *window) eachRow(label string, rows reg.Register, body func(p, i reg.Register)) {
	p, i := GP64(), w.count()
	NEGQ(i)
	Label(label)
	MOVQ(Mem{Base: rows, Index: i, Scale: 8}, p)
	body(p, i)
	INCQ(i)
	JNE(LabelRef(label))
}
