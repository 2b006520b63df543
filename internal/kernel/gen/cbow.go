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

// cbow has two passes over the columns: the mean of the context and its dots
// with the outputs; then the updates.
func cbow(a *isa, n int) {
	w := begin(a, "cbow", n, fmt.Sprintf("applies CBOW windows with %d outputs; sum is the hidden row.", n))
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

// hidden stores the mean or the sum of the context rows at callSum and its gradients at
// callGrad.
func (w *window) hidden() {
	m, rows, hid, off := w.count(), w.field(callRows), w.field(callSum), w.offset()
	ADDQ(at(w.call, callStride), hid)
	inverse, one, divisor := w.vec(), w.vec(), GP64()
	MOVQ(U32(1), divisor)
	CMPQ(at(w.call, callAverage), Imm(0))
	CMOVQNE(m, divisor)
	VXORPS(one.AsX(), one.AsX(), one.AsX())
	VCVTSI2SSQ(divisor, one.AsX(), one.AsX())
	VMOVSS(constant(1), inverse.AsX())
	VDIVSS(one.AsX(), inverse.AsX(), inverse.AsX())
	VBROADCASTSS(inverse.AsX(), inverse)
	acc := w.zeros(w.n)
	Label("hidden")
	h := w.vec()
	w.zero(h)
	w.eachRow("mean", rows, m, func(p reg.Register) { VADDPS(plus(p, off), h, h) })
	VMULPS(inverse, h, h)
	VMOVUPS(h, plus(hid, off))
	for j, y := range w.outs {
		VFMADD231PS(plus(y, off), h, acc[j])
	}
	ADDQ(imm(w.bytes), off)
	JNE(LabelRef("hidden"))
	w.finish([][]reg.VecVirtual{acc}, w.field(callGrad))
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
	Label("blocks")
	sums := w.zeros(2)
	for j, y := range w.outs {
		VFMADD231PS(plus(y, off), g[j], sums[j%2])
	}
	VADDPS(sums[1], sums[0], sums[0])
	h := w.vec()
	VMOVUPS(plus(hid, off), h)
	for j, y := range w.outs {
		v := w.vec()
		VMOVAPS(h, v)
		VFMADD213PS(plus(y, off), g[j], v)
		VMOVUPS(v, plus(y, off))
	}
	w.eachRow("row", w.field(callRows), w.count(), func(p reg.Register) {
		v := w.vec()
		VADDPS(plus(p, off), sums[0], v)
		VMOVUPS(v, plus(p, off))
	})
	w.prefetch(off)
	ADDQ(imm(w.bytes), off)
	JNE(LabelRef("blocks"))
}

// eachRow runs body with the end of each of the m context rows.
func (w *window) eachRow(label string, rows, m reg.Register, body func(p reg.Register)) {
	p, i := GP64(), GP64()
	XORQ(i, i)
	Label(label)
	MOVQ(Mem{Base: rows, Index: i, Scale: 8}, p)
	body(p)
	INCQ(i)
	CMPQ(i, m)
	JNE(LabelRef(label))
}
