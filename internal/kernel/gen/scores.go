package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// scores stores alpha·(label-σ(x·y)) for every context row and every output row at
// callGrad and adds to the loss.
func (w *window) scores() {
	left, rows, grad := w.count(), w.field(callRows), w.field(callGrad)
	if w.placed && !w.outsOnly {
		w.lanes()
	}
	// A pair of rows uses each output block twice.
	SUBQ(Imm(2), left)
	JLT(LabelRef("pairs_done"))
	align()
	Label("pairs")
	w.scoreRows(2, rows, grad)
	ADDQ(Imm(16), rows)
	ADDQ(Imm(64), grad)
	if w.placed {
		ADDQ(Imm(64), at(w.call, callLane))
	}
	SUBQ(Imm(2), left)
	JGE(LabelRef("pairs"))
	Label("pairs_done")
	ADDQ(Imm(1), left)
	JL(LabelRef("scored"))
	w.scoreRows(1, rows, grad)
	Label("scored")
}

func (w *window) scoreRows(count int, rows, grad reg.Register) {
	x := make([]reg.GPVirtual, count)
	acc := make([][]reg.VecVirtual, count)
	for i := range x {
		x[i] = GP64()
		MOVQ(at(rows, 8*i), x[i])
		acc[i] = w.zeros(w.n)
	}
	off := w.offset()
	label := fmt.Sprintf("score_%d", count)
	align()
	Label(label)
	v := make([]reg.VecVirtual, count)
	for i := range x {
		v[i] = w.vec()
		VMOVUPS(plus(x[i], off), v[i])
	}
	for j, y := range w.outs {
		if count == 1 {
			VFMADD231PS(plus(y, off), v[0], acc[0][j])
			continue
		}
		b := w.vec()
		VMOVUPS(plus(y, off), b)
		for i := range x {
			VFMADD231PS(b, v[i], acc[i][j])
		}
	}
	ADDQ(imm(w.bytes), off)
	JNE(LabelRef(label))
	var lane reg.Register // not kept, because all registers are in use
	if w.placed {
		lane = w.field(callLane)
	}
	w.finish(acc, grad, func(i int) Op { return at(lane, 32*i) })
}

// lanes sets callLane to the weights of the context rows of the window.
func (w *window) lanes() {
	lanes, first := w.field(callLanes), w.field(callWindow)
	MOVLQSX(at(first, 4), first)
	SHLQ(Imm(5), first)
	ADDQ(first, lanes)
	MOVQ(lanes, at(w.call, callLane))
}

// finish turns the accumulators of one or two context rows into gradients. In placed
// windows weight returns the operand with the weight of row i, eight times.
func (w *window) finish(acc [][]reg.VecVirtual, grad reg.Register, weight func(i int) Op) {
	if w.bytes == 64 {
		var by reg.VecVirtual
		if w.placed {
			by = ZMM()
			if len(acc) == 2 {
				VMOVUPS(weight(0), by)
			} else {
				VMOVUPS(weight(0), by.AsY())
			}
		}
		g := w.gradient512(w.sumRows(acc), len(acc), by)
		if len(acc) == 2 {
			VMOVUPS(g, at(grad, 0))
		} else {
			VMOVUPS(g.AsY(), at(grad, 0))
		}
		return
	}
	for i := range acc {
		var by reg.VecVirtual
		if w.placed {
			by = YMM()
			VMOVUPS(weight(i), by)
		}
		VMOVUPS(w.gradient256(w.sumRows(acc[i:i+1]), by), at(grad, 32*i))
	}
}
